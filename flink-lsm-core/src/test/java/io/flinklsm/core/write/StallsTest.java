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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.Paths;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionSet;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rests of a writer, of a tree that is far behind with its compactions. Time stands still. */
final class StallsTest {

    private static final StallRule SLOW_FROM_THE_START = new StallRule(1, 2, 1, 1, 2);

    /** Nothing is done here, and much is due. */
    private static final class Behind implements Paths {

        @Override
        public void scheduleFlush(TreeState tree) {}

        @Override
        public void scheduleCompaction(TreeState tree) {}

        @Override
        public void scheduleDeletion() {}

        @Override
        public long compactionDebtBytes(TreeState tree) {
            return 2;
        }

        @Override
        public void flushThrough(TreeState tree, BooleanSupplier isFlushed) {
            throw new AssertionError("a rest needs no flush");
        }

        @Override
        public void writeLarge(
                TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value) {
            throw new AssertionError("a rest writes nothing");
        }
    }

    private final Slot slot = new Slot("stalls", 2 << 20, 1, new ManualClock());
    private final Upkeep upkeep = new Upkeep();
    private final OpenSstables openSstables =
            new OpenSstables(new InMemoryStorage(), slot.cacheBudget(), slot.blockCache(), 10);
    private TreeState tree;

    @BeforeEach
    void open() {
        upkeep.connect(new Behind());
        ObsoleteFiles files = new ObsoleteFiles();
        upkeep.lock().lock();
        try {
            tree =
                    new TreeState(
                            "counts",
                            TreeOptions.DEFAULTS,
                            new VersionSet("counts", openSstables, files, Version.EMPTY),
                            new EntryTier(slot.tierMemory(), 1, null, true, 0),
                            upkeep,
                            files,
                            slot.tierMemory(),
                            false);
        } finally {
            upkeep.lock().unlock();
        }
    }

    @AfterEach
    void close() throws IOException {
        tree.close();
        openSstables.close();
        slot.close();
    }

    @Test
    void restThatIsCutShortIsStillOwed() {
        Stalls stalls =
                new Stalls(upkeep, slot, SLOW_FROM_THE_START, new FlushPace(slot.tierMemory()));
        stalls.owe(tree, 1 << 20);
        assertThat(stalls.isOwing()).isTrue();

        Thread.currentThread().interrupt();
        try {
            for (int i = 0; i < 2000; i++) {
                stalls.pay();
            }
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(stalls.isOwing()).isTrue();
    }

    @Test
    void writerThatIsNotBehindOwesNothing() {
        StallRule neverSlow = new StallRule(1, 2, 1, 1 << 20, 1 << 21);
        Stalls stalls = new Stalls(upkeep, slot, neverSlow, new FlushPace(slot.tierMemory()));

        stalls.owe(tree, 1 << 20);

        assertThat(stalls.isOwing()).isFalse();
    }
}
