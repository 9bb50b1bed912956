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
import static io.flinklsm.core.memtable.TierProbe.drain;
import static io.flinklsm.core.memtable.TierProbe.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.MergeOperator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EntryTierTest {

    private static final MergeOperator COMMA = new AppendOperator(',');

    /** Adds decimal numbers: a fold that is no concatenation. */
    private static final MergeOperator SUM =
            (older, newer, out) ->
                    out.append(new Slice(Long.toString(number(older) + number(newer)).getBytes()));

    /** So many records of a key are linked before a further operand folds them. */
    private static final int CHAIN_MAX = 16;

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    private final TierMemory memory = new TierMemory(budget, budget.limitBytes());
    private final List<HotTier> tiers = new ArrayList<>();

    @AfterEach
    void allMemoryIsGivenBack() {
        tiers.forEach(HotTier::close);
        assertThat(budget.usedBytes()).isZero();
        budget.close();
    }

    /** Of a tree that has no files. */
    private EntryTier completeTier() {
        return tier(COMMA, true);
    }

    /** Of a tree that has files: what is not here may be there. */
    private EntryTier incompleteTier() {
        return tier(COMMA, false);
    }

    private EntryTier tier(@Nullable MergeOperator operator, boolean complete) {
        EntryTier tier = new EntryTier(memory, 1, operator, complete, 100);
        tiers.add(tier);
        return tier;
    }

    // -------------------------------------------------------------------------------- the table

    @ParameterizedTest
    @CsvSource({
        "none,   put,    PUT b",
        "none,   delete, DELETE",
        "none,   merge,  MERGE b",
        "put,    put,    PUT b",
        "put,    delete, DELETE",
        "put,    merge,  'PUT a,b'",
        "delete, put,    PUT b",
        "delete, delete, DELETE",
        "delete, merge,  PUT b",
        "merge,  put,    PUT b",
        "merge,  delete, DELETE",
        "merge,  merge,  'MERGE a,b'",
    })
    void aWriteFoldsIntoTheOpenGenerationsEntry(String older, String newer, String entry)
            throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());

        probe.write(older, "k", "a");
        probe.write(newer, "k", "b");

        assertThat(entries(probe.freeze())).containsExactly("k:" + entry);
    }

    @ParameterizedTest
    @CsvSource({
        "put,    put,    PUT b,   b",
        "put,    delete, DELETE,  absent",
        "put,    merge,  MERGE b, 'a,b'",
        "delete, put,    PUT b,   b",
        "delete, delete, DELETE,  absent",
        "delete, merge,  PUT b,   b",
        "merge,  put,    PUT b,   b",
        "merge,  delete, DELETE,  absent",
        "merge,  merge,  MERGE b, '?a,b'",
    })
    void aWriteNeverChangesAnOlderGenerationsEntry(
            String older, String newer, String entry, String value) throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.write(older, "k", "a");
        Generation first = probe.freeze();
        List<String> before = entries(first);

        probe.write(newer, "k", "b");

        assertThat(probe.get("k")).isEqualTo(value);
        assertThat(entries(first)).isEqualTo(before).hasSize(1);
        assertThat(entries(probe.freeze())).containsExactly("k:" + entry);
    }

    @ParameterizedTest
    @CsvSource({
        "put,    merge, MERGE b, 'a,b'",
        "delete, merge, PUT b,   b",
        "merge,  merge, MERGE b, ?b",
        "merge,  put,   PUT b,   b",
    })
    void operandsThatFilesHaveAreLeftToThem(String older, String newer, String entry, String value)
            throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.write(older, "k", "a");
        probe.flush();

        probe.write(newer, "k", "b");

        assertThat(probe.get("k")).isEqualTo(value);
        assertThat(entries(probe.freeze())).containsExactly("k:" + entry);
    }

    @Test
    void anOperandWithNothingOlderIsTheValue() throws Exception {
        TierProbe probe = new TierProbe(completeTier());

        probe.merge("k", "a");
        assertThat(probe.get("k")).isEqualTo("a");
        probe.merge("k", "b");

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(entries(probe.freeze())).containsExactly("k:PUT a,b");
    }

    @Test
    void aFoldThatIsNoConcatenationIsFoldedInTheOpenGenerationAndLinkedBeyondIt() throws Exception {
        TierProbe probe = new TierProbe(tier(SUM, true));
        probe.put("k", "40");
        probe.merge("k", "2");
        assertThat(entries(probe.freeze())).containsExactly("k:PUT 42");

        probe.merge("k", "50");
        probe.merge("k", "8");

        assertThat(probe.get("k")).isEqualTo("100");
        assertThat(entries(probe.freeze())).containsExactly("k:MERGE 58");
    }

    @Test
    void anotherOperatorFoldsFromTheNextGenerationOn() {
        EntryTier tier = tier(SUM, true);
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "1");
        probe.flush();

        tier.setOperator(COMMA);
        probe.merge("k", "1");

        assertThat(probe.get("k")).isEqualTo("1,1");
    }

    // --------------------------------------------------------------------- deleting what was new

    @Test
    void aKeyThatIsDeletedInTheGenerationThatFirstPutItLeavesNothing() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("stays", "1");

        probe.put("k", "a");
        probe.put("k", "a longer value, which needs another record");
        probe.delete("k");

        assertThat(probe.get("k")).isEqualTo(ABSENT);
        assertThat(tier.openEntryCount()).isEqualTo(1);
        assertThat(entries(probe.freeze())).containsExactly("stays:PUT 1");
    }

    @Test
    void aKeyThatWasNeverThereLeavesNoTombstone() throws Exception {
        TierProbe probe = new TierProbe(completeTier());

        probe.delete("k");

        assertThat(probe.freeze()).isNull();
    }

    @Test
    void aGenerationWhoseKeysWereAllDeletedAgainIsNotFlushed() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        for (int i = 0; i < 1000; i++) {
            probe.put("k" + i, "value");
            probe.delete("k" + i);
        }

        assertThat(probe.freeze()).isNull();
        assertThat(tier.openEntryCount()).isZero();
        probe.put("later", "1");
        assertThat(probe.get("later")).isEqualTo("1");
    }

    @Test
    void aKeyOfAnOlderGenerationLeavesATombstone() throws Exception {
        TierProbe probe = new TierProbe(completeTier());
        probe.put("k", "a");
        probe.flush();

        probe.put("k", "b");
        probe.delete("k");

        assertThat(entries(probe.freeze())).containsExactly("k:DELETE");
    }

    @Test
    void aKeyThatFilesMayHaveLeavesATombstone() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());

        probe.put("k", "a");
        probe.delete("k");

        assertThat(probe.get("k")).isEqualTo(ABSENT);
        assertThat(entries(probe.freeze())).containsExactly("k:DELETE");
    }

    @Test
    void aKeyThatIsPutAgainAfterItVanishedIsANewOne() throws Exception {
        TierProbe probe = new TierProbe(completeTier());
        probe.put("k", "a");
        probe.delete("k");

        probe.put("k", "b");

        assertThat(probe.get("k")).isEqualTo("b");
        assertThat(entries(probe.freeze())).containsExactly("k:PUT b");
    }

    // -------------------------------------------------------------------------------- in place

    @Test
    void aValueThatFitsItsPlaceIsOverwrittenThere() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "12345678");
        long bytes = tier.openBytes();

        for (int i = 0; i < 10_000; i++) {
            probe.put("k", "x".repeat(i % 9));
        }

        assertThat(probe.get("k")).isEmpty();
        assertThat(tier.openBytes()).isEqualTo(bytes);
        assertThat(tier.openEntryCount()).isEqualTo(1);
    }

    @Test
    void aValueMayGrowShrinkAndVanish() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);

        for (int length : new int[] {3, 0, 5, 200, 100_000, 7, 3_000_000, 0, 64}) {
            String value = "v".repeat(length);
            probe.put("key", value);
            assertThat(probe.get("key")).isEqualTo(value);
        }
        probe.delete("key");

        assertThat(probe.get("key")).isEqualTo(ABSENT);
        assertThat(tier.openEntryCount()).isEqualTo(1);
    }

    @Test
    void appendingCostsMemoryInProportionToWhatIsAppended() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);

        int count = 100_000;
        for (int i = 0; i < count; i++) {
            probe.merge("list", "0123456");
        }

        assertThat(probe.get("list")).hasSize(1 + count * 8 - 1).endsWith("0123456,0123456");
        // The place it is in is at most half empty, and those it left sum up to as much at most.
        assertThat(tier.openBytes()).isLessThan(count * 8L * 5);
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 9, 10})
    void whatHasRoomForAsMuchAgainIsFullWithTwiceAsManyOperands(int operandBytes) {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        List<Integer> movedAt = new ArrayList<>();
        int ref = 0;

        for (int count = 1; count <= 47; count++) {
            probe.merge("kk", "v".repeat(operandBytes));
            KeyBuffer key = probe.key("kk");
            int now = RecordIndex.ref(tier.index.find(key.array(), key.length(), key.hash()));
            if (now != ref) {
                movedAt.add(count);
            }
            ref = now;
        }

        assertThat(movedAt).containsExactly(1, 2, 5, 11, 23, 47);
    }

    // ---------------------------------------------------------------------------------- chains

    @Test
    void aChainOfOperandsIsFoldedWithItsValueOnceItIsLong() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.put("k", "0");
        probe.flush();
        StringBuilder value = new StringBuilder("0");

        for (int i = 1; i < CHAIN_MAX; i++) {
            probe.merge("k", "" + i);
            value.append(',').append(i);
            Generation generation = probe.freeze();
            assertThat(entries(generation)).containsExactly("k:MERGE " + i);
            probe.flush(generation);
        }
        probe.merge("k", "last");
        value.append(",last");

        assertThat(probe.get("k")).isEqualTo(value.toString());
        assertThat(entries(probe.freeze())).containsExactly("k:PUT " + value);
    }

    @Test
    void operandsWithoutAValueInMemoryAreNeverMadeAValue() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        StringBuilder operands = new StringBuilder();

        for (int i = 0; i < 2 * CHAIN_MAX; i++) {
            probe.merge("k", "" + i);
            operands.append(i == 0 ? "" : ",").append(i);
            assertThat(entries(probe.freeze())).containsExactly("k:MERGE " + i);
        }

        assertThat(probe.get("k")).isEqualTo(UNKNOWN + operands);
    }

    @Test
    void anEvictedValueLeavesTheOperandsOnTopOfIt() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();
        probe.merge("k", "b");
        probe.freeze();
        probe.merge("k", "c");
        assertThat(probe.get("k")).isEqualTo("a,b,c");

        evictAll(tier);

        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "b,c");
    }

    @Test
    void aChainIsForgottenWithItsNewestRecord() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();
        probe.merge("k", "b");
        probe.flush();
        assertThat(probe.get("k")).isEqualTo("a,b");

        evictAll(tier);

        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
    }

    @Test
    void anOperandsValueMayBeMovedByAnEviction() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.put("other", "x".repeat(500));
        probe.get("k");
        probe.flush();
        probe.merge("k", "b");
        probe.freeze();

        tier.evict();

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(probe.get("other")).isEqualTo(UNKNOWN);
    }

    // ---------------------------------------------------------------------- complete, evictions

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
    void anEvictedValueEndsCompleteness() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("k", "a");
        probe.flush();

        evictAll(tier);

        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(probe.get("missing")).isEqualTo(UNKNOWN);
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

    private static void assertLiveBytesAreThoseOfRecords(HotTier tier) {
        for (Segments.Segment segment : tier.segments.all()) {
            int liveBytes = 0;
            for (int at = 0; at < segment.usedBytes(); ) {
                long record = segment.address() + at;
                at += Records.sizeBytes(record);
                if (!Records.has(record, Records.DEAD | Records.OLD)) {
                    liveBytes += Records.sizeBytes(record);
                }
            }
            assertThat(segment.liveBytes()).isEqualTo(liveBytes);
        }
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

    // ------------------------------------------------------------------------------------ keep

    @Test
    void aValueReadFromFilesIsKeptWhileMemoryIsFree() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());

        assertThat(probe.keep("k", "from a file")).isTrue();

        assertThat(probe.get("k")).isEqualTo("from a file");
        assertThat(probe.freeze()).as("nothing that a file needs").isNull();
    }

    @Test
    void inFullMemoryAValueIsKeptWhenItIsMissedTheSecondTime() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("other", "value");
        long held = takeAll();

        assertThat(probe.keep("k", "value".repeat(40))).as("first miss").isTrue();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(probe.keep("k", "value".repeat(40))).as("second miss").isFalse();
        budget.unreserve(held);
        assertThat(probe.keep("k", "value".repeat(40))).isTrue();

        assertThat(probe.get("k")).isEqualTo("value".repeat(40));
    }

    @Test
    void aLongValueIsNotKept() {
        TierProbe probe = new TierProbe(incompleteTier());

        assertThat(probe.keep("k", "v".repeat(40_000))).isTrue();

        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
    }

    @Test
    void whatIsInMemoryIsNewerThanWhatIsKept() {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.put("put", "new");
        probe.delete("deleted");
        probe.merge("merged", "operand");

        probe.keep("put", "old");
        probe.keep("deleted", "old");
        probe.keep("merged", "old");

        assertThat(probe.get("put")).isEqualTo("new");
        assertThat(probe.get("deleted")).isEqualTo(ABSENT);
        assertThat(probe.get("merged")).isEqualTo(UNKNOWN + "operand");
    }

    @Test
    void aKeptValueTakesOperandsAndGivesWayToPuts() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.keep("k", "a");
        probe.keep("l", "a");

        probe.merge("k", "b");
        probe.put("l", "b");

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(probe.get("l")).isEqualTo("b");
        assertThat(entries(probe.freeze())).containsExactly("k:MERGE b", "l:PUT b");
    }

    // ------------------------------------------------------------------------ keep below operands

    @Test
    void whatFilesHaveIsKeptBelowAnOperand() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");

        assertThat(probe.keepBelow("k", "a,b")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b");
        Generation frozen = probe.freeze();
        assertThat(entries(frozen)).as("no more is flushed for it").containsExactly("k:MERGE b");
        probe.merge("k", "c");
        assertThat(probe.get("k")).isEqualTo("a,b,c");
        probe.flush(frozen);
        assertThat(probe.get("k")).isEqualTo("a,b,c");
        assertThat(entries(probe.freeze())).containsExactly("k:MERGE c");
    }

    @Test
    void whatFilesHaveIsKeptBelowTheOperandsOfSeveralGenerations() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");
        probe.flush();
        probe.merge("k", "c");
        Generation frozen = probe.freeze();
        probe.merge("k", "d");
        assertThat(probe.get("k")).as("what no file has").isEqualTo(UNKNOWN + "c,d");

        assertThat(probe.keepBelow("k", "a,b,c,d")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b,c,d");
        assertThat(entries(frozen)).containsExactly("k:MERGE c");
        probe.flush(frozen);
        assertThat(probe.get("k")).isEqualTo("a,b,c,d");
        probe.flush();
        evictAll(tier);
        assertThat(probe.get("k")).isEqualTo(UNKNOWN);
        assertThat(tier.index.count()).isZero();
    }

    @Test
    void anOperandThatFilesHaveGivesWayToTheValue() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.merge("k", "b");
        probe.flush();

        assertThat(probe.keepBelow("k", "a,b")).isTrue();

        assertThat(probe.get("k")).isEqualTo("a,b");
        assertThat(probe.freeze()).as("nothing that a file needs").isNull();
        assertLiveBytesAreThoseOfRecords(tier);
    }

    @Test
    void anOperandOfAKeyThatNothingOlderHasBecomesItsFirstValue() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "a");
        probe.merge("l", "a");

        assertThat(probe.keepBelow("k", "a")).isTrue();
        assertThat(probe.keepBelow("l", "a")).isTrue();
        probe.delete("l");

        assertThat(probe.get("k")).isEqualTo("a");
        assertThat(entries(probe.freeze())).as("no tombstone").containsExactly("k:PUT a");
    }

    @Test
    void aFrozenOperandOfAKeyThatNothingOlderHasStaysAsItIs() throws Exception {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "a");
        Generation frozen = probe.freeze();

        assertThat(probe.keepBelow("k", "a")).isTrue();

        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "a");
        assertThat(entries(frozen)).containsExactly("k:MERGE a");
    }

    @Test
    void nothingIsKeptBelowWhereItCannotBeToldApartOrIsLongOrInMemory() {
        TierProbe sums = new TierProbe(tier(SUM, false));
        sums.merge("k", "1");
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("long", "b");
        probe.put("value", "a");

        assertThat(sums.keepBelow("k", "3")).isTrue();
        assertThat(probe.keepBelow("long", "a".repeat(40_000) + ",b")).isTrue();
        assertThat(probe.keepBelow("value", "other")).isTrue();
        assertThat(probe.keepBelow("missing", "other")).isTrue();

        assertThat(sums.get("k")).isEqualTo(UNKNOWN + "1");
        assertThat(probe.get("long")).isEqualTo(UNKNOWN + "b");
        assertThat(probe.get("value")).isEqualTo("a");
        assertThat(probe.get("missing")).isEqualTo(UNKNOWN);
    }

    @Test
    void operandsThatFilesHaveGoWithTheValueThatTheyBelongTo() throws Exception {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.keep("k", "a");
        probe.merge("k", "b");
        probe.flush();
        probe.merge("k", "c");
        Generation open = probe.freeze();

        // The value's segment is the oldest.
        tier.evict();

        assertThat(probe.get("k")).as("what no file has").isEqualTo(UNKNOWN + "c");
        assertLiveBytesAreThoseOfRecords(tier);
        probe.flush(open);
        evictAll(tier);
        assertThat(tier.index.count()).isZero();
    }

    @Test
    void inFullMemoryAValueIsKeptBelowWhenItIsMissedTheSecondTime() {
        TierProbe probe = new TierProbe(incompleteTier());
        probe.merge("k", "b");
        String value = "value".repeat(600) + ",b";
        long held = takeAll();

        assertThat(probe.keepBelow("k", value)).as("first miss").isTrue();
        assertThat(probe.get("k")).isEqualTo(UNKNOWN + "b");
        assertThat(probe.keepBelow("k", value)).as("second miss").isFalse();
        budget.unreserve(held);
        assertThat(probe.keepBelow("k", value)).isTrue();

        assertThat(probe.get("k")).isEqualTo(value);
    }

    @Test
    void whatIsMissedOnceTakesNoRoomThatASegmentStillHas() {
        EntryTier tier = incompleteTier();
        TierProbe probe = new TierProbe(tier);
        probe.keep("other", "value");
        long held = takeAll();

        assertThat(probe.keep("k", "v")).isTrue();

        assertThat(probe.get("k")).as("first miss").isEqualTo(UNKNOWN);
        assertThat(probe.keep("k", "v")).isTrue();
        assertThat(probe.get("k")).as("second miss").isEqualTo("v");
        budget.unreserve(held);
    }

    // ----------------------------------------------------------------------------- generations

    @Test
    void aFreezeOfNothingGivesNothing() {
        EntryTier tier = completeTier();

        assertThat(tier.freeze(2, 200)).isNull();
    }

    @Test
    void aGenerationTellsItsAgeItsCountAndItsTimes() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("a", "1");
        probe.put("b", "2");
        long bytes = tier.openBytes();

        Generation first = tier.freeze(7, 250);
        probe.put("c", "3");
        Generation second = tier.freeze(8, 300);

        assertThat(first.number()).isEqualTo(1);
        assertThat(first.entryCount()).isEqualTo(2);
        assertThat(first.usedBytes()).isEqualTo(bytes);
        assertThat(first.minWriteTimeMillis()).isEqualTo(100);
        assertThat(first.maxWriteTimeMillis()).isEqualTo(250);
        assertThat(second.number()).isEqualTo(7);
        assertThat(second.minWriteTimeMillis()).isEqualTo(250);
        assertThat(second.maxWriteTimeMillis()).isEqualTo(300);
    }

    @Test
    void rangesOfAGenerationAreHalfOpen() throws Exception {
        TierProbe probe = new TierProbe(completeTier());
        for (String key : new String[] {"c", "a", "d", "b", "bb"}) {
            probe.put(key, "1");
        }
        Generation generation = probe.freeze();

        assertThat(drain(generation.cursor(range("b", "d"))))
                .containsExactly("b:PUT 1", "bb:PUT 1", "c:PUT 1");
        assertThat(drain(generation.cursor(range("e", "f")))).isEmpty();
        assertThat(drain(generation.cursor(range("b", "b")))).isEmpty();
        assertThat(drain(generation.cursor(new KeyRange(OwnedSlice.ofText("bb"), null))))
                .containsExactly("bb:PUT 1", "c:PUT 1", "d:PUT 1");
    }

    @Test
    void keysThatArePrefixesOfOthersComeFirst() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        byte[] zeros = new byte[40];
        for (int length = 40; length >= 0; length--) {
            tier.put(probe.key("").set(zeros, 0, length), zeros, 0, 1);
        }

        try (EntryCursor cursor = probe.freeze().cursor(KeyRange.ALL)) {
            for (int length = 0; length <= 40; length++) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.key().length()).isEqualTo(length);
            }
            assertThat(cursor.next()).isFalse();
        }
    }

    @Test
    void anOpenGenerationHasNoOrder() {
        Generation open =
                new Generation(new Segments(budget), false, 5, Generation.Condition.OPEN, 100);

        assertThatThrownBy(() -> open.cursor(KeyRange.ALL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("generation=5");
    }

    @Test
    void largeKeysAndValuesHaveSegmentsOfTheirOwn() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("small", "1");
        long before = tier.openBytes();
        String largeKey = "k".repeat(2_000_000);
        String largeValue = "v".repeat(5_000_000);

        probe.put(largeKey, largeValue);

        assertThat(tier.openBytes() - before).isBetween(7_000_000L, 7_000_100L);
        assertThat(probe.get(largeKey)).isEqualTo(largeValue);
        probe.put("small too", "2");
        assertThat(tier.openBytes() - before).isLessThan(7_000_100L);
        Generation generation = probe.freeze();
        assertThat(entries(generation))
                .containsExactly(largeKey + ":PUT " + largeValue, "small:PUT 1", "small too:PUT 2");
        probe.flush(generation);
        assertThat(memory.reclaim(7_000_000)).isGreaterThanOrEqualTo(7_000_000);
        assertThat(probe.get(largeKey)).isEqualTo(UNKNOWN);
    }

    // ------------------------------------------------------------------------ refusals and ends

    @Test
    void aMergeWithoutAnOperatorSaysWhatIsMissing() {
        TierProbe probe = new TierProbe(tier(null, true));

        assertThatThrownBy(() -> probe.merge("list", "x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("key=list")
                .hasMessageContaining("TreeOptions");
    }

    @Test
    void aKeyOrValueThatIsTooLongIsNamedWithItsLength() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        int tooLong = Records.BYTES_MAX + 1;

        // Refused by its length, before its bytes are looked at.
        assertThatThrownBy(() -> tier.put(probe.key("k"), new byte[0], 0, tooLong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytes=" + tooLong)
                .hasMessageContaining("maximum=" + Records.BYTES_MAX);
        assertThatThrownBy(() -> tier.merge(probe.key("k"), new byte[0], 0, tooLong))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(probe.get("k")).isEqualTo(ABSENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "put", "delete", "merge"})
    void aWriteThatFindsNoRoomChangesNothing(String older) throws Exception {
        EntryTier tier = tier(COMMA, false);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/other", "x".repeat(1500));
        probe.write(older, "m/k", "a");
        Generation first = probe.freeze();
        List<String> before = entries(first);
        String value = probe.get("m/k");
        long held = takeAll();
        long used = budget.usedBytes();

        for (String newer : new String[] {"put", "delete", "merge"}) {
            assertThat(probe.write(newer, "m/k", "b")).isFalse();
            assertThat(probe.write(newer, "new/k", "b")).isFalse();
        }

        assertThat(budget.usedBytes()).isEqualTo(used);
        assertThat(tier.openEntryCount()).isZero();
        assertThat(probe.get("m/k")).isEqualTo(value);
        assertThat(probe.get("new/k")).isEqualTo(UNKNOWN);
        assertThat(entries(first)).isEqualTo(before);
        budget.unreserve(held);
        assertThat(probe.put("m/k", "b")).isTrue();
        assertThat(entries(probe.freeze())).containsExactly("m/k:PUT b");
    }

    @Test
    void everyAllocationMayFailAndNothingChanges() {
        EntryTier tier = tier(COMMA, false);
        TierProbe probe = new TierProbe(tier);
        int refusals = 0;
        for (int i = 0; i < 12_000; i++) {
            String key = "p" + (i % 97) + "/" + (i % 3919);
            String value = "v".repeat(i % 50);
            String what = i % 3 == 0 ? "merge" : "put";
            String before = probe.get(key);
            int count = tier.openEntryCount();
            long held = takeAll();
            boolean done = probe.write(what, key, value);
            budget.unreserve(held);
            if (!done) {
                refusals++;
                assertThat(probe.get(key)).isEqualTo(before);
                assertThat(tier.openEntryCount()).isEqualTo(count);
                assertThat(probe.write(what, key, value)).isTrue();
            }
            String expected = value;
            if (what.equals("merge")) {
                expected = before.equals(UNKNOWN) ? UNKNOWN + value : before + "," + value;
            }
            assertThat(probe.get(key)).isEqualTo(expected);
            if (i % 2000 == 1999) {
                probe.freeze();
            }
        }
        assertThat(refusals).isGreaterThan(40);
    }

    @Test
    void aCursorKeepsItsGenerationsMemoryAfterTheTierIsClosed() throws Exception {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("a", "1");
        probe.put("b", "2");
        Generation generation = probe.freeze();
        probe.put("open", "3");
        EntryCursor cursor = generation.cursor(KeyRange.ALL);

        tier.close();

        assertThat(budget.usedBytes()).isPositive();
        assertThat(drain(cursor)).containsExactly("a:PUT 1", "b:PUT 2");
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void aClosedTierKnowsNothingAndTakesNoWrites() {
        EntryTier tier = tier(COMMA, true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "a");

        tier.close();
        tier.close();

        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.get("m/2")).isEqualTo(UNKNOWN);
        assertThat(probe.keep("m/3", "value")).isTrue();
        assertThat(probe.get("m/3")).isEqualTo(UNKNOWN);
        assertThat(memory.reclaim(1)).isZero();
        for (String what : new String[] {"put", "delete", "merge"}) {
            assertThatThrownBy(() -> probe.write(what, "m/1", "b"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void aGenerationIsNotReleasedMoreOftenThanItIsHeld() {
        EntryTier tier = completeTier();
        TierProbe probe = new TierProbe(tier);
        probe.put("a", "1");
        Generation generation = probe.freeze();

        assertThat(generation.tryRetain()).isTrue();
        tier.close();
        generation.release();

        assertThat(generation.tryRetain()).isFalse();
        assertThatThrownBy(generation::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("[generation 1] was released more often");
    }

    // -------------------------------------------------------------------------------- helpers

    /** Takes all memory that is free, so that nothing more is allocated. */
    private long takeAll() {
        long rest = budget.limitBytes() - budget.usedBytes();
        assertThat(budget.tryReserve(rest)).isTrue();
        return rest;
    }

    /** Evicts until nothing is spared any more. */
    private static void evictAll(HotTier tier) {
        for (int i = 0; i < 20; i++) {
            tier.evict();
        }
    }

    /** Whether the key's value is there; without a read that would spare it. */
    private static boolean inMemory(HotTier tier, TierProbe probe, String key) {
        return tier.contains(probe.key(key)) == HotTier.FOUND;
    }

    private static KeyRange range(String start, String end) {
        return new KeyRange(OwnedSlice.ofText(start), OwnedSlice.ofText(end));
    }

    private static long number(Slice text) {
        return Long.parseLong(new String(text.toBytes()));
    }
}
