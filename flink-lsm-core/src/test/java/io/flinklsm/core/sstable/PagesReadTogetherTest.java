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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A get waits once for the pages of its block, not for one after the other. */
class PagesReadTogetherTest {

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    @Test
    void getReadsKeysAndValuesAtOnce() throws IOException {
        SstableMeta meta = fixture.write(SstableFixture.TINY, SstableFixture.numbered(200));
        fixture.get(meta, key(0));
        int readsBefore = fixture.storage.calls(HostileStorage.Call.READ);
        int togetherBefore = fixture.storage.readsTogether();

        // In another block of the same row group.
        assertThat(fixture.get(meta, key(16))).isEqualTo(SstableFixture.numbered(9).get(8));

        assertThat(fixture.storage.readsTogether() - togetherBefore).isEqualTo(1);
        assertThat(fixture.storage.calls(HostileStorage.Call.READ) - readsBefore).isEqualTo(2);
    }

    @Test
    void largePagesAreReadOneByOneAndSmallOnesTogetherAfterThem() throws IOException {
        List<Entry> entries = new ArrayList<>(SstableFixture.numbered(10));
        byte[] large = new byte[40 << 10];
        new Random(5).nextBytes(large);
        entries.add(
                new Entry(OwnedSlice.ofText("z"), EntryKind.PUT, OwnedSlice.wrap(large.clone())));
        SstableMeta meta = fixture.write(SstableFixture.TINY, entries);
        fixture.get(meta, key(0));
        int together = fixture.storage.readsTogether();

        for (int times = 0; times < 3; times++) {
            assertThat(fixture.get(meta, OwnedSlice.ofText("z"))).isEqualTo(entries.get(10));
        }
        assertThat(fixture.storage.readsTogether()).isEqualTo(together);

        assertThat(fixture.get(meta, key(18))).isEqualTo(entries.get(9));
        assertThat(fixture.storage.readsTogether()).isEqualTo(together + 1);
    }

    @Test
    void flippedBitOfAnyPageIsFoundAtEachRead() throws IOException {
        SstableMeta meta = fixture.write(SstableFixture.ONE_BLOCK, SstableFixture.numbered(20));
        assertThat(fixture.get(meta, key(4))).isNotNull();
        long damagedBytes = 0;
        for (long at = 4; at < meta.tailOffset(); at++) {
            fixture.storage.flipBits(meta.fileName(), 8 * at + at % 8);
            try {
                // The block may have been kept by the first read.
                fixture.cache.reclaim(Long.MAX_VALUE);
                assertThat(fixture.get(meta, key(4))).isEqualTo(SstableFixture.numbered(3).get(2));
            } catch (CorruptionException e) {
                assertThat(e).hasMessageContaining(meta.fileName());
                damagedBytes++;
            }
            fixture.storage.heal();
        }
        // Keys and values of 20 entries; what else there is tells nothing of this key.
        assertThat(damagedBytes).isGreaterThan(20 * ("k000000".length() + "value-".length()) / 2);
    }

    private static OwnedSlice key(int number) {
        return OwnedSlice.ofText(SstableFixture.numberedKey(number));
    }
}
