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

import io.flinklsm.core.memory.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Keys are numbers; a test gives each the hash that it wants, for what the index makes of it. */
final class RecordIndexTest {

    private static final int PART_SLOTS_MAX = 1 << 12;

    private final MemoryBudget budget = MemoryBudget.root("test", 256 << 20);
    private final Segments segments = new Segments(budget);
    private final Generation records =
            new Generation(segments, false, 1, Generation.Condition.OPEN, 0);
    private final RecordIndex index = new RecordIndex(segments);

    @AfterEach
    void allMemoryIsGivenBack() {
        index.release();
        assertThat(index.allocatedBytes()).isZero();
        records.release();
        budget.close();
    }

    @Test
    void anEmptyIndexHoldsNoMemoryAndFindsNothing() {
        assertThat(find(1, 1L << 32)).isZero();
        assertThat(index.count()).isZero();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void agreesWithAHashMap() {
        long seed = System.nanoTime();
        for (int round = 0; round < 8; round++) {
            try {
                compareWithAHashMap(new Random(seed + round), round);
            } catch (AssertionError failure) {
                throw new AssertionError("seed=" + (seed + round) + " round=" + round, failure);
            }
            index.release();
        }
    }

    private void compareWithAHashMap(Random random, int round) {
        Map<Integer, Integer> model = new HashMap<>();
        int keys = 1 << (4 + random.nextInt(14));
        // Few bits of hash make long runs of slots, which wrap around the end of their part.
        long mask = hashMask(round, random);
        for (int i = 0; i < 60_000; i++) {
            int key = random.nextInt(keys);
            long hash = hashOf(key) & mask;
            long slot = find(key, hash);
            Integer known = model.get(key);
            assertThat(slot != 0).isEqualTo(known != null);
            if (known != null) {
                assertThat(RecordIndex.ref(slot)).isEqualTo(known);
            }
            int what = random.nextInt(10);
            if (known == null && what < 6) {
                int ref = record(key);
                assertThat(index.prepare(hash)).isTrue();
                index.insert(hash, ref);
                model.put(key, ref);
            } else if (known != null && what < 4) {
                index.remove(slot);
                model.remove(key);
            } else if (known != null && what < 5) {
                int ref = record(key);
                RecordIndex.setRef(slot, ref);
                model.put(key, ref);
            }
            assertThat(index.count()).isEqualTo(model.size());
        }
        for (int key = 0; key < keys; key++) {
            long slot = find(key, hashOf(key) & mask);
            Integer known = model.get(key);
            assertThat(slot == 0 ? null : (Integer) RecordIndex.ref(slot)).isEqualTo(known);
        }
    }

    private static long hashMask(int round, Random random) {
        return switch (round % 4) {
            case 0 -> -1L;
            // The high bits, which choose the part: so many that no part gets more than it can
            // take.
            case 1 -> -1L << (64 - 6 - random.nextInt(14)) | 0xFFFL << 32;
            // The low bits of the tag, which choose the slot.
            case 2 -> -1L << 40;
            // A few slots at the end of a part.
            default -> 0xFFFF_F000L << 32 | 0x3L << 32;
        };
    }

    @Test
    void slotsBehindARemovedOneAreFoundAcrossTheEndOfThePart() {
        // All begin at the last slot of the first part, of 32 slots.
        long hash = 31L << 32;
        int count = 12;
        for (int key = 0; key < count; key++) {
            insert(key, hash);
        }
        for (int removed = 0; removed < count; removed++) {
            index.remove(find(removed, hash));
            for (int key = 0; key < count; key++) {
                assertThat(find(key, hash) != 0).isEqualTo(key > removed);
            }
        }
        assertThat(index.count()).isZero();
    }

    @Test
    void keysOfOneTagAreToldApartByTheirBytes() {
        long hash = hashOf(1);
        insert(1, hash);
        insert(2, hash);

        assertThat(RecordIndex.ref(find(1, hash))).isNotEqualTo(RecordIndex.ref(find(2, hash)));
        assertThat(find(3, hash)).isZero();
    }

    @Test
    void aKeyIsFoundByItsBytesInNativeMemoryToo() {
        for (int key = 0; key < 10_000; key++) {
            insert(key, hashOf(key));
        }
        for (int key = 0; key < 10_000; key++) {
            long slot = find(key, hashOf(key));
            long record = segments.address(RecordIndex.ref(slot));
            assertThat(index.findAt(Records.keyAddress(record), 4, hashOf(key))).isEqualTo(slot);
            assertThat(index.findAt(Records.keyAddress(record), 3, hashOf(key))).isZero();
        }
    }

    @Test
    void aKeyTakesTwentyTwoBytesAtMostAndFourteenOnTheMean() {
        double sum = 0;
        int samples = 0;
        int next = 0;
        for (double count = 100_000; count < 800_000; count *= 1.1) {
            for (; next < count; next++) {
                insert(next, hashOf(next));
            }
            // A part that was split is kept for the next split, so a small index has one more.
            double bytes = (double) index.allocatedBytes() / index.count();
            assertThat(bytes).isBetween(10.6, 22.0);
            sum += bytes;
            samples++;
        }
        assertThat(sum / samples).isBetween(13.0, 15.5);
    }

    @Test
    void aFewKeysTakeAFewHundredBytes() {
        for (int key = 0; key < 20; key++) {
            insert(key, hashOf(key));
        }
        assertThat(index.allocatedBytes()).isLessThan(300);
    }

    @Test
    void manyKeysOfTheSameHighBitsShareOnePart() {
        // The 18 bits that choose a part are the same; the others tell the slot.
        int count = PART_SLOTS_MAX - 1;
        for (int key = 0; key < count; key++) {
            insert(key, (long) key << 32);
        }
        for (int key = 0; key < count; key++) {
            assertThat(find(key, (long) key << 32)).isNotZero();
        }
        assertThat(index.prepare(1L << 32)).as("room for one more of them").isFalse();
        assertThat(find(-1, 1L << 32)).as("a miss in a full part").isZero();
        assertThat(find(-1, 0xFFFL << 32)).isZero();

        insert(count, -1L);

        assertThat(find(count, -1L)).as("one of another part").isNotZero();
        index.remove(find(7, 7L << 32));
        insert(-2, 7L << 32);
        assertThat(index.count()).isEqualTo(count + 1L);
    }

    @Test
    void everyAllocationMayFailAndTheIndexStaysUsable() {
        List<Long> hashes = new ArrayList<>();
        int refusals = 0;
        for (int key = 0; key < 100_000; key++) {
            long hash = hashOf(key);
            int ref = record(key);
            long rest = budget.limitBytes() - budget.usedBytes();
            // Every fourth time, room for one of the two parts that a split needs.
            long left = key % 4 == 0 ? PART_SLOTS_MAX * 8L + 8 : 0;
            assertThat(budget.tryReserve(rest - left)).isTrue();
            boolean done = index.prepare(hash);
            budget.unreserve(rest - left);
            if (!done) {
                refusals++;
                int sample = key / 2;
                assertThat(key == 0 || find(sample, hashes.get(sample)) != 0).isTrue();
                assertThat(find(key, hash)).isZero();
                assertThat(index.count()).isEqualTo(key);
                assertThat(index.prepare(hash)).isTrue();
            }
            index.insert(hash, ref);
            hashes.add(hash);
        }
        assertThat(refusals).isGreaterThan(30);
        for (int key = 0; key < hashes.size(); key++) {
            assertThat(find(key, hashes.get(key))).isNotZero();
        }
    }

    private void insert(int key, long hash) {
        assertThat(index.prepare(hash)).isTrue();
        index.insert(hash, record(key));
    }

    private long find(int key, long hash) {
        return index.find(bytes(key), 4, hash);
    }

    private int record(int key) {
        int size = (int) Records.sizeBytes(Records.PUT, 4, 0);
        int ref = segments.allocate(records, size);
        Records.init(segments.address(ref), size, bytes(key), 4, 4, Records.PUT, 0);
        return ref;
    }

    private static byte[] bytes(int key) {
        return ByteBuffer.allocate(4).putInt(key).array();
    }

    private static long hashOf(int key) {
        long hash = key * 0x9E37_79B9_7F4A_7C15L;
        hash = (hash ^ hash >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        return hash ^ hash >>> 32;
    }
}
