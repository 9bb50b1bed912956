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
package io.flinklsm.core.tree;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The lookups of one tree: what a key has in all sources, for a caller that needs more than its
 * value. Safe for any thread.
 */
public final class Lookups {

    private final TreeState tree;

    // Taken by one reader at a time; others make their own.
    private final AtomicReference<@Nullable Lookup> spare = new AtomicReference<>(new Lookup());

    public Lookups(TreeState tree) {
        this.tree = tree;
    }

    /** A lookup for the caller, which starts and ends it, and gives it back. */
    public Lookup take() {
        Lookup lookup = spare.getAndSet(null);
        return lookup == null ? new Lookup() : lookup;
    }

    /** The lookup was ended. */
    public void giveBack(Lookup lookup) {
        spare.setRelease(lookup);
    }

    /** Ends the lookup, and releases what it read. */
    public void giveBack(Lookup lookup, ReadView pinned) {
        lookup.end();
        pinned.release();
        spare.setRelease(lookup);
    }

    /**
     * Offers what the key has in all sources to a lookup that was started.
     *
     * @return what it was read from, pinned; released by {@link #giveBack(Lookup, ReadView)}
     */
    public ReadView gather(KeyBuffer key, Lookup lookup) throws IOException {
        HotTier hot = tree.tier();
        ReadView pinned;
        boolean needsFiles;
        hot.lock();
        try {
            needsFiles = hot.gather(key, lookup);
            pinned = tree.pinView();
        } finally {
            hot.unlock();
        }
        try {
            if (needsFiles) {
                pinned.get(key, lookup);
            }
            return pinned;
        } catch (Throwable failure) {
            Cleanup.undo(failure, lookup::end, pinned::release);
            throw failure;
        }
    }
}
