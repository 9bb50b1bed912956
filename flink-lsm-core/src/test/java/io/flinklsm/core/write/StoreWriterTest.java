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
package io.flinklsm.core.write;

import static io.flinklsm.core.write.WriterFixture.bytes;
import static io.flinklsm.core.write.WriterFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.slot.Neighbour;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a writer freezes what, in which order, and what it then asks of others. */
@Timeout(60)
final class StoreWriterTest {

    private static final long NO_LIMIT = 1L << 40;
    private static final TreeOptions LISTS =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null);
    private static final TreeOptions MAPS = new TreeOptions(MemtableKind.MAPS, null, null);

    private WriterFixture fixture = new WriterFixture(NO_LIMIT);

    @AfterEach
    void close() {
        fixture.close();
        assertThat(fixture.slot.tierMemory().dirtyBytes()).isZero();
    }

    private void begin(WriterFixture other) {
        fixture.close();
        fixture = other;
    }

    @Test
    void generationsOfAllTreesAreNumberedOneAfterAnother() throws Exception {
        TreeState first = fixture.tree("first");
        TreeState second = fixture.tree("second");
        put(first, 1);
        put(second, 1);

        fixture.writer.freeze(first, false);
        fixture.writer.freeze(second, false);
        put(first, 1);
        fixture.writer.freeze(first, false);

        // Each tree began with one; a frozen one is followed by the next number.
        assertThat(fixture.frozen(first)).containsExactly(0L, 2L);
        assertThat(fixture.frozen(second)).containsExactly(1L);
    }

    @Test
    void restoredStoreGoesOnAboveWhatItHas() throws Exception {
        fixture.writer.setNextGeneration(100);
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freeze(tree, false);

        assertThat(fixture.frozen(tree)).containsExactly(100L);
        assertThatThrownBy(() -> fixture.writer.setNextGeneration(50))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("generations go back");
    }

    @Test
    void treeWithoutEntriesIsNotFrozen() {
        TreeState tree = fixture.tree("counts");

        fixture.writer.freeze(tree, true);
        fixture.writer.freezeAll();

        assertThat(fixture.frozen(tree)).isEmpty();
        assertThat(fixture.flushesAsked).isEmpty();
    }

    @Test
    void frozenGenerationIsFlushedSoonOnlyIfThatIsWanted() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freeze(tree, false);
        assertThat(fixture.flushesAsked).isEmpty();

        put(tree, 1);
        fixture.writer.freeze(tree, true);
        assertThat(fixture.flushesAsked).containsExactly("counts");
    }

    @Test
    void whatIsFrozenStaysDirtyUntilItIsFlushed() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 10_000);
        long open = fixture.writer.openBytes();
        assertThat(open).isPositive().isEqualTo(tree.accountedBytes());
        assertThat(fixture.slot.tierMemory().dirtyBytes()).isEqualTo(open);

        fixture.writer.freeze(tree, false);
        assertThat(fixture.writer.openBytes()).isZero();
        assertThat(fixture.slot.tierMemory().dirtyBytes()).isPositive();

        fixture.flushOnce(tree);
        assertThat(fixture.slot.tierMemory().dirtyBytes()).isZero();
    }

    @Test
    void treeIsFrozenAtItsOwnLimit() throws Exception {
        begin(new WriterFixture(64 << 10));
        fixture.flushesAtOnce = false;
        TreeState tree = fixture.tree("counts");

        while (fixture.frozen(tree).isEmpty()) {
            assertThat(tree.openBytes()).isLessThan(128 << 10);
            put(tree, 1000);
        }

        assertThat(fixture.flushesAsked).containsExactly("counts");
    }

    @Test
    void largestTreeIsFrozenWhenAllTogetherHaveTheirShare() throws Exception {
        TreeState small = fixture.tree("small");
        TreeState large = fixture.tree("large");
        put(small, 1000);
        while (fixture.frozen(large).isEmpty() && fixture.frozen(small).isEmpty()) {
            put(large, 10_000);
        }

        assertThat(fixture.frozen(large)).hasSize(1);
        assertThat(fixture.frozen(small)).isEmpty();
        assertThat(fixture.writer.openBytes())
                .isEqualTo(small.accountedBytes() + large.accountedBytes());
    }

    @Test
    void neighboursMakeTheShareSmaller() throws Exception {
        TreeState alone = fixture.tree("counts");
        long mostAlone = 0;
        while (fixture.frozen(alone).isEmpty()) {
            mostAlone = fixture.writer.openBytes();
            put(alone, 1000);
        }
        begin(new WriterFixture(NO_LIMIT));
        Neighbour neighbour = fromBytes -> {};
        fixture.slot.register(neighbour);
        TreeState crowded = fixture.tree("counts");
        long mostCrowded = 0;
        while (fixture.frozen(crowded).isEmpty()) {
            mostCrowded = fixture.writer.openBytes();
            put(crowded, 1000);
        }
        fixture.slot.unregister(neighbour);

        assertThat(mostCrowded).isLessThan(mostAlone * 3 / 4);
    }

    @Test
    void checkpointsPutABarrierBetweenGenerations() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freeze(tree, false);
        put(tree, 1);
        fixture.writer.freezeAll();
        put(tree, 1);
        fixture.writer.freeze(tree, false);
        fixture.writer.freezeAll();
        put(tree, 1);
        fixture.writer.freezeAll();

        assertThat(fixture.barriers(tree)).containsExactly(0L, 0L, 1L, 2L);
        assertThat(fixture.flushesAsked).as("its own thread flushes it").isEmpty();
    }

    @Test
    void scanFreezesWhatIsSmallWithoutAFileForIt() throws Exception {
        begin(new WriterFixture(1 << 20));
        TreeState tree = fixture.tree("counts");

        fixture.writer.freezeForScan(tree);
        assertThat(fixture.frozen(tree)).isEmpty();

        put(tree, 1);
        fixture.writer.freezeForScan(tree);
        assertThat(fixture.frozen(tree)).hasSize(1);
        assertThat(fixture.flushesAsked).isEmpty();
    }

    @Test
    void scanHasAGenerationFlushedThatIsWorthAFile() throws Exception {
        begin(new WriterFixture(256 << 10));
        TreeState tree = fixture.tree("counts");
        put(tree, 100_000);

        fixture.writer.freezeForScan(tree);

        assertThat(fixture.flushesAsked).containsExactly("counts");
    }

    @Test
    void manyScansHaveTheirSmallGenerationsFlushedTogether() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freezeForScan(tree);
        assertThat(fixture.flushesAsked).isEmpty();
        put(tree, 1);
        fixture.writer.freezeForScan(tree);

        assertThat(fixture.frozen(tree)).hasSize(2);
        assertThat(fixture.flushesAsked).containsExactly("counts");
    }

    @Test
    void writerWaitsWhileTooMuchIsFrozenAndSaysSo() throws Exception {
        TreeState tree = fixture.tree("counts");
        for (int i = 0; i < 3; i++) {
            put(tree, 1);
            fixture.writer.freeze(tree, false);
        }
        put(tree, 1);
        fixture.whenFlushIsAsked =
                () -> {
                    fixture.clock.advanceMillis(7);
                    fixture.flushesAtOnce = fixture.flushesAsked.size() > 2;
                };

        fixture.writer.freezeFull(tree);

        assertThat(fixture.frozen(tree)).isEmpty();
        assertThat(fixture.events).hasSize(1);
        assertThat(fixture.events.get(0).toString())
                .contains("counts", "stopped=true")
                .doesNotContain("durationNanos=0");
    }

    @Test
    void writerThatWaitsHearsOfAFailureAndOfTheEnd() throws Exception {
        begin(new WriterFixture(NO_LIMIT, new StallRule(10, 20, 1, 1L << 30, 1L << 31)));
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.whenFlushIsAsked = () -> fixture.upkeep.fail(new IOException("disk"));

        assertThatThrownBy(() -> fixture.writer.freezeFull(tree))
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("disk");
        assertThatThrownBy(() -> fixture.writer.attendWrite())
                .isInstanceOf(StoreFailedException.class);
    }

    @Test
    void closedStoreTakesNoWrites() {
        fixture.upkeep.stop();

        assertThatThrownBy(() -> fixture.writer.attendWrite())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void neighbourThatAsksForMemoryGetsTheLargestTree() throws Exception {
        TreeState small = fixture.tree("small");
        TreeState large = fixture.tree("large");
        put(small, 100);
        put(large, 100_000);

        fixture.writer.requestFlush(1);
        assertThat(fixture.frozen(large)).as("the writer's own thread does it").isEmpty();
        fixture.writer.attend();

        assertThat(fixture.frozen(large)).hasSize(1);
        assertThat(fixture.frozen(small)).isEmpty();
        fixture.writer.attend();
        assertThat(fixture.frozen(small)).as("asked once").isEmpty();
    }

    @Test
    void storeThatHasLessThanIsWorthwhileFreezesNothing() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 100);

        fixture.writer.requestFlush(fixture.writer.openBytes() + 1);
        fixture.writer.attend();

        assertThat(fixture.frozen(tree)).isEmpty();
    }

    @Test
    void whatIsFrozenAlreadyIsFlushedAndNothingElseIsCut() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freeze(tree, false);
        put(tree, 100_000);

        fixture.writer.requestFlush(0);
        fixture.writer.attend();

        assertThat(fixture.flushesAsked).containsExactly("counts");
        assertThat(fixture.frozen(tree)).hasSize(1);
    }

    @Test
    void flushWritesAllThatIsInMemory() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freezeAll();
        put(tree, 1);

        fixture.writer.flush(tree);

        assertThat(fixture.frozen(tree)).isEmpty();
        assertThat(tree.openBytes()).isZero();
        fixture.upkeep.fail(new IOException("disk"));
        assertThatThrownBy(() -> fixture.writer.flush(tree))
                .isInstanceOf(StoreFailedException.class);
    }

    @Test
    void largeEntryIsNewerThanWhatWasBeforeAndOlderThanWhatComesBehind() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 1);
        fixture.writer.freezeAll();
        put(tree, 1);

        fixture.writer.writeLarge(
                tree, key("large"), EntryKind.PUT, LargeValue.of(new Slice(new byte[500])));

        assertThat(fixture.frozen(tree)).as("flushed before it").isEmpty();
        assertThat(fixture.largeWritten).containsExactly("3 PUT large 500");
        put(tree, 1);
        fixture.writer.freeze(tree, false);
        assertThat(fixture.frozen(tree)).containsExactly(4L);
    }

    @Test
    void memorySaysNothingOfAKeyThatALargeEntryHas() throws Exception {
        TreeState tree = fixture.tree("counts");
        fixture.writerOf(tree).put(key("large"), bytes("small"), 0, 5);
        assertThat(fixture.find(tree, "large")).isEqualTo("small");

        fixture.writer.writeLarge(
                tree, key("large"), EntryKind.PUT, LargeValue.of(new Slice(new byte[500])));

        assertThat(fixture.find(tree, "large")).isNull();
    }

    @Test
    void largeEntryThatIsInterruptedInTheFlushBeforeItIsNotWritten() {
        TreeState tree = fixture.tree("counts");
        fixture.isInterruptedInFlush = true;

        assertThatThrownBy(
                        () ->
                                fixture.writer.writeLarge(
                                        tree,
                                        key("large"),
                                        EntryKind.PUT,
                                        LargeValue.of(new Slice(new byte[500]))))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessageContaining("[tree counts] interrupted")
                .hasMessageContaining("bytes=500");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fixture.largeWritten).isEmpty();
    }

    @Test
    void droppedTreeIsNotCountedAnyMore() throws Exception {
        TreeState dropped = fixture.tree("dropped");
        TreeState kept = fixture.tree("kept");
        put(dropped, 100_000);
        put(kept, 100);

        fixture.upkeep.lock().lock();
        try {
            dropped.drop();
            fixture.writer.remove(dropped);
        } finally {
            fixture.upkeep.lock().unlock();
        }
        fixture.writer.forget(dropped);

        assertThat(fixture.writer.openBytes()).isEqualTo(kept.accountedBytes());
        assertThat(fixture.writer.largest()).isSameAs(kept);
        assertThat(fixture.writer.trees()).containsExactly(kept);
    }

    @Test
    void largestOfEmptyTreesIsNone() throws Exception {
        assertThat(fixture.writer.largest()).isNull();
        TreeState tree = fixture.tree("counts");
        assertThat(fixture.writer.largest()).isNull();
        put(tree, 1);
        assertThat(fixture.writer.largest()).isSameAs(tree);
    }

    @Test
    void treeIsAddedOnce() {
        TreeState tree = fixture.tree("counts");
        fixture.upkeep.lock().lock();
        try {
            assertThatThrownBy(() -> fixture.writer.add(tree)).isInstanceOf(AssertionError.class);
        } finally {
            fixture.upkeep.lock().unlock();
        }
        assertThatThrownBy(() -> fixture.writer.remove(tree))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("lock");
    }

    @Test
    void renewedMemoryHasNothingAndOwesNothing() throws Exception {
        TreeState tree = fixture.tree("counts");
        TreeState other = fixture.tree("other");
        put(tree, 50_000);
        put(other, 100);
        fixture.writerOf(tree).put(key("a"), bytes("1"), 0, 1);

        fixture.writer.renewMemory(tree);

        assertThat(fixture.find(tree, "a")).isNull();
        assertThat(tree.openBytes()).isZero();
        assertThat(fixture.writer.openBytes()).isEqualTo(other.accountedBytes());
        assertThat(fixture.slot.tierMemory().dirtyBytes()).isEqualTo(other.accountedBytes());
    }

    @Test
    void memoryOfAnotherKindTakesThePlaceOnceAllIsFlushed() throws Exception {
        TreeState tree = fixture.tree("counts");
        put(tree, 100);
        fixture.writer.freeze(tree, false);
        put(tree, 100);

        tree.setOptions(MAPS);
        fixture.writer.replaceMemory(tree);

        assertThat(fixture.frozen(tree)).isEmpty();
        assertThat(tree.tier().getClass().getSimpleName()).isEqualTo("MapTier");
        put(tree, 100);
        assertThat(fixture.writer.openBytes()).isEqualTo(tree.accountedBytes());
    }

    @Test
    void operandsOfAnotherOperatorAreNotFoldedWithThoseOfBefore() throws Exception {
        TreeState tree = fixture.tree("lists", LISTS);
        fixture.writerOf(tree).merge(key("a"), bytes("1"), 0, 1);

        tree.setOptions(new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(';'), null));
        fixture.writer.replaceOperator(tree);

        assertThat(fixture.frozen(tree)).hasSize(1);
        fixture.writerOf(tree).put(key("b"), bytes("1"), 0, 1);
        fixture.writerOf(tree).merge(key("b"), bytes("2"), 0, 1);
        assertThat(fixture.find(tree, "b")).isEqualTo("1;2");
    }

    @Test
    void negativeSizesAreOurFault() {
        TreeState tree = fixture.tree("counts");

        for (AssertionError failure :
                List.of(
                        fault(() -> fixture.writer.requestFlush(-1)),
                        fault(() -> fixture.writer.grown(tree, -1, 0)),
                        fault(() -> fixture.writer.grown(tree, 0, -1)),
                        fault(() -> fixture.writer.makeRoom(tree, -1, null)))) {
            assertThat(failure).hasMessageContaining("-1");
        }
        // What grew by less than nothing grows back.
        assertThat(fixture.writer.openBytes()).isEqualTo(-1);
    }

    private interface Call {
        void run() throws IOException;
    }

    private static AssertionError fault(Call call) {
        try {
            call.run();
        } catch (AssertionError e) {
            return e;
        } catch (IOException e) {
            throw new AssertionError("not our fault", e);
        }
        throw new IllegalStateException("nothing was found");
    }

    private int number;

    /** Puts entries under new keys that together have about so many bytes. */
    private void put(TreeState tree, int byteCount) throws IOException {
        TreeWriter writer = fixture.writerOf(tree);
        for (int done = 0; done < byteCount; done += 200) {
            writer.put(key("key" + number++), new byte[200], 0, Math.min(200, byteCount));
        }
    }
}
