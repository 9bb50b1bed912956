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

import static io.flinklsm.core.memtable.TierProbe.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TierMemoryTest {

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    private final TierMemory memory = new TierMemory(budget, 1000);
    private final List<HotTier> tiers = new ArrayList<>();

    @AfterEach
    void allMemoryIsGivenBack() {
        tiers.forEach(HotTier::close);
        budget.close();
    }

    private TierProbe tier() {
        HotTier tier = new EntryTier(memory, 1, null, true, 0);
        tiers.add(tier);
        return new TierProbe(tier);
    }

    @Test
    void whatBecameCleanFirstGoesFirstOfWhateverTree() {
        List<TierProbe> probes = List.of(tier(), tier(), tier());
        int[] order = {1, 0, 2, 0, 1, 2};
        for (int i = 0; i < order.length; i++) {
            fillOneSegment(probes.get(order[i]), "k" + i);
        }

        for (int i = 0; i < order.length; i++) {
            assertThat(memory.reclaim(1)).isPositive();
            assertThat(probes.get(order[i]).get("k" + i)).isEqualTo(UNKNOWN);
        }
    }

    @Test
    void whatOthersHaveBorrowedGoesBeforeAnyEntry() {
        List<Long> asked = new ArrayList<>();
        long borrowedBytes = 5 << 20;
        TierMemory lending =
                new TierMemory(
                        budget,
                        1000,
                        bytes -> {
                            asked.add(bytes);
                            return asked.size() > 2 ? 0 : borrowedBytes;
                        });
        HotTier tier = new EntryTier(lending, 1, null, true, 0);
        tiers.add(tier);
        TierProbe probe = new TierProbe(tier);
        fillOneSegment(probe, "k");

        assertThat(lending.reclaim(1)).isEqualTo(borrowedBytes);
        assertThat(lending.reclaim(borrowedBytes)).isEqualTo(borrowedBytes);
        assertThat(probe.get("k")).isNotEqualTo(UNKNOWN);
        // Of what is given back, a new segment of the tier takes its room.
        assertThat(asked.get(0)).isGreaterThanOrEqualTo(Segments.largestBytes(budget.limitBytes()));
        assertThat(asked.get(1)).isEqualTo(borrowedBytes);

        assertThat(lending.reclaim(1)).isPositive();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
    }

    @Test
    void nothingIsTakenBackWhileTheTiersHaveAllThatTheyMay() {
        List<Long> asked = new ArrayList<>();
        MemoryBudget small = MemoryBudget.root("small", 64 << 10);
        TierMemory lending =
                new TierMemory(
                        small,
                        1000,
                        bytes -> {
                            asked.add(bytes);
                            return 0;
                        });
        assertThat(lending.reclaim(1)).isZero();
        assertThat(asked).hasSize(1);

        assertThat(small.tryReserve(64 << 10)).isTrue();
        assertThat(lending.reclaim(1)).isZero();

        assertThat(asked).hasSize(1);
        small.unreserve(64 << 10);
        small.close();
    }

    @Test
    void garbageIsPutTogetherBeforeAnythingIsEvicted() {
        TierProbe oldest = tier();
        TierProbe wasteful = tier();
        fillOneSegment(oldest, "oldest");
        int count = 4000;
        writeWithGarbage(wasteful, count);

        assertThat(memory.reclaim(1)).isPositive();

        assertThat(oldest.get("oldest")).isNotEqualTo(UNKNOWN);
        for (int i = 0; i < count; i++) {
            assertThat(wasteful.get("k" + i)).hasSize(22);
        }
    }

    /** Plans are made when something is flushed or evicted; garbage is made by every write. */
    @Test
    void garbageOfWritesThatNoFlushHasSeenGoesBeforeAnythingIsEvicted() {
        TierProbe oldest = tier();
        TierProbe rewritten = tier();
        fillOneSegment(oldest, "oldest");
        int count = 20_000;
        writeAll(rewritten, count, 1);
        rewritten.flush();
        assertThat(tiers.get(1).compactableBytes()).isZero();
        writeAll(rewritten, count, 1);

        assertThat(memory.reclaim(32 << 10)).isPositive();

        assertThat(oldest.get("oldest")).isNotEqualTo(UNKNOWN);
        for (int i = 0; i < count; i++) {
            assertThat(rewritten.get("k" + i)).hasSize(22);
        }
    }

    @Test
    void whereEverySegmentHasALittleGarbageTheOldestOfAllGoes() {
        TierProbe oldest = tier();
        TierProbe rewritten = tier();
        fillOneSegment(oldest, "oldest");
        int count = 8000;
        writeAll(rewritten, count, 1);
        rewritten.flush();
        writeAll(rewritten, count, 8);

        assertThat(tiers.get(1).compactableBytes()).isPositive();
        assertThat(memory.reclaim(1)).isPositive();

        assertThat(oldest.get("oldest-filler-1")).isEqualTo(UNKNOWN);
        assertThat(tiers.get(1).compactableBytes()).isZero();
        for (int i = 0; i < count; i++) {
            assertThat(rewritten.get("k" + i)).hasSize(22);
        }
    }

    @Test
    void theTierWithTheMostGarbageIsPutTogetherFirst() {
        TierProbe first = tier();
        TierProbe most = tier();
        TierProbe last = tier();
        writeWithGarbage(first, 4000);
        writeWithGarbage(most, 8000);
        writeWithGarbage(last, 4000);
        List<Long> before = tiers.stream().map(HotTier::compactableBytes).toList();
        assertThat(before.get(1)).isGreaterThan(before.get(0)).isGreaterThan(before.get(2));
        assertThat(before.get(0)).isPositive();

        assertThat(memory.reclaim(1)).isPositive();

        assertThat(tiers.get(0).compactableBytes()).isEqualTo(before.get(0));
        assertThat(tiers.get(1).compactableBytes()).isLessThan(before.get(1));
        assertThat(tiers.get(2).compactableBytes()).isEqualTo(before.get(2));
    }

    /** One in {@code step} of so many entries. */
    private static void writeAll(TierProbe probe, int count, int step) {
        for (int i = 0; i < count; i += step) {
            probe.put("k" + i, "a value of some length");
        }
    }

    /** So many entries, half of which stand beside what they replaced. */
    private static void writeWithGarbage(TierProbe probe, int count) {
        writeAll(probe, count, 1);
        probe.flush();
        for (int i = 0; i < count; i += 2) {
            probe.put("k" + i, "another of this length");
        }
        probe.flush();
    }

    @Test
    void asMuchIsReclaimedAsWasAskedFor() {
        TierProbe probe = tier();
        for (int i = 0; i < 50; i++) {
            fillOneSegment(probe, "k" + i);
        }
        long before = budget.usedBytes();

        long freed = memory.reclaim(before / 2);

        assertThat(freed).isBetween(before / 2, before / 2 + (16 << 10));
        assertThat(budget.usedBytes()).isEqualTo(before - freed);
    }

    @Test
    void directoriesOfMapsDoNotStandInTheWayOfWhatCanBeEvicted() {
        MapTier maps = new MapTier(memory, 1, true, 0);
        tiers.add(maps);
        TierProbe many = new TierProbe(maps);
        // What no file has stays, and so do the heads of its maps, which fill clean segments.
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            many.put("map-" + i + "/k", "v");
        }
        TierProbe other = tier();
        fillOneSegment(other, "other");

        assertThat(memory.reclaim(1)).isPositive();

        assertThat(other.get("other-filler-1")).isEqualTo(UNKNOWN);
        for (int i = 0; i < count; i += 99) {
            assertThat(many.page("map-" + i + "/")).containsExactly("k=v");
        }
    }

    @Test
    void memoryThatReadersHoldIsNotTakenFromThem() throws Exception {
        TierProbe read = tier();
        TierProbe unread = tier();
        read.put("k", "v");
        Generation generation = read.freeze();
        try (EntryCursor cursor = generation.cursor(KeyRange.ALL)) {
            read.flush(generation);
            fillOneSegment(unread, "other");

            assertThat(memory.reclaim(1)).isPositive();

            assertThat(unread.get("other")).isEqualTo(UNKNOWN);
            assertThat(cursor.next()).isTrue();
            assertThat(TierProbe.line(cursor)).isEqualTo("k:PUT v");
        }
        assertThat(read.get("k")).isEqualTo("v");
    }

    @Test
    void aClosedTierIsNotAsked() {
        TierProbe probe = tier();
        fillOneSegment(probe, "k");

        tiers.get(0).close();

        assertThat(memory.reclaim(1)).isZero();
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void dirtyBytesHaveABoundOfTheirOwn() {
        memory.addDirty(600);
        assertThat(memory.hasDirtyRoom(400)).isTrue();
        assertThat(memory.hasDirtyRoom(401)).isFalse();

        memory.addDirty(-200);

        assertThat(memory.dirtyBytes()).isEqualTo(400);
        assertThat(memory.hasDirtyRoom(600)).isTrue();
    }

    /** A clean segment of 8 KiB, nearly full, with the key and three others. */
    private static void fillOneSegment(TierProbe probe, String key) {
        probe.put(key, "x".repeat(1900));
        for (int i = 0; i < 3; i++) {
            probe.put(key + "-filler-" + i, "x".repeat(1900));
        }
        probe.flush();
    }
}
