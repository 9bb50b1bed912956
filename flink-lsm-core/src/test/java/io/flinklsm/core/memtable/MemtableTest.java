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

import static io.flinklsm.core.memtable.TierProbe.drain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemtableTest {

    private static final MergeOperator COMMA = new AppendOperator(',');

    /** Adds decimal numbers: a fold that is no concatenation. */
    private static final MergeOperator SUM =
            (older, newer, out) -> {
                long sum = number(older) + number(newer);
                out.append(new Slice(Long.toString(sum).getBytes()));
            };

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);

    @AfterEach
    void nothingLeaks() {
        budget.close();
    }

    @Test
    void eachWriteFoldsIntoTheKeysOneEntry() throws Exception {
        Memtable memtable = new Memtable(1, budget, COMMA, 100);
        MemtableProbe probe = new MemtableProbe(memtable, COMMA);
        for (String older : new String[] {"none", "put", "delete", "merge"}) {
            for (String newer : new String[] {"put", "delete", "merge"}) {
                write(probe, older, older + "-" + newer, "a");
                write(probe, newer, older + "-" + newer, "b");
            }
        }

        memtable.freeze(200);

        assertThat(drain(memtable.cursor(KeyRange.ALL)))
                .containsExactly(
                        "delete-delete:DELETE",
                        "delete-merge:PUT b",
                        "delete-put:PUT b",
                        "merge-delete:DELETE",
                        "merge-merge:MERGE a,b",
                        "merge-put:PUT b",
                        "none-delete:DELETE",
                        "none-merge:MERGE b",
                        "none-put:PUT b",
                        "put-delete:DELETE",
                        "put-merge:PUT a,b",
                        "put-put:PUT b");
        memtable.release();
    }

    @Test
    void aFoldThatIsNoConcatenationAlsoStaysOneEntry() {
        Memtable memtable = new Memtable(1, budget, SUM, 100);
        MemtableProbe probe = new MemtableProbe(memtable, SUM);

        probe.put("base", "40");
        probe.merge("base", "2");
        probe.merge("operands", "9");
        probe.merge("operands", "91");

        assertThat(probe.get("base")).isEqualTo("42");
        assertThat(probe.endsLookup("base")).isTrue();
        assertThat(probe.get("operands")).isEqualTo("100");
        assertThat(probe.endsLookup("operands")).isFalse();
        assertThat(memtable.entryCount()).isEqualTo(2);
        memtable.release();
    }

    @Test
    void aValueMayGrowShrinkAndVanish() {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);

        for (int length : new int[] {3, 0, 5, 200, 100_000, 7, 3_000_000, 0, 64}) {
            String value = "v".repeat(length);
            probe.put("key", value);
            assertThat(probe.get("key")).isEqualTo(value);
            assertThat(memtable.dataBytes()).isEqualTo(3 + length);
        }
        probe.delete("key");

        assertThat(probe.get("key")).isNull();
        assertThat(probe.endsLookup("key")).isTrue();
        assertThat(memtable.dataBytes()).isEqualTo(3);
        assertThat(memtable.entryCount()).isEqualTo(1);
        memtable.release();
    }

    @Test
    void hugeKeysAndValuesGetChunksOfTheirOwn() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        String hugeKey = "k".repeat(2_000_000);
        String hugeValue = "v".repeat(5_000_000);

        probe.put(hugeKey + "2", "two");
        probe.put(hugeKey + "1", hugeValue);
        probe.put("", "empty key");

        assertThat(probe.get(hugeKey + "1")).isEqualTo(hugeValue);
        memtable.freeze(200);
        assertThat(drain(memtable.cursor(KeyRange.ALL)))
                .containsExactly(
                        ":PUT empty key", hugeKey + "1:PUT " + hugeValue, hugeKey + "2:PUT two");
        memtable.release();
    }

    @Test
    void rangesAreHalfOpen() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        for (String key : new String[] {"c", "a", "d", "b", "bb"}) {
            probe.put(key, "1");
        }
        memtable.freeze(200);

        assertThat(drain(memtable.cursor(range("b", "d"))))
                .containsExactly("b:PUT 1", "bb:PUT 1", "c:PUT 1");
        assertThat(drain(memtable.cursor(range("e", "f")))).isEmpty();
        assertThat(drain(memtable.cursor(range("b", "b")))).isEmpty();
        assertThat(drain(memtable.cursor(new KeyRange(OwnedSlice.ofText("bb"), null))))
                .containsExactly("bb:PUT 1", "c:PUT 1", "d:PUT 1");
        memtable.release();
    }

    @Test
    void keysThatArePrefixesOfOthersComeFirst() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        KeyBuffer key = new KeyBuffer();
        byte[] zeros = new byte[40];
        for (int length = 40; length >= 0; length--) {
            memtable.put(key.set(zeros, 0, length), zeros, 0, 1);
        }
        memtable.freeze(200);

        try (EntryCursor cursor = memtable.cursor(KeyRange.ALL)) {
            for (int length = 0; length <= 40; length++) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.key().length()).isEqualTo(length);
            }
            assertThat(cursor.next()).isFalse();
            assertThat(cursor.next()).isFalse();
        }
        memtable.release();
    }

    @Test
    void aCursorShowsItsRangeInKeyOrderWhileTheMemtableIsWritten() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        for (String key : new String[] {"m/3", "n/1", "m/1", "l/9", "m/2"}) {
            probe.put(key, key);
        }

        assertThat(drain(probe.prefixCursor("m/")))
                .containsExactly("m/1:PUT m/1", "m/2:PUT m/2", "m/3:PUT m/3");
        probe.put("m/0", "later");
        probe.put("m/25", "later");
        probe.delete("m/1");
        assertThat(drain(probe.prefixCursor("m/")))
                .containsExactly(
                        "m/0:PUT later",
                        "m/1:DELETE",
                        "m/2:PUT m/2",
                        "m/25:PUT later",
                        "m/3:PUT m/3");
        assertThat(drain(probe.prefixCursor("x/"))).isEmpty();
        memtable.release();
    }

    @Test
    void aCursorGoesOnWhereItWasWhateverIsWrittenBesideIt() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        for (int i = 0; i < 10_000; i++) {
            probe.put("m/" + (100_000 + i * 2), "old");
        }

        List<String> seen = new ArrayList<>();
        try (EntryCursor cursor = probe.prefixCursor("m/")) {
            while (cursor.next()) {
                if (cursor.value().toString().equals("old")) {
                    seen.add(cursor.key().toString());
                }
                if (seen.size() % 1000 == 1) {
                    probe.put("m/" + (100_000 + seen.size()), "new");
                    probe.put("m/" + (120_000 - seen.size()), "new");
                    drain(probe.prefixCursor("m/"));
                }
            }
        }

        assertThat(seen).hasSize(10_000).isSorted().doesNotHaveDuplicates();
        memtable.release();
    }

    @Test
    void aCursorGoesOnWhateverIsWrittenToItsCurrentEntry() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        probe.put("m/1", "before");
        probe.put("m/2", "before");

        try (EntryCursor cursor = probe.prefixCursor("m/")) {
            cursor.next();
            probe.put("m/1", "AFTER.");
            probe.put("m/2", "AFTER.");
            assertThat(cursor.key().toString())
                    .as("keys outlive writes, values do not")
                    .isEqualTo("m/1");
            for (int i = 0; i < 5000; i++) {
                probe.put("m/3" + i, "new");
            }
            cursor.next();
            assertThat(TierProbe.line(cursor)).isIn("m/2:PUT before", "m/2:PUT AFTER.");
        }
        memtable.release();
    }

    @Test
    void aLiveCursorShowsPutsOnlyAndOperandsAsPuts() throws Exception {
        Memtable memtable = new Memtable(1, budget, COMMA, 100);
        MemtableProbe probe = new MemtableProbe(memtable, COMMA);
        probe.put("m/1", "gone");
        probe.delete("m/1");
        probe.put("m/2", "put");
        probe.merge("m/3", "operand");
        probe.delete("m/4");

        assertThat(drain(memtable.liveCursor(KeyRange.ALL)))
                .containsExactly("m/2:PUT put", "m/3:PUT operand");
        assertThat(drain(memtable.liveCursor(range("m/3", "m/9"))))
                .containsExactly("m/3:PUT operand");
        memtable.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ascending", "descending", "random", "from both ends", "inwards"})
    void keysAreInOrderWhateverTheOrderOfInserts(String inserts) throws Exception {
        int count = 30_000;
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(
                    switch (inserts) {
                        case "descending" -> count - 1 - i;
                        case "from both ends" -> i % 2 == 0 ? i / 2 : count - 1 - i / 2;
                        case "inwards" -> i % 2 == 0 ? count / 2 + i / 2 : count / 2 - 1 - i / 2;
                        default -> i;
                    });
        }
        if (inserts.equals("random")) {
            Collections.shuffle(numbers, new Random(11));
        }
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        // Keys of three kinds: told apart by their first bytes, by their last, and by their length.
        for (int number : numbers) {
            probe.put(orderedKey(number), "v");
        }

        List<String> expected = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            assertThat(probe.get(orderedKey(number))).isNotNull();
            expected.add(orderedKey(number) + ":PUT v");
        }
        Collections.sort(expected);
        assertThat(drain(memtable.cursor(KeyRange.ALL))).isEqualTo(expected);
        assertThat(memtable.entryCount()).isEqualTo(count);
        memtable.release();
    }

    private static String orderedKey(int number) {
        return switch (number % 3) {
            case 0 -> String.format(Locale.ROOT, "%06d", number);
            case 1 -> String.format(Locale.ROOT, "a prefix that is longer/%06d", number);
            default -> "x".repeat(1 + number % 500) + String.format(Locale.ROOT, "%06d", number);
        };
    }

    @Test
    void anEmptyMemtableHoldsNoMemory() throws Exception {
        Memtable memtable = new Memtable(7, budget, null, 100);

        assertThat(memtable.usedBytes()).isZero();
        assertThat(new MemtableProbe(memtable, null).get("a")).isNull();
        memtable.freeze(250);
        assertThat(drain(memtable.cursor(KeyRange.ALL))).isEmpty();
        assertThat(memtable.generation()).isEqualTo(7);
        assertThat(memtable.minWriteTimeMillis()).isEqualTo(100);
        assertThat(memtable.maxWriteTimeMillis()).isEqualTo(250);
        memtable.release();
    }

    @Test
    void aFewEntriesCostAFewKilobytes() {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);

        for (int i = 0; i < 10; i++) {
            probe.put("key-" + i, "value");
        }

        assertThat(memtable.usedBytes()).isEqualTo(budget.usedBytes()).isLessThan(5000);
        memtable.release();
    }

    @Test
    void appendingCostsMemoryInProportionToWhatIsAppended() {
        Memtable memtable = new Memtable(1, budget, COMMA, 100);
        MemtableProbe probe = new MemtableProbe(memtable, COMMA);

        int count = 100_000;
        for (int i = 0; i < count; i++) {
            probe.merge("list", "0123456");
        }

        assertThat(probe.get("list")).hasSize(count * 8 - 1).endsWith("0123456,0123456");
        // The place it is in is at most half empty, and those it left sum up to at most as much;
        // the rest is what the arena's chunks have at their ends.
        assertThat(memtable.usedBytes()).isLessThan(count * 8L * 5);
        memtable.release();
    }

    @Test
    void aMergeWithoutAnOperatorSaysWhatIsMissing() {
        Memtable memtable = new Memtable(1, budget, null, 100);

        assertThatThrownBy(() -> new MemtableProbe(memtable, null).merge("list", "x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("key=list")
                .hasMessageContaining("TreeOptions");
        memtable.release();
    }

    @Test
    void memoryIsGivenBackWithTheLastReference() throws Exception {
        Memtable memtable = new Memtable(1, budget, null, 100);
        MemtableProbe probe = new MemtableProbe(memtable, null);
        probe.put("a", "1");
        memtable.freeze(200);
        EntryCursor cursor = memtable.cursor(KeyRange.ALL);

        memtable.release();

        assertThat(cursor.next()).isTrue();
        assertThat(TierProbe.line(cursor)).isEqualTo("a:PUT 1");
        assertThat(memtable.tryRetain()).isTrue();
        memtable.release();
        cursor.close();
        cursor.close();
        assertThat(cursor.next()).isFalse();
        assertThat(budget.usedBytes()).isZero();
        assertThat(memtable.tryRetain()).isFalse();
    }

    @Test
    void nothingIsReadOrWrittenAfterTheLastReference() {
        Memtable memtable = new Memtable(1, budget, COMMA, 100);
        MemtableProbe probe = new MemtableProbe(memtable, COMMA);
        probe.put("a", "1");

        memtable.release();

        assertThatThrownBy(() -> probe.get("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> probe.put("a", "2")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> probe.delete("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> probe.merge("a", "2")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> probe.prefixCursor("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memtable.cursor(KeyRange.ALL))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(memtable::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nothingIsWrittenAfterTheFreeze() {
        Memtable memtable = new Memtable(3, budget, null, 100);
        memtable.freeze(200);

        assertThatThrownBy(() -> new MemtableProbe(memtable, null).put("a", "1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("generation=3");
        assertThatThrownBy(() -> memtable.freeze(300)).isInstanceOf(IllegalStateException.class);
        memtable.release();
    }

    @Test
    void anotherSourceBelowIsAskedOnlyWhereAMergeNeedsIt() {
        Memtable newer = new Memtable(2, budget, COMMA, 100);
        Memtable older = new Memtable(1, budget, COMMA, 100);
        new MemtableProbe(older, COMMA).put("list", "1,2");
        new MemtableProbe(newer, COMMA).merge("list", "3");
        new MemtableProbe(newer, COMMA).merge("list", "4");
        KeyBuffer key = MemtableProbe.keyOf(new KeyBuffer(), "list");
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();

        lookup.start(COMMA, out);

        assertThat(newer.get(key, lookup)).isFalse();
        assertThat(older.get(key, lookup)).isTrue();
        assertThat(lookup.finish()).isTrue();
        assertThat(new String(out.toBytes())).isEqualTo("1,2,3,4");
        newer.release();
        older.release();
    }

    private static void write(MemtableProbe probe, String what, String key, String value) {
        switch (what) {
            case "put" -> probe.put(key, value);
            case "delete" -> probe.delete(key);
            case "merge" -> probe.merge(key, value);
            default -> assertThat(what).isEqualTo("none");
        }
    }

    private static KeyRange range(String start, String end) {
        return new KeyRange(OwnedSlice.ofText(start), OwnedSlice.ofText(end));
    }

    private static long number(Slice text) {
        return Long.parseLong(new String(text.toBytes()));
    }
}
