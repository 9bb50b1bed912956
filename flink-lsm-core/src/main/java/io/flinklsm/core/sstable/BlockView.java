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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.TypedValue;
import org.jspecify.annotations.Nullable;

/** The entries of one block, by row. Views are borrowed until the block is left. */
interface BlockView {

    int rows();

    Slice key(int row, Slice slice);

    /** Code of the entry's kind. */
    int kind(int row);

    /** Empty for a tombstone. */
    Slice value(int row, Slice slice);

    /** Where the value stands in typed columns; null if it is bytes here, or a tombstone. */
    default @Nullable TypedValue typedValue(int row) {
        return null;
    }

    /** The first row whose key is not below the given one; {@link #rows} if there is none. */
    static int lowerBound(BlockView block, Slice key, Slice scratch) {
        return lowerBound(block, 0, block.rows(), key, scratch);
    }

    private static int lowerBound(BlockView block, int from, int to, Slice key, Slice scratch) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (block.key(middle, scratch).compareTo(key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * Like {@link #lowerBound(BlockView, Slice, Slice)}, in steps that double from a row on that is
     * not above the answer: for an answer that is near.
     */
    static int lowerBoundNear(BlockView block, int from, Slice key, Slice scratch) {
        int rows = block.rows();
        int low = from;
        int step = 1;
        int probe = from;
        while (probe < rows && block.key(probe, scratch).compareTo(key) < 0) {
            low = probe + 1;
            probe += step;
            step *= 2;
        }
        return lowerBound(block, low, Math.min(probe, rows), key, scratch);
    }
}
