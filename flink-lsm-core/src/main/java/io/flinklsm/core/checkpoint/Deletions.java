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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.slot.BackgroundWork;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import java.io.IOException;
import java.util.List;

/** Deletes the files of one store that no Version, view, checkpoint or manifest needs any more. */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class Deletions {

    // Immutable.
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final BackgroundWork background;
    private final Storage storage;
    private final OpenSstables openSstables;
    private final ObsoleteFiles obsoleteFiles;

    @GuardedBy("lock")
    private boolean scheduled;

    public Deletions(Upkeep upkeep, BackgroundWork background, StoreFiles files) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.background = background;
        this.storage = files.storage();
        this.openSstables = files.openSstables();
        this.obsoleteFiles = files.obsoleteFiles();
    }

    /** Deletes in the background what has become obsolete. Needs the lock. */
    public void schedule() {
        lock.checkHeld();
        if (!scheduled && obsoleteFiles.hasDeletable() && !upkeep.isStopped()) {
            scheduled = upkeep.begin(background::flush, this::run);
        }
    }

    private void run() {
        try {
            delete(take());
        } catch (RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            lock.lock();
            try {
                upkeep.end();
            } finally {
                lock.unlock();
            }
        }
    }

    private List<String> take() {
        lock.lock();
        try {
            lock.checkHeld();
            Invariants.check(scheduled, "files are deleted by a task that was not scheduled");
            scheduled = false;
            return obsoleteFiles.takeDeletable();
        } finally {
            lock.unlock();
        }
    }

    private void delete(List<String> names) {
        for (String name : names) {
            openSstables.forget(name);
            try {
                storage.delete(name);
            } catch (IOException | RuntimeException e) {
                // The file is only garbage: it is tried again with the next ones.
                lock.lock();
                try {
                    obsoleteFiles.deleteFailed(name);
                } finally {
                    lock.unlock();
                }
                upkeep.report(new LsmEvent.FileDeleteFailed(storage.describe(name), e));
            }
        }
    }
}
