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
 * How the bytes of keys and values stand in typed columns, and how they come back.
 *
 * <p>In: the text of {@link EntryColumns} (from a state's serializers, or from a file's footer) and
 * bytes. Out: values with definition and repetition levels, one {@link LeafBuffer} a leaf column;
 * and the same way back through {@link LeafCursor}s. Invariant: for any bytes, shredding either
 * refuses them or assembling gives exactly these bytes. Read {@link ColumnType} first. Nothing here
 * knows Parquet's pages or Flink's classes.
 */
@NullMarked
package io.flinklsm.core.columns;

import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import org.jspecify.annotations.NullMarked;
