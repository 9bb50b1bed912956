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
import io.flinklsm.core.memory.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps in blocks: what a write leaves, what is known, and what a flush sees. */
final class MapTierTest {

    private final MemoryBudget budget = MemoryBudget.root("test", 64 << 20);
    private final TierMemory memory = new TierMemory(budget, budget.limitBytes());
    private final List<MapTier> tiers = new ArrayList<>();

    @AfterEach
    void allMemoryIsGivenBack() {
        tiers.forEach(MapTier::close);
        assertThat(budget.usedBytes()).isZero();
        budget.close();
    }

    private MapTier tier(boolean complete) {
        MapTier tier = new MapTier(memory, 1, complete, 100);
        tiers.add(tier);
        return tier;
    }

    // ----------------------------------------------------------------------------------- writes

    /** Of a tree that has files: nothing is known of the key before. */
    @ParameterizedTest
    @CsvSource({
        "none,   put,    PUT b,  b",
        "none,   delete, DELETE, absent",
        "put,    put,    PUT b,  b",
        "put,    delete, DELETE, absent",
        "delete, put,    PUT b,  b",
        "delete, delete, DELETE, absent",
    })
    void aWriteInOneGenerationBecomesOneEntry(
            String older, String newer, String flushed, String read) throws Exception {
        TierProbe probe = new TierProbe(tier(false));
        probe.put("m/0", "before it");
        probe.write(older, "m/k", "a");
        probe.write(newer, "m/k", "b");

        assertThat(probe.get("m/k")).isEqualTo(read);
        assertThat(entries(probe.freeze())).containsExactly("m/0:PUT before it", "m/k:" + flushed);
    }

    @ParameterizedTest
    @CsvSource({
        "none,   put,    m/k:PUT b",
        "none,   delete, ''",
        "put,    put,    m/k:PUT b",
        "put,    delete, ''",
        "delete, put,    m/k:PUT b",
        "delete, delete, ''",
    })
    void whatIsDeletedInTheGenerationThatFirstPutItLeavesNothing(
            String older, String newer, String flushed) throws Exception {
        TierProbe probe = new TierProbe(tier(true));
        probe.write(older, "m/k", "a");
        probe.write(newer, "m/k", "b");

        assertThat(String.join(" ", entries(probe.freeze()))).isEqualTo(flushed);
    }

    @Test
    void aFlushWritesWhatItsGenerationWroteAndNoMore() throws Exception {
        TierProbe probe = new TierProbe(tier(true));
        probe.put("m/1", "a");
        probe.put("m/2", "b");
        probe.put("m/3", "c");
        probe.put("n/1", "d");
        var first = probe.freeze();
        probe.put("m/2", "longer than before");
        probe.delete("m/3");
        probe.put("m/4", "e");
        var second = probe.freeze();

        assertThat(entries(first))
                .containsExactly("m/1:PUT a", "m/2:PUT b", "m/3:PUT c", "n/1:PUT d");
        assertThat(entries(second))
                .containsExactly("m/2:PUT longer than before", "m/3:DELETE", "m/4:PUT e");
        assertThat(second.entryCount()).isEqualTo(3);
        assertThat(probe.page("m/")).containsExactly("1=a", "2=longer than before", "4=e");
    }

    @Test
    void aCopyWithNothingNewIsFlushedAsNothingAndNotEvictedBefore() throws Exception {
        TierProbe probe = new TierProbe(tier(true));
        probe.put("m/1", "a");
        var first = probe.freeze();
        probe.put("m/2", "b");
        probe.delete("m/2");
        var second = probe.freeze();

        assertThat(second.entryCount()).isZero();
        assertThat(entries(second)).isEmpty();
        memory.reclaim(Long.MAX_VALUE);
        assertThat(probe.page("m/")).containsExactly("1=a");
        probe.flush(first);
        probe.flush(second);
        assertThat(probe.page("m/")).containsExactly("1=a");
        memory.reclaim(Long.MAX_VALUE);
        memory.reclaim(Long.MAX_VALUE);
        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
    }

    @Test
    void aTombstoneStaysUntilFilesHaveIt() throws Exception {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "a");
        probe.put("m/2", "b");
        probe.flush();
        probe.delete("m/1");
        var withTombstone = probe.freeze();
        probe.put("m/3", "c");

