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

import java.util.List;

/**
 * Where a row group is.
 *
 * @param chunks in the order of the schema
 * @param bloom bits of the first column's bloom filter; {@link TailRange#NONE} if it has none
 */
public record RowGroupPlace(long rows, List<ChunkPlace> chunks, TailRange bloom) {

    public RowGroupPlace {
        chunks = List.copyOf(chunks);
        if (rows <= 0 || chunks.isEmpty()) {
            throw new IllegalArgumentException(
                    "a row group is empty: rows=" + rows + ", chunks=" + chunks.size());
        }
    }
}
