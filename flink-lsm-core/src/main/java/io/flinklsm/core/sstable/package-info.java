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
 * SSTables: immutable sorted Parquet files, their writer and readers. In come entries in ascending
 * key order; out come files that any Parquet reader reads, and from files entries again, by key or
 * by range. Invariant: whatever bit of a file changes, what comes out is exact, or a
 * CorruptionException that names the file. Pages and footers are made and read by {@code parquet},
 * which does not know what an entry is.
 *
 * <p>Read {@link io.flinklsm.core.sstable.SstableFormat} first, then {@link
 * io.flinklsm.core.sstable.SstableWriter} and {@link io.flinklsm.core.sstable.SstableReader}.
 */
@NullMarked
package io.flinklsm.core.sstable;

import org.jspecify.annotations.NullMarked;
