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
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.write.WriteLimits;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What tests of a store share: options so small that a few hundred entries walk every path. */
public final class StoreFixture {

    private StoreFixture() {}

    public static LsmStoreOptions tinyOptions(CompactionStyle style) {
        return tinyOptions(style, 16 << 10);
    }

    public static LsmStoreOptions tinyOptions(CompactionStyle style, long memtableBytes) {
        return new LsmStoreOptions(
                memtableBytes,
                style,
                new CompactionOptions(2, 4 << 10, 16 << 10, 4),
                new WriteLimits(6, 10, 3),
                20,
                new SstableOptions(512, 16, 16 << 10, 10.6, SstableCodec.LZ4_RAW, 0));
    }

    /** Keys in the order of their numbers. */
    public static OwnedSlice key(int number) {
        return OwnedSlice.wrap(ByteBuffer.allocate(4).putInt(number).array());
    }

    public static int count(LsmTree tree) throws IOException {
        int count = 0;
        try (EntryCursor cursor = tree.scan(KeyRange.ALL)) {
            while (cursor.next()) {
                count++;
            }
        }
        return count;
    }
}
