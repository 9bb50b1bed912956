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
 * Footers and indexes of Parquet files: schema, row groups, key-value pairs, where everything is.
 * Into the writer come summaries of row groups, out comes the end of a file; the reader takes the
 * tail of a file and gives places. Invariant: a place that comes out lies inside the file, or
 * inside the tail, so that its users need not look at lengths again.
 *
 * <p>Read {@link io.flinklsm.core.parquet.footer.FooterWriter} first, then {@link
 * io.flinklsm.core.parquet.footer.ParquetFooter}.
 */
@NullMarked
package io.flinklsm.core.parquet.footer;

import org.jspecify.annotations.NullMarked;
