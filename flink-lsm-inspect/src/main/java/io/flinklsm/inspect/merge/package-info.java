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
 * What a state holds: its trees of all subtasks merged into one stream of entries, newest first,
 * and entries taken apart into columns. In comes a {@link io.flinklsm.inspect.source.StateView},
 * out come entries in the order of their keys. Invariant: decoding goes by the columns in a footer
 * alone. Read {@link io.flinklsm.inspect.merge.MergedState} first.
 */
@NullMarked
package io.flinklsm.inspect.merge;

import org.jspecify.annotations.NullMarked;
