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
package io.flinklsm.core.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CollapsingCursorTest {

    private static final MergeOperator COMMA = new AppendOperator(',');

    @Test
    void liveViewShowsTheNewestPutAndHidesTombstones() throws IOException {
        assertThat(live("a- c=7", "a=1 b=2", "b+9 d-")).isEqualTo("b=2 c=7");
    }

    @Test
    void liveViewFoldsOperandsOldestFirst() throws IOException {
        assertThat(live("a+3 b+3 c+3", "a+2 b+2 c+2", "a=1 b-", "b=0"))
                .isEqualTo("a=1,2,3 b=2,3 c=2,3");
    }

    @Test
    void compactionKeepsTombstonesWhereSomethingMayBeOlder() throws IOException {
        assertThat(compact(TombstoneRule.keepAll(), null, "a- b=1", "a=1 c-"))
                .isEqualTo("a- b=1 c-");
    }

    @Test
    void compactionDropsTombstonesAtTheBottom() throws IOException {
        assertThat(compact(TombstoneRule.dropAll(), null, "a- b=1", "a=1 c-")).isEqualTo("b=1");
    }

    @Test
    void compactionDropsTombstonesOnlyOutsideOlderRanges() throws IOException {
        TombstoneRule rule =
                TombstoneRule.of(
                        List.of(new KeyRange(OwnedSlice.ofText("b"), OwnedSlice.ofText("c"))));

        assertThat(compact(rule, null, "a- b- bb+1 c- cc+1")).isEqualTo("b- bb+1 cc=1");
    }

    @Test
    void operandsStayOperandsWhereSomethingMayBeOlder() throws IOException {
        assertThat(compact(TombstoneRule.keepAll(), null, "a+3 b+3 c+3", "a+2 b- c=1"))
                .isEqualTo("a+2,3 b=3 c=1,3");
    }

    @Test
    void operandsBecomeTheValueAtTheBottom() throws IOException {
        assertThat(compact(TombstoneRule.dropAll(), null, "a+3", "a+2 b+1")).isEqualTo("a=2,3 b=1");
    }

    @Test
    void droppedValueBecomesATombstoneWhereSomethingMayBeOlder() throws IOException {
        assertThat(compact(TombstoneRule.keepAll(), dropping("1"), "a=1 b=2")).isEqualTo("a- b=2");
    }

    @Test
    void droppedValueLeavesNothingAtTheBottom() throws IOException {
        assertThat(compact(TombstoneRule.dropAll(), dropping("1"), "a=1 b=2", "a=0"))
                .isEqualTo("b=2");
    }

    @Test
    void filterSeesFoldedValuesOnly() throws IOException {
        List<String> seen = new ArrayList<>();
        EntryFilter filter =
                (key, value, replacement) -> {
                    seen.add(key + "=" + value);
                    return EntryFilter.Decision.KEEP;
                };

        assertThat(compact(TombstoneRule.keepAll(), filter, "a+2 b+2 c-", "a=1 c=1"))
                .isEqualTo("a=1,2 b+2 c-");
        assertThat(seen).containsExactly("a=1,2");
    }

    @Test
    void filterReplacesAValue() throws IOException {
        EntryFilter filter =
                (key, value, replacement) -> {
                    replacement.append(value).append((byte) '!');
                    return EntryFilter.Decision.REPLACE;
                };

        assertThat(compact(TombstoneRule.keepAll(), filter, "a=1 b=2")).isEqualTo("a=1! b=2!");
    }

    @Test
    void oneOperandPassesWithoutAnOperator() throws IOException {
        try (EntryCursor cursor =
                CollapsingCursor.compacting(
                        List.of(ListCursor.of("a+1")), null, null, TombstoneRule.keepAll())) {
            assertThat(ListCursor.picture(cursor)).isEqualTo("a+1");
        }
    }

    @Test
    void twoOperandsWithoutAnOperatorAreTheCallersError() {
        try (EntryCursor cursor =
                CollapsingCursor.live(List.of(ListCursor.of("a+1"), ListCursor.of("a+2")), null)) {
            assertThatThrownBy(cursor::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no merge operator");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closingClosesEverySourceOnce() throws IOException {
        ListCursor first = ListCursor.of("a=1");
        ListCursor second = ListCursor.of("b=1");
        CollapsingCursor.live(List.of(first, second), COMMA).close();

        assertThat(first.closedTimes()).isEqualTo(1);
        assertThat(second.closedTimes()).isEqualTo(1);
    }

    @Test
    void nothingOfNoSources() throws IOException {
        assertThat(live()).isEmpty();
        assertThat(live("", "")).isEmpty();
    }

    @Test
    void agreesWithAMapOnRandomSources() throws IOException {
        for (long seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            int keySpace = 1 + random.nextInt(60);
            MergeOperator operator = random.nextBoolean() ? COMMA : new SlowCommaOperator();
            List<List<Entry>> newestFirst = randomSources(random, keySpace);
            TreeMap<OwnedSlice, Entry> live = model(newestFirst, false);
            TreeMap<OwnedSlice, Entry> kept = model(newestFirst, true);

            assertThat(ListCursor.drain(CollapsingCursor.live(cursors(newestFirst), operator)))
                    .as("live, seed %s", seed)
                    .containsExactlyElementsOf(live.values());
            assertThat(
                            ListCursor.drain(
                                    CollapsingCursor.compacting(
                                            cursors(newestFirst),
                                            operator,
                                            null,
                                            TombstoneRule.keepAll())))
                    .as("keeping, seed %s", seed)
                    .containsExactlyElementsOf(kept.values());
            assertThat(
                            ListCursor.drain(
                                    CollapsingCursor.compacting(
                                            cursors(newestFirst),
                                            operator,
                                            null,
                                            TombstoneRule.dropAll())))
                    .as("bottom, seed %s", seed)
                    .containsExactlyElementsOf(live.values());
        }
    }

    @Test
    void compactingAnyNeighboursFirstChangesNothingThatIsSeen() throws IOException {
        for (long seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            List<List<Entry>> newestFirst = randomSources(random, 1 + random.nextInt(30));
            if (newestFirst.size() < 2) {
                continue;
            }
            List<Entry> before =
                    ListCursor.drain(CollapsingCursor.live(cursors(newestFirst), COMMA));
            int from = random.nextInt(newestFirst.size() - 1);
            int to = from + 2 + random.nextInt(newestFirst.size() - from - 1);
            List<KeyRange> older = new ArrayList<>();
            for (List<Entry> source : newestFirst.subList(to, newestFirst.size())) {
                if (!source.isEmpty()) {
                    older.add(
                            new KeyRange(
                                    source.get(0).key(),
                                    OwnedSlice.ofText(source.get(source.size() - 1).key() + "!")));
                }
            }
            List<Entry> compacted =
                    ListCursor.drain(
                            CollapsingCursor.compacting(
                                    cursors(newestFirst.subList(from, to)),
                                    COMMA,
                                    null,
                                    TombstoneRule.of(older)));
            List<List<Entry>> after = new ArrayList<>(newestFirst.subList(0, from));
            after.add(compacted);
            after.addAll(newestFirst.subList(to, newestFirst.size()));

            assertThat(ListCursor.drain(CollapsingCursor.live(cursors(after), COMMA)))
                    .as("seed %s", seed)
                    .isEqualTo(before);
        }
    }

    private static List<List<Entry>> randomSources(Random random, int keySpace) {
        List<List<Entry>> newestFirst = new ArrayList<>();
        for (int source = random.nextInt(12); source > 0; source--) {
            TreeMap<OwnedSlice, Entry> entries = new TreeMap<>();
            for (int i = random.nextInt(30); i > 0; i--) {
                // Short and long keys, and many with equal first eight bytes.
                String text = "k".repeat(random.nextInt(2) * 9) + random.nextInt(keySpace);
                OwnedSlice key = OwnedSlice.ofText(text);
                EntryKind kind = EntryKind.ofCode(random.nextInt(3));
                OwnedSlice value =
                        kind == EntryKind.DELETE
                                ? OwnedSlice.EMPTY
                                : OwnedSlice.ofText("" + random.nextInt(1000));
                entries.put(key, new Entry(key, kind, value));
            }
            newestFirst.add(List.copyOf(entries.values()));
        }
        return newestFirst;
    }

    /** The same by the definition of the kinds, oldest source first. */
    private static TreeMap<OwnedSlice, Entry> model(List<List<Entry>> newestFirst, boolean keep) {
        TreeMap<OwnedSlice, Entry> model = new TreeMap<>();
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            for (Entry entry : newestFirst.get(i)) {
                Entry older = model.get(entry.key());
                if (entry.kind() == EntryKind.MERGE && older != null) {
                    entry =
                            older.kind() == EntryKind.DELETE
                                    ? new Entry(entry.key(), EntryKind.PUT, entry.value())
                                    : new Entry(
                                            entry.key(),
                                            older.kind(),
                                            OwnedSlice.ofText(older.value() + "," + entry.value()));
                }
                model.put(entry.key(), entry);
            }
        }
        if (!keep) {
            model.values().removeIf(entry -> entry.kind() == EntryKind.DELETE);
            model.replaceAll((key, entry) -> new Entry(key, EntryKind.PUT, entry.value()));
        }
        return model;
    }

    private static List<EntryCursor> cursors(List<List<Entry>> newestFirst) {
        List<EntryCursor> cursors = new ArrayList<>();
        newestFirst.forEach(entries -> cursors.add(new ListCursor(entries)));
        return cursors;
    }

    private static List<EntryCursor> pictures(String... newestFirst) {
        List<EntryCursor> cursors = new ArrayList<>();
        for (String picture : newestFirst) {
            cursors.add(ListCursor.of(picture));
        }
        return cursors;
    }

    private static String live(String... newestFirst) throws IOException {
        return ListCursor.picture(CollapsingCursor.live(pictures(newestFirst), COMMA));
    }

    private static String compact(
            TombstoneRule rule, @Nullable EntryFilter filter, String... newestFirst)
            throws IOException {
        return ListCursor.picture(
                CollapsingCursor.compacting(pictures(newestFirst), COMMA, filter, rule));
    }

    private static EntryFilter dropping(String doomed) {
        return (key, value, replacement) ->
                value.toString().equals(doomed)
                        ? EntryFilter.Decision.DROP
                        : EntryFilter.Decision.KEEP;
    }

    /** The comma operator without its shortcut. */
    private static final class SlowCommaOperator implements MergeOperator {
        @Override
        public void fold(Slice older, Slice newer, ValueBuffer out) {
            out.append(older).append((byte) ',').append(newer);
        }
    }
}
