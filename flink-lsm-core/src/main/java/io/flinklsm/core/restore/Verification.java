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
package io.flinklsm.core.restore;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.slot.BackgroundWork;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * Checks the tails of restored SSTables in the background, one after another, so that damage is
 * found soon and not when a key is first asked for. Damage stops the store, as a failed flush does.
 */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class Verification {

    private final Upkeep upkeep;
    private final StoreLock lock;
    private final BackgroundWork background;
    private final OpenSstables openSstables;
    private final ObsoleteFiles obsoleteFiles;

    @GuardedBy("lock")
    private final Deque<SstableMeta> unverified;

    /**
     * @param restored what is to be checked
     */
    public Verification(
            Upkeep upkeep,
            BackgroundWork background,
            StoreFiles files,
            Collection<SstableMeta> restored) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.background = background;
        this.openSstables = files.openSstables();
        this.obsoleteFiles = files.obsoleteFiles();
        this.unverified = new ArrayDeque<>(restored);
    }

    /** Checks the next one in the background, and then the ones behind it. Needs the lock. */
    public void schedule() {
        lock.checkHeld();
        // Those that no Version lists any more a compaction has read.
        unverified.removeIf(sstable -> !obsoleteFiles.isPinned(sstable.fileName()));
        SstableMeta next = unverified.poll();
        if (next != null && !upkeep.isStopped() && !upkeep.hasFailed()) {
            obsoleteFiles.pin(List.of(next));
            if (!upkeep.begin(background::compaction, () -> verify(next))) {
                obsoleteFiles.unpin(List.of(next));
            }
        }
    }

    private void verify(SstableMeta sstable) {
        try {
            openSstables.verifyUnlessOpen(sstable);
        } catch (IOException | RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            lock.lock();
            try {
                obsoleteFiles.unpin(List.of(sstable));
                upkeep.scheduleDeletion();
                schedule();
            } finally {
                upkeep.end();
                lock.unlock();
            }
        }
    }
}
