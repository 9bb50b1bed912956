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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.version.SortedRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Frozen generations that are one source of a view: read from memory until they are flushed, from
 * then on from the run that the flush has made of them. A view may be open for hours; its
 * generations leave the memory as soon as those of a tree without views do.
 *
 * <p>The generations are flushed together and with nothing else (see {@code OpenViews}), so that
 * the run holds exactly what they hold. Usually it is one generation. It is several if the view was
 * opened while they were being flushed: then their entries are merged here as the flush merges
 * them.
 *
 * <pre>
 * before the flush   cursor ─► generation  a b [c] d e    the key c is copied
 * the flush ends     cursor    generation is released     any thread
 * the next move      cursor ─► run         . . .  [d] e     opened above c
 * </pre>
 *
 * <p>Safe for any thread; its cursors are confined to one thread each.
 */
public final class FrozenSource {

    // Immutable.
    private final @Nullable MergeOperator operator;

    /** Empty once they have been given back. Replaced under the monitor, read without it too. */
    private volatile List<Generation> newestFirst;

    /** What the generations became; null before that, or if the flush left nothing of them. */
    @GuardedBy("this")
    private @Nullable SortedRun run;

    /** Those that read the generations. */
    @GuardedBy("this")
    private final Set<FrozenCursor> cursors = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * Retains the generations.
     *
     * @param newestFirst adjacent in age
     * @param operator folds operands for one key in several of them; null if the tree takes none
     */
    public FrozenSource(List<Generation> newestFirst, @Nullable MergeOperator operator) {
        if (newestFirst.isEmpty()) {
            throw new IllegalArgumentException("a source has no generation: operator=" + operator);
        }
        for (int i = 1; i < newestFirst.size(); i++) {
            Invariants.check(
                    newestFirst.get(i - 1).number() > newestFirst.get(i).number(),
                    "generations of a source do not stand newest first",
                    "newer",
                    newestFirst.get(i - 1).number(),
                    "older",
                    newestFirst.get(i).number());
        }
        this.newestFirst = List.copyOf(newestFirst);
        this.operator = operator;
        List<Generation> retained = new ArrayList<>();
        try {
            for (Generation generation : this.newestFirst) {
                if (!generation.tryRetain()) {
                    throw new AssertionError("a view was made of a released generation");
                }
                retained.add(generation);
            }
        } catch (Throwable failure) {
            retained.forEach(generation -> Cleanup.undo(failure, generation::release));
            throw failure;
        }
    }

    /** The generations that it reads, newest first; none once they have been given back. */
    public List<Generation> generations() {
        return newestFirst;
    }

    /** The entries in the range, tombstones and operands included; null if there cannot be any. */
    @Nullable EntryCursor cursor(KeyRange range) throws IOException {
        synchronized (this) {
            if (!newestFirst.isEmpty()) {
                FrozenCursor cursor = new FrozenCursor(this, memoryCursor(range), range);
                cursors.add(cursor);
                return cursor;
            }
        }
        return runCursor(range);
    }

    @GuardedBy("this")
    private EntryCursor memoryCursor(KeyRange range) {
        List<EntryCursor> inputs = new ArrayList<>(newestFirst.size());
        try {
            for (Generation generation : newestFirst) {
                inputs.add(generation.cursor(range));
            }
        } catch (Throwable failure) {
            Cleanup.undo(failure, inputs);
            throw failure;
        }
        return inputs.size() == 1
                ? inputs.get(0)
                : CollapsingCursor.compacting(inputs, operator, null, TombstoneRule.keepAll());
    }

    /** The entries of the run in the range; null if there cannot be any. */
    @Nullable EntryCursor runCursor(KeyRange range) throws IOException {
        SortedRun current;
        synchronized (this) {
            current = run;
        }
        return current == null ? null : ScanView.cursor(current, range);
    }

    /**
     * The generations were flushed: gives them back and takes them away from the cursors, which go
     * on in the run at their next move. Waits for no reader, but for one step in memory. Any
     * thread, without locks held; nothing happens if they were given back already.
     *
     * @param flushed pinned as long as the view is open; null if the flush wrote nothing
     */
    public void moveTo(@Nullable SortedRun flushed) {
        List<Generation> left;
        List<FrozenCursor> moving;
        synchronized (this) {
            left = newestFirst;
            if (left.isEmpty()) {
                return;
            }
            Invariants.check(
                    flushed == null || flushed.generation() >= left.get(0).number(),
                    "generations became a run that is older than they are",
                    "newest",
                    left.get(0).number());
            Invariants.check(
                    flushed == null || flushed.level() == 0, "a flush wrote below level 0");
            newestFirst = List.of();
            run = flushed;
            moving = List.copyOf(cursors);
            cursors.clear();
        }
        try {
            moving.forEach(FrozenCursor::leaveMemory);
        } finally {
            left.forEach(Generation::release);
        }
    }

    /** The view is closed, and all cursors are. */
    public void release() {
        moveTo(null);
    }

    synchronized void forget(FrozenCursor cursor) {
        cursors.remove(cursor);
    }
}