        assertThat(copyOf(tier, probe, "m/"))
                .containsExactly("m/1:DELETE", "m/2:PUT b", "m/3:PUT c");
        probe.flush(withTombstone);
        probe.flush();
        probe.put("m/4", "d");

        assertThat(copyOf(tier, probe, "m/"))
                .containsExactly("m/2:PUT b", "m/3:PUT c", "m/4:PUT d");
    }

    @Test
    void aBlockThatGrowsDoesNotLeaveItsOldPlacesBehind() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        for (int i = 0; i < 20; i++) {
            for (int map = 0; map < 1000; map++) {
                probe.put("map-" + map + "/" + (100 + i), "value");
            }
        }
        long bytes = 1000 * 20 * (3 + 3 + 5);

        assertThat(tier.openBytes()).isBetween(bytes, 5 * bytes / 2);
    }

    @Test
    void aBlockThatIsCopiedToChangeAnEntryHasNoRoomToGrow() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        for (int map = 100; map < 1100; map++) {
            for (int i = 0; i < 10; i++) {
                probe.put("map-" + map + "/" + i, "a value");
            }
        }
        probe.freeze();
        for (int map = 100; map < 1100; map++) {
            probe.put("map-" + map + "/5", "another");
            probe.delete("map-" + map + "/6");
        }
        // Header, prefix, and ten entries; a new segment for all that does not fill its last one.
        long bytes = 1000 * (8 + 8 + 2 + 10 * (3 + 1 + 7) - 7 + 3);

        assertThat(tier.openBytes()).isLessThan(bytes + bytes / 10);
        assertThat(probe.page("map-777/")).hasSize(9).contains("5=another", "7=a value");
    }

    // ------------------------------------------------------------------------------- wide maps

    @ParameterizedTest
    @ValueSource(ints = {1, 7919})
    void aWideMapIsInOrderInWhateverOrderItWasWritten(int step) throws Exception {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        int count = 10_000;
        List<String> expected = new ArrayList<>();
        List<String> written = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String suffix = wide((int) ((long) i * step % count));
            probe.put("m/" + suffix, "v");
            probe.put("other/" + suffix, "o");
            expected.add(wide(i) + "=v");
            written.add("m/" + wide(i) + ":PUT v");
        }

        assertThat(probe.page("m/")).isEqualTo(expected);
        assertThat(probe.pages("m/", 999)).isEqualTo(expected);
        assertThat(probe.get("m/" + wide(77))).isEqualTo("v");
        assertThat(probe.get("m/none")).isEqualTo(ABSENT);
        assertThat(copyOf(tier, probe, "m/")).isEqualTo(written);
        assertThat(entries(probe.freeze())).startsWith(written.toArray(String[]::new));
    }

    @Test
    void keysThatAppearInOrderFillTheirBlocks() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        int count = 50_000;
        for (int i = 0; i < count; i++) {
            probe.put("m/" + wide(i), "v");
        }

        assertThat(tier.openBytes()).isLessThan(count * 2L * (3 + 6 + 1) + (256 << 10));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWideMapThatIsEmptiedIsGone(boolean fromTheFront) {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        int count = 20_000;
        for (int i = 0; i < count; i++) {
            probe.put("m/" + wide(i), "v");
        }
        for (int i = 0; i < count; i++) {
            probe.delete("m/" + wide(fromTheFront ? i : count - 1 - i));
        }

        assertThat(probe.page("m/")).isEmpty();
        assertThat(tier.hasPrefix(probe.key("m/"))).isEqualTo(HotTier.ABSENT);
        assertThat(probe.freeze()).isNull();
        assertThat(tier.openBytes()).isZero();
        probe.put("m/new", "v");
        assertThat(probe.page("m/")).containsExactly("new=v");
    }

    /** Blocks and directory are full, so that one entry more divides both. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 129, 255})
    void aFullDirectoryIsPartedWhereverABlockIsAdded(int block) {
        TierProbe probe = new TierProbe(tier(true));
        NavigableMap<String, String> model = new TreeMap<>();
        for (int i = 0; i < MapDirectory.BLOCKS_MAX * MapBlock.ENTRIES_MAX; i++) {
            model.put(wide(10 * i), "v");
            probe.put("m/" + wide(10 * i), "v");
        }
        int added = 10 * (block * MapBlock.ENTRIES_MAX + 5) + 1;
        for (int i = 0; i < 40; i++) {
            model.put(wide(added + i), "w");
            probe.put("m/" + wide(added + i), "w");
        }

        model.forEach((suffix, value) -> assertThat(probe.get("m/" + suffix)).isEqualTo(value));
        assertThat(probe.pages("m/", 1000))
                .isEqualTo(
                        model.entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .toList());
    }

    @Test
    void aWideMapIsCopiedPieceByPiece() throws Exception {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        for (int i = 0; i < 1000; i++) {
            probe.put("m/" + wide(i), "v");
        }
        tier.lock();
        try {
            PrefixCopy first = tier.copyPrefix(probe.key("m/"), null, 300, 1 << 20);
            assertThat(first.cutBehind()).isEqualTo(OwnedSlice.ofText("m/" + wide(299)));
            assertThat(first.isComplete()).isTrue();
            assertThat(drain(first)).hasSize(300);
            KeyBuffer prefix = new KeyBuffer().set(OwnedSlice.ofText("m/"));
            PrefixCopy byBytes =
                    tier.copyPrefix(prefix, probe.key("m/" + wide(299)), 1000, 1 << 10);
            assertThat(byBytes.cutBehind()).isNotNull();
            assertThat(drain(byBytes)).hasSizeBetween(2, 100).first().isEqualTo("m/000300:PUT v");
            PrefixCopy last = tier.copyPrefix(prefix, probe.key("m/" + wide(899)), 100, 1 << 20);
            assertThat(last.cutBehind()).isNull();
            assertThat(drain(last)).hasSize(100);
        } finally {
            tier.unlock();
        }
    }

    @Test
    void aVeryWideMapLosesAndGainsBlocksAnywhere() throws Exception {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        NavigableMap<String, String> model = new TreeMap<>();
        Random random = new Random(5);
        int count = 30_000;
        for (int i = 0; i < 2 * count; i++) {
            String suffix = wide(random.nextInt(count));
            probe.put("m/" + suffix, "v" + i);
            model.put(suffix, "v" + i);
            if (i == count) {
                probe.flush();
            }
        }
        // The first blocks, the last ones, and some in the middle.
        for (int i = 0; i < count / 2; i++) {
            int number = i % 3 == 0 ? i / 3 : i % 3 == 1 ? count - 1 - i / 3 : count / 2 - i / 3;
            probe.delete("m/" + wide(number));
            model.remove(wide(number));
        }
        probe.flush();
        List<String> expected =
                model.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
        assertThat(probe.page("m/")).isEqualTo(expected);
        assertThat(probe.pages("m/", 777)).isEqualTo(expected);

        // What is left in the memory is right, wherever it was moved to.
        for (int i = 0; i < 20; i++) {
            tier.evict();
        }
        for (String suffix : model.keySet()) {
            assertThat(probe.get("m/" + suffix)).isIn(model.get(suffix), UNKNOWN);
        }
        long freed = 1;
        while (freed > 0) {
            freed = memory.reclaim(Long.MAX_VALUE);
        }
        for (String suffix : model.keySet()) {
            assertThat(probe.get("m/" + suffix)).isEqualTo(UNKNOWN);
        }
    }

    @Test
    void anEvictedPartOfAWideMapIsUnknownAndTheRestIsNot() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        int count = 50_000;
        for (int i = 0; i < count; i++) {
            probe.put("m/" + wide(i), "v");
        }
        probe.flush();
        memory.reclaim(memory.cleanBytes() / 2);

        int known = 0;
        for (int i = 0; i < count; i++) {
            String found = probe.get("m/" + wide(i));
            assertThat(found).isIn("v", UNKNOWN);
            known += found.equals("v") ? 1 : 0;
        }
        assertThat(known).isBetween(1, count - 1);
        assertThat(probe.get("m/none")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
    }

    @Test
    void entriesOfAnySizeStandInOneMap() throws Exception {
        TierProbe probe = new TierProbe(tier(true));
        List<String> expected = new ArrayList<>();
        int[] lengths = {0, 1, 254, 255, 256, 1023, 1024, 1025, 5000, 70_000, 1 << 20};
        for (int i = 0; i < lengths.length; i++) {
            String suffix = (char) ('a' + i) + "k".repeat(lengths[lengths.length - 1 - i] / 8);
            String value = "v".repeat(lengths[i]);
            probe.put("m/" + suffix, value);
            expected.add("m/" + suffix + ":PUT" + (value.isEmpty() ? "" : " " + value));
        }
        for (int i = 0; i < lengths.length; i++) {
            String key = expected.get(i).substring(0, expected.get(i).indexOf(':'));
            assertThat(probe.get(key)).hasSize(lengths[i]);
            probe.put(key, "short");
            probe.put(key, "v".repeat(lengths[i]));
        }

        assertThat(entries(probe.freeze())).isEqualTo(expected);
    }

    @Test
    void aRangeMayBeginAndEndWithinABlock() throws Exception {
        TierProbe probe = new TierProbe(tier(true));
        for (int i = 0; i < 500; i++) {
            probe.put("m/" + wide(i), "v");
            probe.put("n/" + wide(i), "v");
        }
        var generation = probe.freeze();

        for (int from = 0; from < 500; from += 13) {
            for (int length : new int[] {0, 1, 20, 100}) {
                List<String> expected = new ArrayList<>();
                for (int i = from; i < Math.min(500, from + length); i++) {
                    expected.add("m/" + wide(i) + ":PUT v");
                }
                int to = from + length;
                String end = to >= 500 ? "m/z" : "m/" + wide(to);
                assertThat(drain(generation.cursor(range("m/" + wide(from), end))))
                        .isEqualTo(expected);
            }
        }
        assertThat(drain(generation.cursor(new KeyRange(OwnedSlice.ofText("n"), null))))
                .hasSize(500);
        assertThat(drain(generation.cursor(range("a", "b")))).isEmpty();
        assertThat(drain(generation.cursor(range("x", "y")))).isEmpty();
    }

    // ------------------------------------------------------------------------------- prefixes

    @Test
    void aPageShowsTheLiveEntriesOfItsPrefixInKeyOrder() {
        TierProbe probe = new TierProbe(tier(true));
        for (String key : new String[] {"m/3", "n/1", "m/1", "l/9", "m/2", "m/4"}) {
            probe.put(key, key);
        }
        probe.flush();
        probe.delete("m/2");
        probe.put("m/3", "more");
        probe.put("m/0", "first");

        assertThat(probe.page("m/")).containsExactly("0=first", "1=m/1", "3=more", "4=m/4");
        assertThat(probe.page("x/")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void pagesGoOnWhereTheLastOneEnded(int entriesMax) {
        TierProbe probe = new TierProbe(tier(true));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            probe.put("m/" + (i * 37 % 100 + 100), "v");
            expected.add((i + 100) + "=v");
        }

        assertThat(probe.pages("m/", entriesMax)).isEqualTo(expected);
    }

    @Test
    void aPrefixThatWasReadAndKeptIsComplete() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        assertThat(probe.page("m/")).isNull();
        probe.put("m/2", "newer");
        probe.delete("m/3");

        probe.keepAll("m/", "1", "one", "2", "newer");

        assertThat(probe.page("m/")).containsExactly("1=one", "2=newer");
        assertThat(probe.get("m/1")).isEqualTo("one");
        assertThat(probe.get("m/9")).isEqualTo(ABSENT);
        assertThat(probe.get("n/1")).as("another map").isEqualTo(UNKNOWN);
    }

    @Test
    void anEmptyPrefixThatWasReadIsCompleteToo() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        assertThat(tier.hasPrefix(probe.key("m/"))).isEqualTo(HotTier.UNKNOWN);

        probe.keepAll("m/");

        assertThat(tier.hasPrefix(probe.key("m/"))).isEqualTo(HotTier.ABSENT);
        assertThat(probe.page("m/")).isEmpty();
    }

    @Test
    void anEntryOfACompletePrefixThatIsDeletedAgainLeavesNothing() throws Exception {
        TierProbe probe = new TierProbe(tier(false));
        probe.keepAll("m/", "1", "one");

        probe.put("m/2", "two");
        probe.delete("m/2");
        probe.delete("m/3");
        probe.delete("m/1");

        assertThat(entries(probe.freeze())).containsExactly("m/1:DELETE");
    }

    @Test
    void oneLiveEntryTellsThatAPrefixHasSome() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        probe.delete("m/1");
        assertThat(tier.hasPrefix(probe.key("m/"))).isEqualTo(HotTier.UNKNOWN);

        probe.put("m/2", "");

        assertThat(tier.hasPrefix(probe.key("m/"))).isEqualTo(HotTier.FOUND);
    }

    @Test
    void aMapThatIsNewEverywhereIsCompleteFromItsFirstEntryOn() throws Exception {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        tier.noteNewMap(probe.key("m/1"));
        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);

        probe.put("m/1", "a");
        probe.put("n/1", "a");
        probe.delete("m/1");
        probe.put("m/2", "b");

        assertThat(probe.get("m/1")).isEqualTo(ABSENT);
        assertThat(probe.page("m/")).containsExactly("2=b");
        assertThat(probe.page("n/")).as("a map of which files may have something").isNull();
        assertThat(entries(probe.freeze())).containsExactly("m/2:PUT b", "n/1:PUT a");
    }

    @Test
    void aMapThatWasNewIsNotNewWhenItIsEvicted() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        tier.noteNewMap(probe.key("m/1"));
        probe.put("m/1", "a");
        probe.flush();
        memory.reclaim(Long.MAX_VALUE);
        probe.put("m/2", "b");

        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
    }

    @Test
    void aMapThatWasNeverEvictedIsNewAfterAnotherOneWasEvicted() throws Exception {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "a");
        probe.flush();
        memory.reclaim(Long.MAX_VALUE);

        assertThat(probe.get("n/1")).isEqualTo(ABSENT);
        assertThat(probe.page("n/")).isEmpty();
        assertThat(tier.hasPrefix(probe.key("n/"))).isEqualTo(HotTier.ABSENT);
        assertThat(tier.isMapUnknown(probe.key("n/"))).isFalse();
        probe.delete("n/1");
        probe.put("n/2", "b");
        probe.put("m/2", "c");
        assertThat(probe.page("n/")).containsExactly("2=b");
        assertThat(probe.page("m/")).isNull();
        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(entries(probe.freeze())).containsExactly("m/2:PUT c", "n/2:PUT b");
    }

    @Test
    void aWideMapIsCompleteOnceItsLastPageIsKept() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        for (int page = 0; page < 5; page++) {
            assertThat(probe.page("m/")).isNull();
            probe.keepPage("m/", 100 * page, 100, page == 4);
        }

        assertThat(probe.page("m/")).hasSize(500).startsWith("000000=v").endsWith("000499=v");
        assertThat(probe.get("m/none")).isEqualTo(ABSENT);
    }

    @Test
    void aMapThatLosesABlockWhileItIsReadIsNotComplete() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        probe.keepPage("m/", 0, 100, false);
        memory.reclaim(Long.MAX_VALUE);
        probe.keepPage("m/", 100, 100, true);

        assertThat(probe.page("m/")).isNull();
        assertThat(probe.get("m/000000")).isEqualTo(UNKNOWN);
    }

    @Test
    void pagesOfTwoReadsDoNotMakeAMapComplete() {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        probe.keepPage("m/", 0, 100, false);
        probe.keepPage("n/", 0, 100, false);
        probe.keepPage("m/", 100, 100, true);
        probe.keepPage("n/", 200, 100, true);

        assertThat(probe.page("m/")).isNull();
        assertThat(probe.page("n/")).isNull();
    }

    @Test
    void aMapIsUnknownOnceItIsEvictedAndOthersAreNot() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "a");
        probe.flush();
        probe.put("n/1", "c");

        memory.reclaim(1);

        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
        assertThat(probe.page("n/")).as("another map").containsExactly("1=c");
        assertThat(probe.get("n/2")).isEqualTo(ABSENT);
        probe.put("m/2", "b");
        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
    }

    @Test
    void whatWasReadIsKeptBesideWhatIsThere() throws Exception {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        assertThat(probe.keep("m/2", "two")).isTrue();
        assertThat(probe.keep("m/1", "one")).isTrue();
        probe.put("m/3", "three");
        assertThat(probe.keep("m/0", "zero")).isTrue();
        assertThat(probe.keep("m/3", "older than what is here")).isTrue();

        assertThat(copyOf(tier, probe, "m/"))
                .containsExactly("m/0:PUT zero", "m/1:PUT one", "m/2:PUT two", "m/3:PUT three");
        assertThat(probe.page("m/")).isNull();
        assertThat(entries(probe.freeze())).containsExactly("m/3:PUT three");
    }

    @Test
    void nothingIsKeptInABlockThatAFlushReads() throws Exception {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/2", "two");
        var frozen = probe.freeze();
        try (EntryCursor cursor = frozen.cursor(KeyRange.ALL)) {
            assertThat(probe.keep("m/1", "one")).isTrue();
            assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
            probe.flush(frozen);
            assertThat(probe.keep("m/1", "one")).isTrue();
            assertThat(probe.get("m/1")).isEqualTo("one");
            assertThat(drain(cursor)).containsExactly("m/2:PUT two");
        }
    }

    @Test
    void aLargeEntryThatWentToFilesHidesWhatIsInMemory() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "small");
        probe.put("m/2", "small");
        probe.put("n/1", "small");
        probe.flush();

        tier.skip(probe.key("m/1"), 10, 0);

        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
        assertThat(probe.page("n/")).containsExactly("1=small");
        assertThat(probe.get("o/1")).isEqualTo(UNKNOWN);
    }

    // ------------------------------------------------------------------------ refusals and ends

    @Test
    void aMergeIsRefused() {
        TierProbe probe = new TierProbe(tier(true));

        assertThatThrownBy(() -> probe.merge("m/1", "x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("key=m/1");
    }

    @ParameterizedTest
    @CsvSource({"7, 3919", "1, 9973"})
    void everyAllocationMayFailAndNothingChanges(int maps, int suffixes) throws Exception {
        MapTier tier = tier(false);
        TierProbe probe = new TierProbe(tier);
        int refusals = 0;
        for (int i = 0; i < 12_000; i++) {
            String key = "p" + (i % maps) + "/" + (i * 31 % suffixes);
            String value = "v".repeat(i % 50);
            String what = i % 5 == 0 ? "delete" : "put";
            String before = probe.get(key);
            int count = tier.openEntryCount();
            long rest = budget.limitBytes() - budget.usedBytes();
            assertThat(budget.tryReserve(rest)).isTrue();
            boolean done = probe.write(what, key, value);
            budget.unreserve(rest);
            if (!done) {
                refusals++;
                assertThat(probe.get(key)).isEqualTo(before);
                assertThat(tier.openEntryCount()).isEqualTo(count);
                assertThat(probe.write(what, key, value)).isTrue();
            }
            assertThat(probe.get(key)).isEqualTo(what.equals("put") ? value : ABSENT);
            if (i % 2000 == 1999) {
                var frozen = probe.freeze();
                assertThat(entries(frozen)).hasSize(frozen.entryCount());
            }
        }
        assertThat(refusals).isGreaterThan(40);
    }

    @Test
    void aClosedTierKnowsNothingAndTakesNoWrites() {
        MapTier tier = tier(true);
        TierProbe probe = new TierProbe(tier);
        probe.put("m/1", "a");

        tier.close();
        tier.close();

        assertThat(probe.get("m/1")).isEqualTo(UNKNOWN);
        assertThat(probe.page("m/")).isNull();
        assertThat(probe.keep("m/3", "value")).isTrue();
        assertThat(probe.get("m/3")).isEqualTo(UNKNOWN);
        for (String what : new String[] {"put", "delete"}) {
            assertThatThrownBy(() -> probe.write(what, "m/1", "b"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    // ------------------------------------------------------------------------------- helpers

    private static String wide(int number) {
        return String.format(Locale.ROOT, "%06d", number);
    }

    private static List<String> copyOf(MapTier tier, TierProbe probe, String prefix)
            throws Exception {
        tier.lock();
        try {
            return drain(
                    tier.copyPrefix(probe.key(prefix), null, Integer.MAX_VALUE, Integer.MAX_VALUE));
        } finally {
            tier.unlock();
        }
    }

    private static KeyRange range(String start, String end) {
        return new KeyRange(OwnedSlice.ofText(start), OwnedSlice.ofText(end));
    }
}
