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
package io.flinklsm.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.testing.LsmPicture;
import io.flinklsm.core.testing.ManualClock;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files that no reader needs any more go in the background, and only those. */
@Timeout(60)
final class DeletionsTest {

    private final InMemoryStorage disk = new InMemoryStorage();
    private final HostileStorage storage = new HostileStorage(disk);
    private final Slot slot = new Slot("deletions", 2 << 20, 1, new ManualClock());
    private final Upkeep upkeep = new Upkeep();
    private final ObsoleteFiles obsolete = new ObsoleteFiles();
    private final OpenSstables openSstables =
            new OpenSstables(storage, slot.cacheBudget(), slot.blockCache(), 10);
    private final Deletions deletions =
            new Deletions(
                    upkeep,
                    slot.background(),
                    new StoreFiles(
                            storage,
                            openSstables,
                            obsolete,
                            new SstableOptions(512, 16, 16 << 10, 10, SstableCodec.LZ4_RAW, 0),
                            Map.of(),
                            1 << 20));
    private final List<LsmEvent> events = new CopyOnWriteArrayList<>();
    private final List<SstableMeta> files = LsmPicture.metas("L0 a#2 b#1");

    @BeforeEach
    void open() {
        upkeep.setListener(events::add);
        for (SstableMeta file : files) {
            disk.put(file.fileName(), new byte[1]);
        }
    }

    @AfterEach
    void close() {
        upkeep.stop();
        openSstables.close();
        slot.close();
    }

    @Test
    void fileThatIsPinnedStaysAndGoesWithItsLastPin() throws Exception {
        obsolete.pin(files);
        obsolete.unpin(files.subList(0, 1));
        deleteAndWait();
        assertThat(disk.list()).containsExactly("b#1");

        obsolete.unpin(files.subList(1, 2));
        deleteAndWait();
        assertThat(disk.list()).isEmpty();
        assertThat(events).isEmpty();
    }

    @Test
    void nothingIsDoneIfNothingIsObsolete() throws Exception {
        obsolete.pin(files);

        deleteAndWait();

        assertThat(storage.calls()).isZero();
        obsolete.unpin(files);
    }

    @Test
    void fileThatCannotBeDeletedIsToldAndTriedAgain() throws Exception {
        obsolete.created(files);
        storage.failAll(HostileStorage.Call.DELETE, true);
        deleteAndWait();

        assertThat(disk.list()).hasSize(2);
        assertThat(events).hasSize(2).allMatch(LsmEvent.FileDeleteFailed.class::isInstance);
        assertThat(upkeep.hasFailed()).as("garbage fails no store").isFalse();

        storage.failAll(HostileStorage.Call.DELETE, false);
        deleteAndWait();
        assertThat(disk.list()).isEmpty();
        assertThat(events).hasSize(2);
    }

    @Test
    void oneFileThatCannotBeDeletedKeepsNoOther() throws Exception {
        obsolete.created(files);
        storage.failCall(1);

        deleteAndWait();

        assertThat(disk.list()).containsExactly("a#2");
        assertThat(events).hasSize(1);
    }

    @Test
    void stoppedStoreDeletesNothingMore() throws Exception {
        obsolete.created(files);
        upkeep.stop();

        deleteAndWait();

        assertThat(disk.list()).hasSize(2);
    }

    /** As often as it is asked for, and until no task runs. */
    private void deleteAndWait() throws InterruptedException {
        upkeep.lock().lock();
        try {
            deletions.schedule();
            deletions.schedule();
        } finally {
            upkeep.lock().unlock();
        }
        awaitFlushThread();
    }

    /** What is handed to the one thread of flushes behind the deletion runs after it. */
    private void awaitFlushThread() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        slot.background().flush(done::countDown);
        done.await();
    }
}
