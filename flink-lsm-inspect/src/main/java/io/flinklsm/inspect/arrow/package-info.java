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
 * Merged entries as Apache Arrow batches. In: a cursor of a state and the columns that are wanted.
 * Out: batches of some thousand rows with typed vectors, nested ones included. Invariant: a column
 * that is not asked for is neither decoded nor copied. Read {@link
 * io.flinklsm.inspect.arrow.EntryReader} first.
 */
@NullMarked
package io.flinklsm.inspect.arrow;

import org.jspecify.annotations.NullMarked;
