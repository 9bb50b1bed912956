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
 * One leaf column of a file, and what a single value in it is.
 *
 * <p>In: bytes as a serializer wrote them ({@link WireReader}), and the places that types ask for
 * ({@link Binder}). Out: the schema of the columns ({@link ColumnNode}), and values with definition
 * and repetition levels in the {@link LeafBuffer} of a column; and the same way back through its
 * {@link LeafCursor}. Invariant: a {@link ScalarCodec} either refuses bytes or gives exactly these
 * bytes again, and a cursor never reads outside its page. Read {@link Leaf} first. Nothing here
 * knows types that have parts, Parquet's pages or Flink's classes.
 */
@NullMarked
package io.flinklsm.core.columns.leaf;

import org.jspecify.annotations.NullMarked;
