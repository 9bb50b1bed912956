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
package io.flinklsm.core.parquet.footer;

import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.page.ColumnChunkPages;
import io.flinklsm.core.parquet.page.ColumnSpec;
import java.util.List;

/**
 * What the footer says of a row group whose pages are written.
 *
 * @param bloomBytes length of the bits of its bloom filter, 0 if it has none
 */
public record RowGroupSummary(long entryCount, List<Chunk> chunks, int bloomBytes) {

    public RowGroupSummary {
        chunks = List.copyOf(chunks);
        if (entryCount <= 0 || chunks.isEmpty()) {
            throw new IllegalArgumentException(
                    "a row group is empty: entries=" + entryCount + ", chunks=" + chunks.size());
        }
        if (bloomBytes < 0 || bloomBytes % BloomFilter.BLOCK_BYTES != 0) {
            throw new IllegalArgumentException(
                    "a bloom filter has whole blocks: bloomBytes=" + bloomBytes);
        }
    }

    /**
     * A column chunk.
     *
     * @param columnIndexBytes 0 if it has none
     */
    public record Chunk(
            ColumnSpec spec,
            long offset,
            ColumnChunkPages.Totals totals,
            int columnIndexBytes,
            int offsetIndexBytes) {
        public Chunk {
            if (offset < ParquetFile.MAGIC_BYTES) {
                throw new IllegalArgumentException(
                        "a column chunk is outside the pages: offset=" + offset);
            }
            if (columnIndexBytes < 0 || offsetIndexBytes <= 0) {
                throw new IllegalArgumentException(
                        "indexes of a column chunk have no bytes: columnIndexBytes="
                                + columnIndexBytes
                                + ", offsetIndexBytes="
                                + offsetIndexBytes);
            }
        }
    }
}
