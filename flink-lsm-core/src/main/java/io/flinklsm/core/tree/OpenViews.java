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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ScanView;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The open {@link ScanView}s of one tree, and what they ask of its flushes: a view lets go of its
 * generations when they are flushed, so the files must hold what the generations held for it.
 *
 * <ul>
 *   <li>What a view reads as one source is flushed by itself. With a younger generation in the same
 *       file, the view would see what was written after it was opened.
 *   <li>A flush drops no tombstone while a view has files: the tombstone may hide an entry there,
 *       although compactions have taken it out of the tree since.
 * </ul>
 *
 * <pre>
 * frozen m9 m8 m7, a view has m8 m7     flushes m7, then m8, then m9 and what is frozen by then
 * m8 m7 being flushed, a view opens     the view reads m8 m7 as one source
 * </pre>
 *
 * <p>Needs the store's lock for everything.
 */
final class OpenViews {

    /** With the files that the views' generations became, pinned for them. */
    private final Map<ScanView, List<SstableMeta>> flushed = new IdentityHashMap<>();

    /**
     * The sources for a new view of the tree's frozen generations.
     *
     * @param queue oldest first
     * @param operator folds operands; null if the tree takes none
     * @param flushing what is being flushed now; null if nothing is
     * @return newest first
     */
    List<FrozenSource> sources(
            List<FrozenGeneration> queue,
            @Nullable MergeOperator operator,
            @Nullable FlushPlan flushing) {
        List<FrozenSource> sources = new ArrayList<>();
        int at = 0;
        while (at < queue.size()) {
            FrozenGeneration oldest = queue.get(at);
            int count =
                    flushing != null && flushing.oldestFirst().contains(oldest)
                            ? flushing.oldestFirst().size()
                            : Math.max(1, viewedTogether(oldest));
            List<Generation> newestFirst = new ArrayList<>(count);
            for (FrozenGeneration frozen : queue.subList(at, at + count)) {
                newestFirst.add(0, frozen.generation());
            }
            try {
                sources.add(0, new FrozenSource(newestFirst, operator));
            } catch (Throwable failure) {
                sources.forEach(source -> Cleanup.undo(failure, source::release));
                throw failure;
            }
            at += count;
        }
        return sources;
    }

    /** How many generations the open views read as one source with this one; 0 if none has it. */
    private int viewedTogether(FrozenGeneration frozen) {
        for (ScanView view : flushed.keySet()) {
            int together = view.readTogether(frozen.generation());
            if (together > 0) {
                return together;
            }
        }
        return 0;
    }

    void add(ScanView view) {
        List<SstableMeta> before = flushed.put(view, new ArrayList<>());
        Invariants.check(before == null, "a view was opened twice", "open", flushed.size());
    }

    /**
     * An open view is closed, which happens once.
     *
     * @return files to unpin
     */
    List<SstableMeta> remove(ScanView view) {
        List<SstableMeta> pinned = flushed.remove(view);
        if (pinned == null) {
            throw new AssertionError("a view is closed that is not open: open=" + flushed.size());
        }
        return pinned;
    }

    /**
     * The next flush of the queue, as {@link FlushPlan#of}, that holds all of a view's source and
     * nothing else, or nothing of any.
     */
    @Nullable FlushPlan plan(List<FrozenGeneration> queue, boolean nothingOlder, long maxBytes) {
        boolean dropsTombstones = nothingOlder && !isAnyOnFiles();
        if (flushed.isEmpty() || queue.isEmpty()) {
            return FlushPlan.of(queue, dropsTombstones, maxBytes);
        }
        int together = viewedTogether(queue.get(0));
        if (together > 0) {
            return new FlushPlan(queue.subList(0, together), dropsTombstones);
        }
        int unviewed = 1;
        while (unviewed < queue.size() && viewedTogether(queue.get(unviewed)) == 0) {
            unviewed++;
        }
        return FlushPlan.of(queue.subList(0, unviewed), dropsTombstones, maxBytes);
    }

    private boolean isAnyOnFiles() {
        for (Map.Entry<ScanView, List<SstableMeta>> view : flushed.entrySet()) {
            if (!view.getValue().isEmpty() || !view.getKey().version().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /**
     * A flush has ended. The caller pins the files once for each source.
     *
     * @return the views' sources that it wrote, at most one a view; the caller moves them to the
     *     run when it has given up the lock
     */
    List<FrozenSource> flushed(FlushPlan plan, List<SstableMeta> written) {
        List<FrozenSource> sources = new ArrayList<>();
        Generation oldest = plan.oldestFirst().get(0).generation();
        for (Map.Entry<ScanView, List<SstableMeta>> view : flushed.entrySet()) {
            FrozenSource source = view.getKey().sourceOf(oldest);
            if (source != null) {
                // None if the view has been closed this moment.
                int generations = source.generations().size();
                Invariants.check(
                        generations == 0 || generations == plan.oldestFirst().size(),
                        "a flush wrote more or less than what a view reads as one source");
                view.getValue().addAll(written);
                sources.add(source);
            }
        }
        return sources;
    }
}
