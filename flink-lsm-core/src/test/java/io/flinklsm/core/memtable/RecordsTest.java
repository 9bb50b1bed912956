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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RecordsTest {

    private static final int ALL_FLAGS =
            Records.DEAD | Records.OLD | Records.LINKED | Records.READ | Records.FIRST;

    private final MemoryBudget budget = MemoryBudget.root("test", 1 << 20);
    private final MemoryBlock block = budget.tryAllocate(64 << 10);
    private final long record = block.address();

    @AfterEach
    void release() {
        block.release();
        budget.close();
    }

    @ParameterizedTest
    @CsvSource({
        // kind, key, value, bytes: 8 of header, 4 of link, up to 3 of alignment
        "PUT,    0,     0,     8",
        "PUT,    1,     0,    12",
        "PUT,    8,     8,    24",
        "PUT,    13,    8,    32",
        "DELETE, 13,    0,    24",
        "MERGE,  8,     8,    28",
        "GROUP,  10,    24,   44",
        // The last key and the last size that are narrow, and the first that are not.
        "PUT,    2047,  1,    2056",
        "PUT,    2048,  0,    2072",
        "PUT,    0,     16372, 16380",
        "PUT,    0,     16373, 16400",
        "MERGE,  0,     16368, 16380",
        "MERGE,  0,     16369, 16400",
    })
    void aRecordTakesSoManyBytes(String kind, int keyLength, int valueLength, int bytes) {
        assertThat(Records.sizeBytes(kindCode(kind), keyLength, valueLength)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "MERGE", "GROUP"})
    void everyFieldIsReadBackOnBothSidesOfTheBoundary(String kind) {
        Random random = new Random(3);
        for (int keyLength : new int[] {0, 1, 7, 2046, 2047, 2048, 2049, 5000}) {
            for (int valueLength : new int[] {0, 1, 14_000, 16_368, 16_372, 16_373, 20_000}) {
                byte[] key = bytes(random, keyLength);
                byte[] value = bytes(random, valueLength);
                int prefixLength = keyLength / 2;

                init(kindCode(kind), key, prefixLength, value, valueLength);

                assertThat(Records.kind(record)).isEqualTo(kindCode(kind));
                assertThat(Records.keyLength(record)).isEqualTo(keyLength);
                assertThat(Records.prefixLength(record)).isEqualTo(prefixLength);
                assertThat(Records.valueLength(record)).isEqualTo(valueLength);
                assertThat(Records.viewKey(record, new Slice()).toBytes()).isEqualTo(key);
                assertThat(Records.viewValue(record, new Slice()).toBytes()).isEqualTo(value);
                assertThat(Records.sizeBytes(record))
                        .isEqualTo(Records.sizeBytes(kindCode(kind), keyLength, valueLength));
                assertThat(Records.valueCapacity(record)).isBetween(valueLength, valueLength + 3);
                assertThat(Records.link(record)).isEqualTo(Segments.NO_REF);
                assertThat(Records.has(record, ALL_FLAGS)).isFalse();
                assertThat(Records.keyDifference(record, key, keyLength)).isZero();
                assertThat(Records.keyDifferenceAt(record, Records.keyAddress(record), keyLength))
                        .isZero();
            }
        }
    }

    @Test
    void anotherKeyIsNotItsKey() {
        byte[] key = {1, 2, 3};
        init(Records.PUT, key, 3, new byte[0], 0);

        assertThat(Records.keyDifference(record, new byte[] {1, 2, 4}, 3)).isNotZero();
        assertThat(Records.keyDifference(record, new byte[] {1, 2}, 2)).isNotZero();
        assertThat(Records.keyDifference(record, new byte[] {1, 2, 3, 4}, 4)).isNotZero();
        assertThat(Records.keyDifferenceAt(record, Records.keyAddress(record), 2)).isNotZero();
        assertThat(Records.keyDifferenceAt(record, Records.keyAddress(record), 4)).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 3000})
    void onlyOperandsHaveALinkAndKeepTheirRoomForIt(int keyLength) {
        byte[] key = bytes(new Random(1), keyLength);
        init(Records.PUT, key, 0, key, 5);
        long withoutLink = Records.keyAddress(record) - record;
        assertThat(Records.link(record)).isEqualTo(Segments.NO_REF);

        init(Records.MERGE, key, 0, key, 5);
        Records.setLink(record, 0x8765_4321);

        assertThat(Records.link(record)).isEqualTo(0x8765_4321);
        assertThat(Records.keyAddress(record) - record).isEqualTo(withoutLink + 4);
        Records.setLink(record, Segments.NO_REF);
        Records.setValue(record, Records.PUT, 3);
        assertThat(Records.link(record)).isEqualTo(Segments.NO_REF);
        assertThat(Records.viewKey(record, new Slice()).toBytes()).isEqualTo(key);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 3000})
    void flagsAndKindChangeNothingElse(int keyLength) {
        byte[] key = bytes(new Random(1), keyLength);
        byte[] value = bytes(new Random(2), 500);
        init(Records.MERGE, key, keyLength / 2, value, 500);
        Records.setLink(record, -1);
        int[] flags = {Records.DEAD, Records.OLD, Records.LINKED, Records.READ, Records.FIRST};

        for (int flag : flags) {
            Records.set(record, flag);
            assertThat(Records.has(record, flag)).isTrue();
            assertThat(Records.has(record, ALL_FLAGS & ~flag)).isFalse();
            Records.clear(record, flag);
            assertThat(Records.has(record, ALL_FLAGS)).isFalse();
        }
        Records.set(record, ALL_FLAGS);
        Records.setValue(record, Records.PUT, 499);

        assertThat(Records.kind(record)).isEqualTo(Records.PUT);
        assertThat(Records.valueLength(record)).isEqualTo(499);
        assertThat(Records.link(record)).isEqualTo(-1);
        assertThat(Records.prefixLength(record)).isEqualTo(keyLength / 2);
        assertThat(Records.viewKey(record, new Slice()).toBytes()).isEqualTo(key);
        assertThat(Records.sizeBytes(record))
                .isEqualTo(Records.sizeBytes(Records.MERGE, keyLength, 500));
    }

    @Test
    void aValueMayUseTheRoomThatItWasGiven() {
        byte[] key = {1, 2, 3};
        int size = (int) Records.sizeBytes(Records.PUT, 3, 100);
        Records.init(record, size, key, 3, 3, Records.PUT, 0);

        assertThat(Records.valueCapacity(record)).isBetween(100, 103);
        assertThat(Records.valueLength(record)).isZero();
        Records.fillValue(record, 0, new byte[] {9, 8, 7}, 1, 2);
        Records.putSeparator(record, 2, ',');
        Records.fillValue(record, 3, new byte[] {5}, 0, 1);
        Records.setValue(record, Records.PUT, 4);

        assertThat(Records.viewValue(record, new Slice()).toBytes()).containsExactly(8, 7, ',', 5);
    }

    @Test
    void aRecordMayMoveToAPlaceThatItOverlaps() {
        byte[] key = bytes(new Random(1), 50);
        byte[] value = bytes(new Random(2), 500);
        init(Records.PUT, key, 50, value, 500);
        int size = Records.sizeBytes(record);

        Records.move(record, record + 16, size);
        Records.move(record + 16, record + 4, size);

        assertThat(Records.viewKey(record + 4, new Slice()).toBytes()).isEqualTo(key);
        assertThat(Records.viewValue(record + 4, new Slice()).toBytes()).isEqualTo(value);
    }

    private void init(int kind, byte[] key, int prefixLength, byte[] value, int valueLength) {
        RawMemory.fill(null, record, block.sizeBytes(), (byte) 0xA5);
        int size = (int) Records.sizeBytes(kind, key.length, valueLength);
        Records.init(record, size, key, key.length, prefixLength, kind, valueLength);
        byte[] room = new byte[Math.max(valueLength, value.length)];
        System.arraycopy(value, 0, room, 0, Math.min(value.length, room.length));
        Records.fillValue(record, 0, room, 0, valueLength);
        // Nothing was written behind the record.
        assertThat(RawMemory.getByte(null, record + size)).isEqualTo((byte) 0xA5);
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static int kindCode(String kind) {
        return switch (kind) {
            case "PUT" -> Records.PUT;
            case "DELETE" -> Records.DELETE;
            case "MERGE" -> Records.MERGE;
            default -> Records.DIRECTORY;
        };
    }
}
