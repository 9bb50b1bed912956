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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import org.jspecify.annotations.Nullable;

/** The entries of a frozen memtable in key order. Immutable; safe for any thread. */
final class SortedOrder {

    private final int[] refs;

    /** Takes over the array: nobody may change it afterwards. */
    SortedOrder(int[] refs) {
        this.refs = refs;
    }

    /** Must not be changed. */
    int[] refs() {
        return refs;
    }

    /** Index of the first entry at or above the key; the count of entries for null. */
    int lowerBound(Entries entries, @Nullable OwnedSlice key) {
        if (key == null) {
            return refs.length;
        }
        Slice view = new Slice();
        int low = 0;
        int high = refs.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.viewKey(refs[middle], view).compareTo(key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
