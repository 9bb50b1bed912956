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
package io.flinklsm.inspect.merge;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.LoneSourceCursor;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionChecker;
import io.flinklsm.inspect.savepoint.StateRows;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A state, open for reading: what Flink would see if it restored the checkpoint, without restoring
 * it. Of each key the newest entry counts; tombstones hide, operands of lists are folded. Bounded
 * memory, however large the state is. Safe for any thread; cursors are each confined to one.
 *
 * <p>Of a canonical savepoint, and of operator state, the entries are rows, in the order of the
 * file.
 *
 * <pre>
 * subtask 0   L0 #9 #7 | L1 a-f g-l   → one cursor  ┐
 * subtask 1   L0 #8    | L1 m-p q-z   → one cursor  ┴ one after the other: key groups are disjoint
 * </pre>
 */
public final class MergedState implements AutoCloseable {

    /** Native memory for block indexes and bloom filters of open files. */
    private static final long BUDGET_BYTES = 96L << 20;

    /** Of all parts together, beside those in use: processes may often have no more than 1,024. */
    private static final int MAX_OPEN_FILES = 128;

    /** As the backend's list states have it, docs/format.md. */
    private static final AppendOperator APPEND = new AppendOperator(',');

    private static final String COLUMNS_PROPERTY = "flinklsm.columns";

    private final StateView view;
    private final @Nullable EntryColumns columns;
    private final MemoryBudget budget;
    private final BlockCache cache;
    private final List<OpenPart> parts;

    private record OpenPart(StateView.Part part, OpenSstables sstables, Version version) {}

    private MergedState(
            StateView view,
            @Nullable EntryColumns columns,
            MemoryBudget budget,
            BlockCache cache,
            List<OpenPart> parts) {
        this.view = view;
        this.columns = columns;
        this.budget = budget;
        this.cache = cache;
        this.parts = parts;
    }

    /**
     * Opens a state; reads one footer and no data yet.
     *
     * @throws InspectException if its files do not fit together
     */
    public static MergedState open(StateView view) throws IOException {
        EntryColumns columns = columns(view);
        MemoryBudget budget = MemoryBudget.root("inspect", BUDGET_BYTES);
        BlockCache cache = new BlockCache(budget.child("cache", 0, BUDGET_BYTES / 4));
        List<OpenPart> parts = new ArrayList<>();
        int openFiles = Math.max(1, MAX_OPEN_FILES / Math.max(1, view.parts().size()));
        MergedState state = new MergedState(view, columns, budget, cache, parts);
        try {
            for (StateView.Part part : view.parts()) {
                OpenSstables sstables =
                        new OpenSstables(part.store().storage(), budget, cache, openFiles);
                Version version = Version.of(part.sstables().stream().map(sstables::of).toList());
                parts.add(new OpenPart(part, sstables, version));
            }
            state.checkLevels();
            return state;
        } catch (Throwable failure) {
            Cleanup.undo(failure, state);
            throw failure;
        }
    }

    private void checkLevels() {
        for (OpenPart open : parts) {
            String problem = VersionChecker.findProblem(open.version());
            if (problem != null) {
                throw InspectException.corrupt(
                        "[tree "
                                + view.treeName()
                                + "] its SSTables do not fit together: "
                                + problem
                                + "; the manifest is damaged, or the files of a store were looked"
                                + " at without their manifest.",
                        null);
            }
        }
    }

    /**
     * The columns of the newest file that says any, null if none does. A subtask that has not
     * registered the state since its schema changed has files of the older one: values are to be
     * read by {@link StateCursor#decoder}.
     *
     * @throws InspectException if the text in the footer is not what a writer writes
     */
    public static @Nullable EntryColumns columns(StateView view) throws IOException {
        for (StateView.Part part : view.parts()) {
            StateRows rows = part.store().rows();
            EntryColumns columns = rows == null ? null : rows.columns(view.treeName());
            if (columns != null) {
                return columns;
            }
        }
        SstableMeta newest = null;
        StateView.Part place = null;
        for (StateView.Part part : view.parts()) {
            for (SstableMeta meta : part.sstables()) {
                if (newest == null || meta.maxWriteTimeMillis() > newest.maxWriteTimeMillis()) {
                    newest = meta;
                    place = part;
                }
            }
        }
        if (newest == null || place == null) {
            return null;
        }
        String text;
        try {
            text =
                    OpenSstables.readProperties(place.store().storage(), newest.fileName())
                            .get(COLUMNS_PROPERTY);
        } catch (NoSuchFileException e) {
            throw InspectException.unreadable(
                    "[tree "
                            + view.treeName()
                            + " / "
                            + place.store().storage().describe(newest.fileName())
                            + "] the SSTable is missing; bring it back, \"flink-lsm verify\" lists"
                            + " all that are.",
                    e);
        }
        try {
            return text == null || text.isEmpty() ? null : EntryColumns.parse(text);
        } catch (IllegalArgumentException e) {
            throw InspectException.corrupt(
                    "[tree "
                            + view.treeName()
                            + " / "
                            + place.store().storage().describe(newest.fileName())
                            + "] the columns in its footer are unreadable: "
                            + e.getMessage()
                            + "; read it with the version that wrote it, or a newer one.",
                    e);
        }
    }

