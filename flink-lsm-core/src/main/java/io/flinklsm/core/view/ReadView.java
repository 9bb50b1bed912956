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
package io.flinklsm.core.view;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.check.ReferenceCount;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.PrefixCopy;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.SortedLookups;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that a get or a read of one prefix asks at one moment, newest first: level 0, level 1,
 * ... What a tree's {@link io.flinklsm.core.memtable.HotTier} holds is read beside it. Scans of
 * ranges go through a {@link ScanView}.
 *
 * <p>Reference counted: made with one reference (the tree's, while the view is current); readers
 * retain it for the time of a get or a scan. The last release gives the Version back. Safe for any
 * thread.
 */
public final class ReadView {

    private final Version version;
    private final Runnable onLastRelease;
    private final ReferenceCount references = new ReferenceCount();

    /**
     * @param version pinned by the caller for this view
     * @param onLastRelease unpins the version; called once, by the thread that releases last,
     *     without locks held
     */
    public ReadView(Version version, Runnable onLastRelease) {
        this.version = version;
        this.onLastRelease = onLastRelease;
    }

    /** Offers the key's entries to the lookup, newest first, until it is done. */
    public void get(KeyBuffer key, Lookup lookup) throws IOException {
        if (Invariants.ENABLED) {
            Invariants.check(
                    references.count() > 0,
                    "a view is read that was released",
                    "keyBytes",
                    key.length());
        }
        version.get(key, lookup);
    }

    /**
     * The same for many keys, which go through the files together. A key whose files cannot be read
     * has failed afterwards, and no other one.
     */
    public void get(SortedLookups lookups) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    references.count() > 0,
                    "a view is read that was released",
                    "keys",
                    lookups.openCount());
        }
        version.get(lookups);
    }

    /** Whether all files are on this machine, so that their readers wait for no other one. */
    public boolean answersAtOnce() {
        return version.answersAtOnce();
    }

    /**
     * The live entries with the prefix, those at or below {@code after} left out if it is not null:
     * of the files, and of what is in memory, up to the key at which that was cut.
     *
     * @param inMemory what is newer than all files
     */
    public EntryCursor scanPrefix(KeyBuffer prefix, @Nullable KeyBuffer after, PrefixCopy inMemory)
            throws IOException {
        List<EntryCursor> sources = new ArrayList<>();
        try {
            sources.add(inMemory);
            if (!inMemory.isComplete()) {
                KeyRange range = rangeOf(prefix, after);
                OwnedSlice last = inMemory.cutBehind();
                if (Invariants.ENABLED) {
                    Invariants.check(
                            last == null || new Slice().setOwned(last).startsWith(prefix.slice()),
                            "a copy of memory was cut behind a key with another prefix",
                            "prefixBytes",
                            prefix.length());
                }
                addFilesWithPrefix(
                        prefix,
                        last == null
                                ? range
                                : range.intersect(
                                        new KeyRange(OwnedSlice.EMPTY, ScanView.justAbove(last))),
                        sources);
            }
            return open(sources);
        } catch (Throwable failure) {
            Cleanup.undo(failure, sources);
            throw failure;
        }
    }

    /**
     * Whether the files may have entries with the prefix, tombstones included, by their filters.
     */
    public boolean mayHavePrefix(KeyBuffer prefix) throws IOException {
        if (Invariants.ENABLED) {
            Invariants.check(
                    references.count() > 0,
                    "a view is asked that was released",
                    "prefixBytes",
                    prefix.length());
        }
        List<SortedRun> runs = version.runs();
        for (int i = 0; i < runs.size(); i++) {
            if (runs.get(i).mayHavePrefix(prefix)) {
                return true;
            }
        }
        return false;
    }

    /** The keys with the prefix, those above {@code after} if it is not null. */
    public static KeyRange rangeOf(KeyBuffer prefix, @Nullable KeyBuffer after) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    after == null || after.slice().startsWith(prefix.slice()),
                    "a page begins behind a key with another prefix",
                    "prefixBytes",
                    prefix.length());
        }
        KeyRange range = KeyRange.ofPrefix(prefix.toOwned());
        return after == null
                ? range
                : range.intersect(new KeyRange(ScanView.justAbove(after.toOwned()), null));
    }

    /** Most files have nothing of the map: their filters keep them out of the merge. */
    private void addFilesWithPrefix(KeyBuffer prefix, KeyRange range, List<EntryCursor> sources)
            throws IOException {
        for (SortedRun run : version.runs()) {
            List<Sstable> overlapping = run.overlapping(range);
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

    private EntryCursor open(List<EntryCursor> sources) throws IOException {
        if (!tryRetain()) {
            throw new AssertionError("a scan of a released view");
        }
        try {
            return new ScanCursor(this::release, ScanView.visible(sources, null));
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
        return references.tryRetain();
    }

    public void release() {
        if (references.release("view") == 0) {
            onLastRelease.run();
        }
    }
}
