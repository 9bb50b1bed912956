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
 * Opens what the user points at. In comes a location, out go a {@link
 * io.flinklsm.inspect.source.Checkpoint} and its states with the files they are made of; no SSTable
 * is opened yet. Invariant: nothing here loads a class that a file names, and every length that a
 * file declares is checked before memory is taken. Read {@link
 * io.flinklsm.inspect.source.Checkpoint} first.
 */
@NullMarked
package io.flinklsm.inspect.source;

import org.jspecify.annotations.NullMarked;
