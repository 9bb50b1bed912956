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
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every key is found in its block and no other key is, for keys that a search by eight bytes behind
 * the common ones could take for each other: the same eight bytes, prefixes of one another, zeros
 * at the end, bytes above 127.
 */
class BlockSearchTest {

    /** A few entries a block, so that most keys are near a fence; one row group, and many. */
    private static final SstableOptions[] OPTIONS = {
        new SstableOptions(24, 2, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0),
        new SstableOptions(24, 2, 400, 10.6, SstableCodec.LZ4_RAW, 0)
    };

    private final SstableFixture fixture = new SstableFixture();

    @AfterEach
    void findLeaks() {
        fixture.close();
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of("zeros alone", 40, 0, 1),
                Arguments.of("two bytes, short", 9, 0, 2),
                Arguments.of("two bytes, long", 24, 0, 2),
                Arguments.of("two bytes, no longer than a head", 8, 0, 2),
                Arguments.of("behind thirteen common bytes, no longer than a head", 8, 13, 2),
                Arguments.of("all bytes, short", 3, 0, 256),
                Arguments.of("behind eight common bytes", 3, 8, 256),
                Arguments.of("behind thirteen common bytes, same heads", 20, 13, 2),
                Arguments.of("high bytes", 4, 2, 256));
    }

    /**
     * @param longest bytes behind the common ones, at most
     * @param common bytes that all keys begin with
     * @param distinct values that a byte may have, counted down from 255, and zero
     */
    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void keysAreFoundInTheirBlocks(String shape, int longest, int common, int distinct)
            throws IOException {
        Random random = new Random(shape.hashCode());
        TreeSet<OwnedSlice> drawn = new TreeSet<>();
        for (int i = 0; i < 1200; i++) {
            byte[] key = new byte[common + random.nextInt(longest + 1)];
            for (int at = common; at < key.length; at++) {
                int value = random.nextInt(distinct);
                key[at] = (byte) (value == 0 ? 0 : 256 - value);
            }
            drawn.add(OwnedSlice.wrap(key));
        }
        List<Entry> present = new ArrayList<>();
        List<OwnedSlice> absent = new ArrayList<>();
        for (OwnedSlice key : drawn) {
            if (random.nextInt(3) > 0) {
                OwnedSlice value = OwnedSlice.ofText("v" + present.size());
                present.add(new Entry(key, EntryKind.PUT, value));
            } else {
                absent.add(key);
            }
        }
        for (SstableOptions options : OPTIONS) {
            SstableMeta meta = fixture.write(options, present);

            for (int times = 0; times < 2; times++) {
                for (Entry entry : present) {
                    assertThat(fixture.get(meta, entry.key())).as(shape).isEqualTo(entry);
                }
                for (OwnedSlice key : absent) {
                    assertThat(fixture.get(meta, key)).as(shape).isNull();
                }
            }
            for (int i = 0; i < absent.size(); i += 7) {
                assertScanBeginsAt(meta, present, absent.get(i));
            }
        }
    }

    private void assertScanBeginsAt(SstableMeta meta, List<Entry> present, OwnedSlice from)
            throws IOException {
        List<Entry> behind =
                present.stream().filter(entry -> entry.key().compareTo(from) >= 0).toList();
        assertThat(fixture.read(meta, new KeyRange(from, null), false)).isEqualTo(behind);
    }
}
