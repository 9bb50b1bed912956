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
 * What has changed between two checkpoints, and why. Two opened checkpoints come in, what was
 * added, removed and changed of each state goes out. Invariant: of two checkpoints that share most
 * of their files, little is read. Read {@link io.flinklsm.inspect.diff.StateDiff} first.
 */
@NullMarked
package io.flinklsm.inspect.diff;

import org.jspecify.annotations.NullMarked;
