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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Every source of one tree at one moment, newest first: active memtable, frozen memtables, level 0,
 * level 1, ... The set is immutable; the active memtable's content is not. A run of level 0 is read
 * from the memtable that it was, as long as that is in memory. Scans of ranges, which may take
 * long, go through a {@link ScanView}, which does not keep the memory from those who want it.
 *
 * <p>Reference counted: made with one reference (the tree's, while the view is current); readers
 * retain it for the time of a get or a scan. The last release gives the memtables and the Version
 * back. Safe for any thread.
 */
public final class ReadView {

    private final @Nullable Memtable active;
    private final Memtable[] frozenNewestFirst;
    private final Version version;

    /** The first runs' memtables, in the order of the runs; null where a run has none. */
    private final @Nullable Memtable[] flushed;

    private final Runnable onLastRelease;
    private final AtomicInteger references = new AtomicInteger(1);

    /**
     * Retains the memtables, but for those that were flushed.
     *
     * @param active null for a stable view
     * @param flushed some of the Version's runs, in any order
     * @param version pinned by the caller for this view
     * @param onLastRelease unpins the version; called once, by whichever thread releases last,
     *     without locks held
     */
    public ReadView(
            @Nullable Memtable active,
            List<Memtable> frozenNewestFirst,
            List<FlushedMemtable> flushed,
            Version version,
            Runnable onLastRelease) {
        this.active = active;
        this.frozenNewestFirst = frozenNewestFirst.toArray(Memtable[]::new);
        this.version = version;
        this.flushed = byRun(flushed, version);
        this.onLastRelease = onLastRelease;
        List<Memtable> retained = new ArrayList<>();
        try {
            if (active != null) {
                retained.add(retain(active));
            }
            for (Memtable memtable : this.frozenNewestFirst) {
                retained.add(retain(memtable));
            }
        } catch (Throwable failure) {
            retained.forEach(memtable -> Cleanup.undo(failure, memtable::release));
            throw failure;
        }
    }

    private static @Nullable Memtable[] byRun(List<FlushedMemtable> flushed, Version version) {
        @Nullable Memtable[] memtables =
                new @Nullable Memtable[flushed.isEmpty() ? 0 : version.level0Runs()];
        for (int i = 0; i < memtables.length; i++) {
            for (FlushedMemtable memtable : flushed) {
                if (memtable.became(version.runs().get(i))) {
                    memtables[i] = memtable.memtable();
                }
            }
        }
        return memtables;
    }

    /** The memtable that the run was, with a reference for the caller; null if it is gone. */
    private @Nullable Memtable retainFlushed(int run) {
        Memtable memtable = run < flushed.length ? flushed[run] : null;
        return memtable != null && memtable.tryRetain() ? memtable : null;
    }

    private static Memtable retain(Memtable memtable) {
        if (!memtable.tryRetain()) {
            throw new AssertionError("a view was made of a released memtable");
        }
        return memtable;
    }

    /** Offers the key's entries to the lookup, newest first, until it is done. */
    public void get(KeyBuffer key, Lookup lookup) throws IOException {
        if (active != null && active.get(key, lookup)) {
            return;
        }
        for (Memtable memtable : frozenNewestFirst) {
            if (memtable.get(key, lookup)) {
                return;
            }
        }
        if (flushed.length == 0) {
            version.get(key, lookup);
        } else {
            getFromRuns(key, lookup);
        }
    }

    private void getFromRuns(KeyBuffer key, Lookup lookup) throws IOException {
        List<SortedRun> runs = version.runs();
        for (int i = 0; i < runs.size(); i++) {
            Memtable memtable = retainFlushed(i);
            if (memtable == null
                    ? runs.get(i).get(key, lookup)
                    : getAndRelease(memtable, key, lookup)) {
                return;
            }
        }
    }

    private static boolean getAndRelease(Memtable memtable, KeyBuffer key, Lookup lookup) {
        try {
            return memtable.get(key, lookup);
        } finally {
            memtable.release();
        }
    }

    /**
     * The live entries with the prefix, those at or below {@code after} left out if it is not null;
     * for views whose active memtable iterates prefixes. A value is borrowed until the next move,
     * and until the next write to the tree.
     */
    public EntryCursor scanPrefix(
            KeyBuffer prefix, @Nullable KeyBuffer after, @Nullable MergeOperator operator)
            throws IOException {
        OwnedSlice from = after == null ? null : ScanView.justAbove(after.slice());
        Memtable only = onlyMemtable();
        if (only != null) {
            return only.livePrefixCursor(prefix, from);
        }
        KeyRange range = KeyRange.ofPrefix(prefix.toOwned());
        if (from != null) {
            range = range.intersect(new KeyRange(from, null));
        }
        List<EntryCursor> sources = new ArrayList<>();
        try {
            if (active != null && active.entryCount() > 0) {
                sources.add(active.prefixCursor(prefix, from));
            }
            for (Memtable memtable : frozenNewestFirst) {
                // By prefix, not by range: a range would have the whole memtable sorted here.
                sources.add(memtable.prefixCursor(prefix, from));
            }
            addFilesWithPrefix(prefix, from, range, sources);
            return open(sources, operator);
        } catch (Throwable failure) {
            Cleanup.undo(failure, sources);
            throw failure;
        }
    }

    /** The memtable that is the only source; null if there are more sources. */
    private @Nullable Memtable onlyMemtable() {
        return frozenNewestFirst.length == 0 && version.isEmpty() ? active : null;
    }

    /** Whether the active memtable is the only source: then its word on a key is the last one. */
    public boolean isActiveOnly() {
        return onlyMemtable() != null;
    }

    /** Most files have nothing of the map: their filters keep them out of the merge. */
    private void addFilesWithPrefix(
            KeyBuffer prefix, @Nullable OwnedSlice from, KeyRange range, List<EntryCursor> sources)
            throws IOException {
        for (int i = 0; i < version.runs().size(); i++) {
            Memtable memtable = retainFlushed(i);
            if (memtable != null) {
                try {
                    sources.add(memtable.prefixCursor(prefix, from));
                } finally {
                    memtable.release();
                }
                continue;
            }
            List<Sstable> overlapping = version.runs().get(i).overlapping(range);
            if (overlapping.size() == 1) {
                EntryCursor cursor = overlapping.get(0).prefixCursor(prefix, range);
                if (cursor != null) {
                    sources.add(cursor);
                }
            } else if (!overlapping.isEmpty()) {
                sources.add(new RunCursor(overlapping, range, true));
            }
        }
    }

    private EntryCursor open(List<EntryCursor> sources, @Nullable MergeOperator operator)
            throws IOException {
        if (!tryRetain()) {
            throw new AssertionError("a scan of a released view");
        }
        try {
            return new ScanCursor(this::release, ScanView.visible(sources, operator));
        } catch (Throwable failure) {
            Cleanup.undo(failure, this::release);
            throw failure;
        }
    }

    /**
     * Takes a reference; false if the last one was released already: take the tree's newer view
     * then.
     */
    public boolean tryRetain() {
        int count;
        do {
            count = references.get();
            if (count == 0) {
                return false;
            }
        } while (!references.compareAndSet(count, count + 1));
        return true;
    }

    public void release() {
        int left = references.decrementAndGet();
        Invariants.check(left >= 0, "a view was released more often than retained");
        if (left == 0) {
            try {
                if (active != null) {
                    active.release();
                }
                for (Memtable memtable : frozenNewestFirst) {
                    memtable.release();
                }
            } finally {
                onLastRelease.run();
            }
        }
    }
}
