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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes to a tier of entries, their operands and generations, and how it refuses and ends. */
final class EntryTierTest extends EntryTierFixture {

    /** So many records of a key are linked before a further operand folds them. */
    private static final int CHAIN_MAX = 16;

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

    private static KeyRange range(String start, String end) {
        return new KeyRange(OwnedSlice.ofText(start), OwnedSlice.ofText(end));
    }
}
