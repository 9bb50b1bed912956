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
 * Texts are read from arrays and written to them without a call for each of their bytes. Comes in:
 * a serializer of Flink or a user. Goes out: one that reads and writes the same bytes. Invariant:
 * what is not known by its exact class stays as it is. Read {@link
 * io.flinklsm.statebackend.text.TextSerializers} first.
 */
@NullMarked
package io.flinklsm.statebackend.text;

import org.jspecify.annotations.NullMarked;
