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
package io.flinklsm.core;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@link LsmTree#readPage} writes, read by another reader's rules. */
record PageEntries(OwnedSlice prefix, ByteBuffer page) {

    static PageEntries of(OwnedSlice prefix, ValueBuffer page) {
        return new PageEntries(prefix, ByteBuffer.wrap(page.toBytes()));
    }

    /** Puts the entries, which must ascend, into a map; gives the last key, null if none. */
    @Nullable OwnedSlice addTo(Map<OwnedSlice, byte[]> entries) {
        OwnedSlice last = null;
        while (page.hasRemaining()) {
            int suffixLength = page.getInt();
            byte[] value = new byte[page.getInt()];
            byte[] key = new byte[prefix.length() + suffixLength];
            System.arraycopy(prefix.bytesUnsafe(), 0, key, 0, prefix.length());
            page.get(key, prefix.length(), suffixLength).get(value);
            OwnedSlice at = OwnedSlice.wrap(key);
            if (last != null && last.compareTo(at) >= 0) {
                throw new AssertionError("a page's keys do not ascend: " + last + ", " + at);
            }
            entries.put(at, value);
            last = at;
        }
        return last;
    }
}
