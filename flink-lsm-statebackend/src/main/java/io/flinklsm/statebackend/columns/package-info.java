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
 * How the states of a job stand in columns.
 *
 * <p>In: serializers, as registered. Out: {@code EntryColumns}, the description of a tree's columns
 * that goes into every SSTable. Invariant: never fails; what is not known is opaque and says why.
 * No serializer is called, so nothing here needs a duplicate. Read {@link
 * io.flinklsm.statebackend.columns.EntryColumnsFactory} first.
 */
@NullMarked
package io.flinklsm.statebackend.columns;

import org.jspecify.annotations.NullMarked;
