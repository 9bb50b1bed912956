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

import static io.flinklsm.core.memtable.TierProbe.ABSENT;
import static io.flinklsm.core.memtable.TierProbe.UNKNOWN;
import static io.flinklsm.core.memtable.TierProbe.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a tier of entries is evicted, what is spared, and what is final meanwhile. */
final class EntryTierEvictionTest extends EntryTierFixture {

    @Test
    void aMissIsFinalInACompleteTierOnly() {
        assertThat(new TierProbe(completeTier()).get("k")).isEqualTo(ABSENT);
        assertThat(new TierProbe(incompleteTier()).get("k")).isEqualTo(UNKNOWN);
    }

    @Test
    void whatFilesHaveIsReadInMemoryAllTheSame() {
        TierProbe probe = new TierProbe(completeTier());
        probe.put("k", "a");

        probe.flush();

        assertThat(probe.get("k")).isEqualTo("a");
        assertThat(probe.get("missing")).isEqualTo(ABSENT);
    }

    @Test
    void anEvictedValueEndsCompletenessForItsKey() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();

        evictAll(tier);

        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(probe.get("missing")).isEqualTo(ABSENT);
        probe.delete("missing");
        probe.merge("new", "b");
        probe.put("passing", "c");
        probe.delete("passing");
        probe.delete("k");
        assertThat(entries(probe.freeze())).containsExactly("k:DELETE", "new:PUT b");
    }

    @Test
    void nothingIsFinalWhenMoreKeysWereEvictedThanAreRemembered() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 100; i++) {
                probe.put(round + "/" + i, "a");
            }
            assertThat(probe.get("missing"))
                    .as("round %d", round)
                    .isEqualTo(round < 3 ? ABSENT : UNKNOWN);
            probe.flush();
            evictAll(tier);
        }
    }

    @Test
    void anOperandOfWhichTheValueIsEvictedIsNotTakenForTheValue() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();
        probe.merge("k", "b");
        probe.flush();

        evictAll(tier);
        probe.merge("k", "c");

        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "c");
    }

    @Test
    void anEvictedTombstoneDoesNotEndCompleteness() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();
        probe.delete("k");
        Generation tombstone = probe.freeze();
        assertThat(entries(tombstone)).containsExactly("k:DELETE");
        probe.flush(tombstone);

        evictAll(tier);

        assertThat(probe.get("k")).isEqualTo(ABSENT);
        assertThat(probe.get("missing")).isEqualTo(ABSENT);
        assertThat(budget.usedBytes()).as("but for the index").isLessThan(1000);
    }

    @Test
    void anOverwrittenValueIsEvictedWithoutALoss() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();
        probe.put("k", "b");

        assertThat(tier.evict()).isPositive();

        assertThat(probe.get("k")).isEqualTo("b");
        assertThat(probe.get("missing")).isEqualTo(ABSENT);
    }

    @Test
    void whatNoFileHasIsNotEvicted() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("frozen", "1");
        probe.freeze();
        probe.put("open", "2");

        assertThat(tier.evict()).isZero();

        assertThat(probe.get("frozen")).isEqualTo("1");
        assertThat(probe.get("open")).isEqualTo("2");
    }

    @Test
    void theSegmentThatBecameCleanFirstIsEvictedFirst() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (String key : new String[] {"first", "second", "third"}) {
            // Segments that are nearly full: there is nothing to put together.
            for (int i = 0; i < 4; i++) {
                probe.put(key + i, key.repeat(1900 / key.length()));
            }
            probe.flush();
        }

        assertThat(tier.evict()).isPositive();

        assertThat(probe.get("first0")).isEqualTo(UNKNOWN);
        assertThat(probe.get("second0")).startsWith("second");
        assertThat(probe.get("third0")).startsWith("third");
    }

    @Test
    void whatWasReadGetsASecondChance() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (int i = 0; i < 10; i++) {
            probe.put("k" + i, "value");
        }
        probe.flush();
        probe.get("k3");
        probe.get("k7");

        tier.evict();

        for (int i = 0; i < 10; i++) {
            boolean wasRead = i == 3 || i == 7;
            assertThat(inMemory(tier, probe, "k" + i)).isEqualTo(wasRead);
        }
    }

    @Test
    void whatIsNotReadAgainGetsNoThirdChance() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("read once", "value");
        probe.put("never read", "value");
        probe.get("read once");
        probe.flush();

        assertThat(tier.evict()).as("spared").isZero();
        assertThat(tier.evict()).as("dropped").isPositive();

        assertThat(probe.get("read once")).isEqualTo(UNKNOWN);
    }

    @Test
    void halfOfASegmentIsSparedAtMost() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (int i = 0; i < 10; i++) {
            probe.put("k" + i, "value");
        }
        for (int i = 0; i < 10; i++) {
            probe.get("k" + i);
        }
        probe.flush();

        tier.evict();

        int spared = 0;
        for (int i = 0; i < 10; i++) {
            spared += inMemory(tier, probe, "k" + i) ? 1 : 0;
        }
        assertThat(spared).isEqualTo(5);
    }

    @Test
    void theValueThatAnOperandWasReadWithGetsASecondChanceToo() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.put("other", "x".repeat(100));
        probe.flush();
        probe.merge("k", "b");
        probe.freeze();
        probe.get("k");

        tier.evict();

        assertThat(probe.get("k")).isEqualTo("a,b");
    }

    /** There is memory for all of them; but each of them takes heap, too. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void generationsThatHoldNothingAnyMoreGoAlsoIfTheirMemoryIsNotWanted(boolean isComplete) {
        EntryTier tier = isComplete ? completeTier() : incompleteTier();
        TierProbe probe = new TierProbe(tier);
        long ofOneGeneration = 0;
        for (int round = 0; round < 300; round++) {
            for (int i = 0; i < 20; i++) {
                probe.put("k" + i, "value " + round);
            }
            if (round % 10 == 0) {
                probe.put("kept" + round, "value " + round);
                probe.delete("deleted" + round);
            } else {
                probe.delete("deleted often");
            }
            probe.flush();
            if (round == 0) {
                ofOneGeneration = tier.cleanBytes();
            }
        }

        // One in ten has something that no other one has; and so have the last ones.
        assertThat(tier.cleanBytes()).isBetween(30 * ofOneGeneration, 35 * ofOneGeneration);
        for (int i = 0; i < 20; i++) {
            assertThat(probe.get("k" + i)).isEqualTo("value 299");
        }
        for (int round = 0; round < 300; round += 10) {
            assertThat(probe.get("kept" + round)).isEqualTo("value " + round);
            assertThat(probe.get("deleted" + round)).isEqualTo(ABSENT);
        }
        assertThat(probe.get("deleted often")).isEqualTo(ABSENT);
    }

    @Test
    void tombstonesOfACompleteTierKeepNoGeneration() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (int round = 0; round < 300; round++) {
            probe.put("k" + round, "value");
            probe.flush();
            probe.delete("k" + round);
            probe.flush();
        }

        assertThat(tier.cleanBytes()).isLessThan(32 << 10);
        assertThat(probe.get("k7")).isEqualTo(ABSENT);
    }

    @Test
    void garbageIsPutTogetherWithoutALoss() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        int count = 20_000;
        for (int i = 0; i < count; i++) {
            probe.put("k" + i, "a value of some length " + i);
        }
        probe.flush();
        for (int i = 0; i < count; i += 2) {
            probe.put("k" + i, "another value of its length " + i);
        }
        probe.flush();
        long before = budget.usedBytes();
        assertThat(tier.compactableBytes()).isPositive();

        long freed = memory.reclaim(256 << 10);

        assertThat(freed).isGreaterThanOrEqualTo(256 << 10);
        assertThat(budget.usedBytes()).isEqualTo(before - freed);
        for (int i = 0; i < count; i++) {
            String prefix = i % 2 == 0 ? "another value of its length " : "a value of some length ";
            assertThat(probe.get("k" + i)).isEqualTo(prefix + i);
        }
        assertThat(probe.get("missing")).isEqualTo(ABSENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void whatWasMovedOutOfASegmentIsNotInUseThereWhenTheRestFindsNoRoom(int seed) {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        int count = 6000;
        for (int i = 0; i < count; i++) {
            probe.put("k" + i, "a value of some length");
        }
        Random random = new Random(seed);
        int refusals = 0;
        for (int i = 0; i < count; i++) {
            String key = "k" + random.nextInt(count);
            String value = "a value of some length, or more" + "x".repeat(random.nextInt(25));
            // Whatever stands beside garbage is put together first, as far as there is room.
            long held = takeAll();
            boolean done = probe.put(key, value);
            budget.unreserve(held);
            if (!done) {
                refusals++;
                assertLiveBytesAreThoseOfRecords(tier);
                assertThat(probe.put(key, value)).isTrue();
            }
        }
        assertThat(refusals).isPositive();
        assertLiveBytesAreThoseOfRecords(tier);
    }

    @Test
    void memoryThatACursorReadIsEvictedOnceTheCursorIsClosed() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        Generation generation = probe.freeze();
        EntryCursor cursor = generation.cursor(KeyRange.ALL);
        probe.flush(generation);

        assertThat(memory.reclaim(1)).as("while it is read").isZero();
        assertThat(cursor.next()).isTrue();
        assertThat(TierProbe.line(cursor)).isEqualTo("k:PUT a");
        cursor.close();

        assertThat(memory.reclaim(1)).as("afterwards").isPositive();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
    }
}
