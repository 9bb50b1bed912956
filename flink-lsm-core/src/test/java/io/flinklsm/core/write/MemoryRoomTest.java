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

import static io.flinklsm.core.write.WriterFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.errors.StoreFailedException;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.slot.Neighbour;
import io.flinklsm.core.tree.TreeState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where a writer finds memory when there is none: clean entries, a flush, its neighbours. */
@Timeout(60)
final class MemoryRoomTest {

    private static final byte[] VALUE = new byte[500];

    private WriterFixture fixture = new WriterFixture(1L << 40);
    private TreeState tree = fixture.tree("counts");
    private TreeWriter writer = fixture.writerOf(tree);
    private final List<Long> neighbourAsked = new ArrayList<>();
    private final Neighbour neighbour = neighbourAsked::add;
    private long takenBytes;
    private int number;

    @AfterEach
    void close() {
        fixture.slot.tierBudget().unreserve(takenBytes);
        fixture.close();
    }

    @Test
    void writerGoesOnForEverIfFlushesFollow() throws Exception {
        fixture.flushesAtOnce = true;

        put(8 * WriterFixture.SLOT_BYTES);

        assertThat(fixture.find(tree, "key" + (number - 1))).hasSize(VALUE.length);
        assertThat(fixture.slot.memory().usedBytes())
                .isLessThanOrEqualTo(fixture.slot.memory().limitBytes());
    }

    @Test
    void cleanEntriesGiveWayBeforeAnythingIsFrozen() throws Exception {
        while (fixture.slot.tierMemory().cleanBytes() < WriterFixture.SLOT_BYTES / 4) {
            put(10_000);
            fixture.writer.flush(tree);
        }
        takeAllTierMemory();
        fixture.flushesAsked.clear();
        long before = fixture.slot.tierMemory().cleanBytes();

        put(1);

        assertThat(fixture.slot.tierMemory().cleanBytes()).isLessThan(before);
        assertThat(fixture.flushesAsked).isEmpty();
        assertThat(fixture.frozen(tree)).isEmpty();
    }

    /** Each gives way before a write, which waits for that. */
    @Test
    void hardlyMoreGivesWayAtATimeThanAWriteNeeds() throws Exception {
        fixture.close();
        fixture = new WriterFixture(1L << 40, WriterFixture.NEVER_SLOW, 64 << 20);
        tree = fixture.tree("counts");
        writer = fixture.writerOf(tree);
        put(4 << 20);
        fixture.writer.flush(tree);
        takeAllTierMemory();
        int segmentBytes = fixture.slot.tierMemory().segmentBytes();
        long before = fixture.slot.tierMemory().cleanBytes();
        long least = before;

        for (int i = 0; i < 2_000; i++) {
            put(1);
            long after = fixture.slot.tierMemory().cleanBytes();
            assertThat(least - after).isLessThanOrEqualTo(2L * segmentBytes);
            least = after;
        }

        assertThat(least).isLessThan(before);
    }

