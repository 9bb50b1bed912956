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
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.check.ReferenceCount;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.LoneSourceCursor;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one tree held at one moment, for scans of ranges: its frozen generations of then and its
 * Version of then, newest first. It may be open for hours, while a savepoint is written to a slow
 * file system: so it holds generations only until they are flushed, and files from then on.
 *
 * <p>Reference counted as {@link ReadView} is: made with one reference, each cursor has another.
 * Safe for any thread.
 */
public final class ScanView {

    private final List<FrozenSource> frozenNewestFirst;
    private final Version version;
    private final Consumer<ScanView> onLastRelease;
    private final ReferenceCount references = new ReferenceCount();

    /**
     * @param frozenNewestFirst owned by the view from here on
     * @param version pinned by the caller for this view
     * @param onLastRelease unpins the version and what the generations became; called once, by
     *     whichever thread releases last, without locks held
     */
    public ScanView(
            List<FrozenSource> frozenNewestFirst,
            Version version,
            Consumer<ScanView> onLastRelease) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    new HashSet<>(frozenNewestFirst).size() == frozenNewestFirst.size(),
                    "a view has a source twice",
                    "sources",
                    frozenNewestFirst.size());
        }
        this.frozenNewestFirst = List.copyOf(frozenNewestFirst);
        this.version = version;
        this.onLastRelease = onLastRelease;
    }

    /** The source that reads the generation; null if none does, or not any more. */
    public @Nullable FrozenSource sourceOf(Generation generation) {
        for (FrozenSource source : frozenNewestFirst) {
            if (source.generations().contains(generation)) {
                return source;
            }
        }
        return null;
    }

    /**
     * How many generations the view reads as one source with this one; 0 if it reads it no more.
     */
    public int readTogether(Generation generation) {
        for (FrozenSource source : frozenNewestFirst) {
            // Asked once: the view may be closed between two questions.
            List<Generation> together = source.generations();
            if (together.contains(generation)) {
                return together.size();
            }
        }
        return 0;
    }

    /** The files that were there when the view was opened. */
    public Version version() {
        return version;
    }

    /**
     * The live entries in the range, past the block cache: what a scan reads is not wanted again
     * soon. The cursor holds a reference of its own.
     */
    public EntryCursor scan(KeyRange range, @Nullable MergeOperator operator) throws IOException {
        List<EntryCursor> sources = new ArrayList<>();
        try {
            for (FrozenSource frozen : frozenNewestFirst) {
                addUnlessNull(frozen.cursor(range), sources);
            }
            for (SortedRun run : version.runs()) {
                addUnlessNull(cursor(run, range), sources);
            }
            return open(sources, operator);
        } catch (Throwable failure) {
            Cleanup.undo(failure, sources);
            throw failure;
        }
    }

    private EntryCursor open(List<EntryCursor> sources, @Nullable MergeOperator operator)
            throws IOException {
        if (!references.tryRetain()) {
            throw new AssertionError("a scan of a released view");
        }
        try {
            return new ScanCursor(this::release, visible(sources, operator));
        } catch (Throwable failure) {
            Cleanup.undo(failure, this::release);
            throw failure;
        }
    }

    private static void addUnlessNull(@Nullable EntryCursor cursor, List<EntryCursor> cursors) {
        if (cursor != null) {
            cursors.add(cursor);
        }
    }

    /** The entries of the run in the range; null if there cannot be any. */
    static @Nullable EntryCursor cursor(SortedRun run, KeyRange range) throws IOException {
        List<Sstable> overlapping = run.overlapping(range);
        if (overlapping.isEmpty()) {
            return null;
        }
        return overlapping.size() == 1
                ? overlapping.get(0).cursor(range, false)
                : new RunCursor(overlapping, range, false);
    }

    /** What a reader sees of the sources. */
    static EntryCursor visible(List<EntryCursor> newestFirst, @Nullable MergeOperator operator) {
        return newestFirst.size() == 1
                ? new LoneSourceCursor(newestFirst.get(0))
                : CollapsingCursor.live(newestFirst, operator);
    }

    /** The smallest key above the given one. */
    static OwnedSlice justAbove(OwnedSlice key) {
        return OwnedSlice.wrap(Arrays.copyOf(key.bytesUnsafe(), key.length() + 1));
    }

    public void release() {
        if (references.release("view of a scan") == 0) {
            frozenNewestFirst.forEach(FrozenSource::release);
            onLastRelease.accept(this);
        }
    }
}
