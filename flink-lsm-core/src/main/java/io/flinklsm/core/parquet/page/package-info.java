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
 * Pages and column chunks of Parquet files. Into a writer come a column's values, block by block,
 * and out go pages to a {@link io.flinklsm.core.parquet.page.PageSink}; a reader takes a page's
 * place and gives its values. What a value means, and which column is which, is known outside.
 * Invariant: no value is given out of a page whose checksum, counts or lengths are not what they
 * must be.
 *
 * <p>Read {@link io.flinklsm.core.parquet.page.ColumnWriter} first, then {@link
 * io.flinklsm.core.parquet.page.PageReader}. To each writer of a kind of column there is a reader
 * of its pages: {@code IntColumnWriter} and {@code IntPage}, {@code SortedColumnWriter} and {@code
 * SortedPage}, {@code LeafColumnWriter} and {@code LeafPage} or {@code LargePage}.
 */
@NullMarked
package io.flinklsm.core.parquet.page;

import org.jspecify.annotations.NullMarked;
