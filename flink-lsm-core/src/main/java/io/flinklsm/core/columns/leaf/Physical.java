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
package io.flinklsm.core.columns.leaf;

/** What the values of a leaf column are, physically; a subset of Parquet's types. */
public enum Physical {
    /** Kept as one byte here, as one bit in a page. */
    BOOLEAN(1),
    INT32(4),
    INT64(8),
    FLOAT(4),
    DOUBLE(8),
    /** Parquet's BYTE_ARRAY. */
    BYTES(0);

    private final int width;

    Physical(int width) {
        this.width = width;
    }

    /** Bytes of a value in a {@link LeafBuffer}, little-endian; 0 if values differ in length. */
    public int width() {
        return width;
    }
}
