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

/**
 * Where a column chunk and its indexes are.
 *
 * @param offset of its first page in the file
 * @param byteCount of all its pages
 * @param columnIndex {@link TailRange#NONE} if it has none
 */
public record ChunkPlace(
        long offset, long byteCount, TailRange columnIndex, TailRange offsetIndex) {

    public ChunkPlace {
        if (offset < ParquetFile.MAGIC_BYTES || byteCount <= 0) {
            throw new IllegalArgumentException(
                    "a column chunk is outside the pages: offset="
                            + offset
                            + ", byteCount="
                            + byteCount);
        }
        if (offsetIndex.length() == 0) {
            throw new IllegalArgumentException(
                    "a column chunk has no offset index: offset=" + offset);
        }
    }

    public long end() {
        return offset + byteCount;
    }
}
