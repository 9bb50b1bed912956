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
package io.flinklsm.core;

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.version.ObsoleteFiles;
import java.io.IOException;
import java.util.List;

/** Deletes the files of one store that nobody needs any more, in the background. */
final class Deletions {

    private final Upkeep upkeep;
    private final ObsoleteFiles obsoleteFiles;

    // Guarded by the lock of Upkeep.
    private boolean scheduled;

    Deletions(Upkeep upkeep, ObsoleteFiles obsoleteFiles) {
        this.upkeep = upkeep;
        this.obsoleteFiles = obsoleteFiles;
    }

    /** Needs the lock. */
    void schedule() {
        if (!scheduled && obsoleteFiles.hasDeletable() && !upkeep.isStopped()) {
            scheduled = upkeep.begin(upkeep.resources.background()::flush, this::run);
        }
    }

    private void run() {
        try {
            delete(take());
        } catch (RuntimeException | Error e) {
            upkeep.fail(e);
        } finally {
            upkeep.lock.lock();
            try {
                upkeep.end();
            } finally {
                upkeep.lock.unlock();
            }
        }
    }

    private List<String> take() {
        upkeep.lock.lock();
        try {
            scheduled = false;
            return obsoleteFiles.takeDeletable();
        } finally {
            upkeep.lock.unlock();
        }
    }

    private void delete(List<String> names) {
        for (String name : names) {
            upkeep.openSstables.forget(name);
            try {
                upkeep.storage.delete(name);
            } catch (IOException | RuntimeException e) {
                // The file is only garbage: it is tried again with the next ones.
                upkeep.lock.lock();
                try {
                    obsoleteFiles.deleteFailed(name);
                } finally {
                    upkeep.lock.unlock();
                }
                upkeep.report(new LsmEvent.FileDeleteFailed(upkeep.storage.describe(name), e));
            }
        }
    }
}