    public StateView view() {
        return view;
    }

    /** Null if no footer says them: then keys and values are bytes. */
    public @Nullable EntryColumns columns() {
        return columns;
    }

    /** The columns of a part, whose entries all have the same schema; reads a footer. */
    @Nullable EntryColumns columns(int part) throws IOException {
        return parts.size() == 1 ? columns : columns(view.of(List.of(parts.get(part).part())));
    }

    /** How many subtasks have a part of the state. */
    public int partCount() {
        return parts.size();
    }

    /** Bytes read from the files so far, of {@code view().sizeBytes()}; for progress. */
    public long bytesRead() {
        long sum = 0;
        for (OpenPart open : parts) {
            sum += open.part().store().storage().bytesRead();
        }
        return sum;
    }

    /** The live entries in the range, of all subtasks: PUTs only, operands folded in. */
    public StateCursor cursor(KeyRange range) throws IOException {
        return cursor(range, true);
    }

    /** The live keys in the range: values are not read, and what stands for them says nothing. */
    public StateCursor keys(KeyRange range) throws IOException {
        return cursor(range, false);
    }

    private StateCursor cursor(KeyRange range, boolean withValues) throws IOException {
        List<EntryCursor> cursors = new ArrayList<>();
        for (int part = 0; part < parts.size(); part++) {
            cursors.add(partCursor(part, range, withValues));
        }
        return new StateCursor(this, cursors);
    }

    /** The live entries in the range of one part. */
    public EntryCursor partCursor(int part, KeyRange range) throws IOException {
        return partCursor(part, range, true);
    }

    /**
     * The entries in the range as they are stored, tombstones and overwritten ones too: a cursor
     * for each sorted run of each subtask, newest first within one.
     */
    public List<EntryCursor> runs(KeyRange range) {
        List<EntryCursor> cursors = new ArrayList<>();
        checkSorted();
        for (OpenPart part : parts) {
            for (SortedRun run : part.version().runs()) {
                List<Sstable> overlapping = run.overlapping(range);
                if (!overlapping.isEmpty()) {
                    cursors.add(new RunCursor(overlapping, range, false));
                }
            }
        }
        return cursors;
    }

    /** The keys of the SSTables that fit, tombstones too: a cursor for each of them. */
    public List<EntryCursor> keysOf(Predicate<SstableMeta> fits) throws IOException {
        List<EntryCursor> cursors = new ArrayList<>();
        for (OpenPart part : parts) {
            for (SstableMeta meta : part.part().sstables()) {
                if (fits.test(meta)) {
                    cursors.add(RunCursor.keys(List.of(part.sstables().of(meta)), KeyRange.ALL));
                }
            }
        }
        return cursors;
    }

    /**
     * Looks a key up: what a restored job would see, in the lookup's {@link Lookup#result} if it is
     * {@link Lookup#isFound}. The caller ends the lookup.
     */
    public void get(KeyBuffer key, Lookup lookup, ValueBuffer out) throws IOException {
        checkSorted();
        lookup.start(APPEND, out);
        for (OpenPart part : parts) {
            for (SortedRun run : part.version().runs()) {
                if (run.get(key, lookup)) {
                    return;
                }
            }
        }
    }

    /** Rows of a savepoint may stand in any order: they can be read, not looked up. */
    private void checkSorted() {
        if (view.isRows()) {
            throw new IllegalStateException("[tree " + view.treeName() + "] has no SSTables");
        }
    }

    private EntryCursor partCursor(int part, KeyRange range, boolean withValues)
            throws IOException {
        StateRows rows = parts.get(part).part().store().rows();
        if (rows != null) {
            return rows.cursor(view.treeName(), range);
        }
        List<EntryCursor> newestFirst = new ArrayList<>();
        for (SortedRun run : parts.get(part).version().runs()) {
            List<Sstable> overlapping = run.overlapping(range);
            if (!overlapping.isEmpty()) {
                // Opens its files one by one, when they are reached.
                newestFirst.add(
                        withValues
                                ? new RunCursor(overlapping, range, false)
                                : RunCursor.keys(overlapping, range));
            }
        }
        return newestFirst.size() == 1
                ? new LoneSourceCursor(newestFirst.get(0))
                : CollapsingCursor.live(newestFirst, APPEND);
    }

    @Override
    public void close() {
        List<Runnable> steps = new ArrayList<>();
        parts.forEach(open -> steps.add(open.sstables()::close));
        steps.add(cache::close);
        steps.add(budget::close);
        Cleanup.runAll(steps.toArray(Runnable[]::new));
    }
}
