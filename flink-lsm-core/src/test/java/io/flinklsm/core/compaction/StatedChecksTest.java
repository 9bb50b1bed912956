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
package io.flinklsm.core.compaction;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.flush.FlushTools;
import io.flinklsm.core.flush.LargeEntryFlush;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.restore.RestorePlan;
import io.flinklsm.core.restore.StoreRestorer;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.tree.FlushProgress;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.write.FreezeRule;
import io.flinklsm.core.write.StallRule;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the paths of a store take and give is refused where it is made. */
final class StatedChecksTest {

    private static final CompactionOptions OPTIONS = new CompactionOptions(4, 100, 1000, 10);

    private final LsmPicture picture = new LsmPicture();

    @AfterEach
    void close() {
        picture.close();
    }

    @Test
    void aPlanThatLeadsNowhereIsRefused() {
        List<SortedRun> runs = picture.version("L0 a-c#2\nL1 b-d#1").runs();
        KeyRange range = CompactionPicker.hull(runs);

        refused("a plan has nothing to read: inputs=0", () -> plan(List.of(), 1, 2, range, false));
        refused(
                "a plan has nothing to read: inputs=2",
                () -> plan(runs, 1, 2, new KeyRange(range.start(), range.start()), false));
        refused("lastLevel=1, outputLevel=0", () -> plan(runs, 0, 2, range, false));
        refused("outputLevel=1, movable=true", () -> plan(runs, 1, 2, range, true));
        ourFault("newest=2, generation=1", () -> plan(runs, 1, 1, range, false));
        ourFault(
                "do not stand newest first: index=1",
                () -> plan(List.of(runs.get(1), runs.get(0)), 1, 2, range, false));
        ourFault(
                "an older range does not meet the plan",
                () ->
                        new CompactionPlan(
                                CompactionPlan.Reason.ALL,
                                runs,
                                1,
                                2,
                                List.of(LsmPicture.range("x..z")),
                                range,
                                false));
    }

    @Test
    void sizesThatAreNoneAreRefused() {
        refused("level=0", () -> OPTIONS.levelBytes(0));
        refused("targetBytes=0", () -> new OutputSplitter(0, 1));
        refused("keyGroupBytes=3", () -> new OutputSplitter(1, 3));
        refused("processors=0", () -> new RestBehindOthers(0, () -> true, () -> true));
        refused(
                "minWidth=1",
                () ->
                        RunWindow.cheapest(
                                Version.EMPTY, List.of(), 1, true, new CompactionSlots(), OPTIONS));
        refused("partMissesMin=0", () -> new BatchGet<String>(0));
        ourFault("no parts: partsMax=0", () -> new BatchGet<String>(1).split(0, 1));
        ourFault("openBytes=-1", () -> new FreezeRule(1).isTreeFull(-1));
        ourFault("shareBytes=-1", () -> new FreezeRule(1).isStoreFull(0, -1));
        StallRule rule = new StallRule(1, 2, 1, 1, 2);
        ourFault("level0Runs=-1, frozen=0", () -> rule.mustStop(-1, 0));
        ourFault("debtBytes=-1", () -> rule.pressure(0, -1));
        ourFault("bytesSoFar=-1", () -> new OutputSplitter(1, 0).beginsFile(new Slice(), -1));
    }

    @Test
    void aPageHasRoomForAnEntryAndShowsItsPrefixAlone() throws Exception {
        ListCursor cursor = ListCursor.of("a=1");
        ValueBuffer out = new ValueBuffer();

        ourFault(
                "room for an entry: entriesMax=0",
                () -> PageRead.copyEntries(cursor, 0, 0, 1, out));
        ourFault(
                "shorter than the prefix: keyBytes=1, prefixBytes=2",
                () -> PageRead.copyEntries(cursor, 2, 1, 1, out));
    }

    @Test
    void aLargeEntryHasAGenerationAndAValue() {
        try (MemoryBudget budget = MemoryBudget.root("test", 1 << 20)) {
            FlushTools tools =
                    new FlushTools(
                            new InMemoryStorage(),
                            SstableOptions.DEFAULTS,
                            budget,
                            Clock.system(),
                            new Random(1),
                            FlushProgress.UNHEARD);
            Slice key = new Slice(new byte[] {1});

            refused("generation=-1", () -> new LargeEntryFlush("counts", -1, null, tools));
            ourFault(
                    "a tombstone has no large value: keyBytes=1",
                    () ->
                            new LargeEntryFlush("counts", 1, null, tools)
                                    .run(key, EntryKind.DELETE, LargeValue.of(key)));
        }
    }

    @Test
    void whatIsRestoredIsOlderThanWhatWillBeWritten() {
        List<SstableMeta> metas = LsmPicture.metas("L1 a-c#5");

        refused("nextGeneration=-1", () -> new RestorePlan(Map.of(), -1));
        refused("nextGeneration=-1", () -> new StoreRestorer.Restored(Map.of(), -1));
        refused("a tree has no name: sstables=1", () -> new TreeImage("", metas));
        ourFault("generation=5, next=5", () -> new RestorePlan(Map.of("t", metas), 5));
    }

    private static CompactionPlan plan(
            List<SortedRun> inputs, int level, long generation, KeyRange range, boolean movable) {
        return new CompactionPlan(
                CompactionPlan.Reason.ALL, inputs, level, generation, List.of(), range, movable);
    }

    private static void refused(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    private static void ourFault(String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessageContaining(why);
    }
}
