/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
/**
 * A checkpoint into a complete new one, without a job: all levels of each state merged into one, in
 * files that any reader of Parquet takes. In come a {@link io.flinklsm.inspect.source.Checkpoint}
 * and an empty directory, out goes a native savepoint there. Invariant: nothing outside of that
 * directory is written, and it has no {@code _metadata} before everything else is in it. Read
 * {@link io.flinklsm.inspect.compact.Compaction} first.
 */
@NullMarked
package io.flinklsm.inspect.compact;

import org.jspecify.annotations.NullMarked;