    @Test
    void writerThatGetsNothingGivesUpAfterAMinuteAndSaysHowMuchThereIs() {
        takeAllTierMemory();
        fixture.whenFlushIsAsked = () -> fixture.clock.advanceMillis(20_000);

        assertThatThrownBy(() -> put(1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("[tree counts] no memory for an entry: entryBytes=")
                .hasMessageContaining("waitedMillis=60000")
                .hasMessageContaining("limitBytes=" + WriterFixture.SLOT_BYTES);
        assertThat(tree.openEntryCount()).isZero();
    }

    @Test
    void entryThatNeverFitsIsRefusedAtOnce() {
        long tooLarge = fixture.slot.tierBudget().limitBytes() + 1;

        assertThatThrownBy(() -> fixture.writer.makeRoom(tree, tooLarge, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("waitedMillis=0");
    }

    @Test
    void writerThatWaitsGoesOnWhenMemoryComesBack() throws Exception {
        takeAllTierMemory();
        fixture.whenFlushIsAsked =
                () -> {
                    if (fixture.flushesAsked.size() == 3) {
                        giveBack(200_000);
                    }
                };

        put(1);

        assertThat(tree.openEntryCount()).isEqualTo(1);
        assertThat(fixture.events).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void neighboursAreAskedAtOnceAndAgainAfterAWhile() throws Exception {
        fixture.slot.register(neighbour);
        takeAllTierMemory();
        MemoryWait wait = fixture.writer.makeRoom(tree, 100, null);
        assertThat(neighbourAsked).hasSize(1);
        assertThat(neighbourAsked.get(0)).as("what is worth a file").isPositive();

        wait = fixture.writer.makeRoom(tree, 100, wait);
        assertThat(neighbourAsked).as("no time has passed").hasSize(1);

        fixture.clock.advanceMillis(MemoryWait.ASK_AGAIN_MILLIS);
        wait = fixture.writer.makeRoom(tree, 100, wait);
        assertThat(neighbourAsked).hasSize(2);

        fixture.clock.advanceMillis(MemoryWait.PATIENCE_MILLIS);
        fixture.writer.makeRoom(tree, 100, wait);
        assertThat(neighbourAsked).hasSize(3);
        assertThat(neighbourAsked.get(2)).as("any little helps by now").isZero();
        fixture.slot.unregister(neighbour);
    }

    @Test
    void smallGenerationsAreNotCutBeforeTheWriterHasBeenPatient() throws Exception {
        put(1000);
        takeAllTierMemory();
        MemoryWait wait = fixture.writer.makeRoom(tree, 100, null);
        assertThat(fixture.frozen(tree)).isEmpty();

        fixture.clock.advanceMillis(MemoryWait.PATIENCE_MILLIS);
        fixture.writer.makeRoom(tree, 100, wait);

        assertThat(fixture.frozen(tree)).hasSize(1);
    }

    @Test
    void entryAsLargeAsWhatIsWorthAFileIsNotPatient() throws Exception {
        put(1000);
        takeAllTierMemory();
        long large = fixture.slot.memtableShareBytes();

        fixture.writer.makeRoom(tree, large / 2, null);

        assertThat(fixture.frozen(tree)).hasSize(1);
    }

    @Test
    void nothingMoreIsFrozenWhileAFlushIsToCome() throws Exception {
        TreeState other = fixture.tree("other");
        fixture.writerOf(other).put(key("a"), VALUE, 0, VALUE.length);
        fixture.writer.freeze(other, false);
        put(100_000);
        takeAllTierMemory();

        fixture.writer.makeRoom(tree, 100_000, null);

        assertThat(fixture.frozen(tree)).isEmpty();
        assertThat(fixture.flushesAsked).contains("other");
    }

    @Test
    void failureEndsTheWait() {
        takeAllTierMemory();
        fixture.whenFlushIsAsked = () -> fixture.upkeep.fail(new IOException("disk"));

        assertThatThrownBy(() -> put(1))
                .isInstanceOf(StoreFailedException.class)
                .hasMessageContaining("disk");
    }

    @Test
    void interruptEndsTheWaitAndIsKept() {
        takeAllTierMemory();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> put(1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("interrupted while writes were stalled");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void deleteNeedsMemoryAsAPutDoes() throws Exception {
        // Now files may have the key: only a tombstone can hide it.
        fixture.writer.writeLarge(
                tree, key("large"), EntryKind.PUT, LargeValue.of(new Slice(VALUE)));
        takeAllTierMemory();
        fixture.whenFlushIsAsked = () -> giveBack(Math.min(takenBytes, 200_000));

        writer.delete(key("a"));

        assertThat(tree.openEntryCount()).isEqualTo(1);
    }

    private void put(int byteCount) throws IOException {
        for (int done = 0; done < byteCount; done += VALUE.length) {
            writer.put(key("key" + number++), VALUE, 0, VALUE.length);
        }
    }

    /** All that is free; what is clean stays. */
    private void takeAllTierMemory() {
        MemoryBudget budget = fixture.slot.tierBudget();
        for (long bytes = 1 << 20; bytes > 0; bytes /= 2) {
            while (budget.tryReserveFree(bytes)) {
                takenBytes += bytes;
            }
        }
    }

    private void giveBack(long bytes) {
        fixture.slot.tierBudget().unreserve(bytes);
        takenBytes -= bytes;
    }
}
