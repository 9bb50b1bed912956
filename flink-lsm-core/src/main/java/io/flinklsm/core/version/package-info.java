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
 * Which SSTables make up a tree. Edits of flushes and compactions come in, immutable Versions go
 * out, and the names of files that no Version lists any more. Invariant: the sources of a Version
 * are in the order of their age, and the SSTables of one source do not overlap ({@link
 * io.flinklsm.core.version.VersionChecker}). Start with {@link io.flinklsm.core.version.Version}.
 */
@NullMarked
package io.flinklsm.core.version;

import org.jspecify.annotations.NullMarked;
