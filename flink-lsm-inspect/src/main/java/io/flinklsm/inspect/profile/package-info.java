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
 * What a state is like: its largest keys, key groups and sizes. State views come in, figures go
 * out: at once from the sketches in the files' footers, or exactly by reading all of it once.
 * Invariant: memory does not grow with the state. Read {@link
 * io.flinklsm.inspect.profile.StateProfile} first.
 */
@NullMarked
package io.flinklsm.inspect.profile;

import org.jspecify.annotations.NullMarked;
