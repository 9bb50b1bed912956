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
package io.flinklsm.core.compaction;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.sstable.SstableWriters;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.VersionEdit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out one plan, on the thread that runs it; may be used once.
 *
 * <ol>
 *   <li>A movable plan without a filter is an edit and nothing else. A filter wants to see its
 *       values once in a while, so with one the SSTables are written again.
 *   <li>The inputs are read side by side, through their clips, and collapsed: {@link
 *       CollapsingCursor#compacting}.
 *   <li>What is left goes to new SSTables at the output level, split by {@link OutputSplitter}.
 *       They have the plan's generation, no clips, and the widest write times of the inputs.
 *   <li>The edit replaces inputs by outputs; it may have no outputs at all.
 * </ol>
 *
 * <p>A job that fails or is cancelled leaves no files: its outputs are deleted here, or handed to
 * ObsoleteFiles when even that fails. The inputs stay untouched in any case.
 */
public final class CompactionJob {

    /**
     * How many entries of an input are read before the job looks up from its work; a power of two.
     */
    private static final int CHECK_INTERVAL = 256;

    private final CompactionPlan plan;
    private final String treeName;
    private final @Nullable MergeOperator operator;
    private final @Nullable EntryFilter filter;
    private final @Nullable EntryColumns columns;
    private final CompactionTools tools;
    private final BooleanSupplier cancelled;

    // Written by the thread that runs the job.
    private final List<SstableMeta> outputs = new ArrayList<>();
    private final SstableWriters writers;

    /**
     * @param operator folds merge operands; null if the tree takes none
     * @param filter judges the values; null to keep all
     * @param columns how entries stand in columns; null to go by the newest input
     * @param cancelled asked often, by the thread that runs the job
     */
    public CompactionJob(
            CompactionPlan plan,
            String treeName,
            @Nullable MergeOperator operator,
            @Nullable EntryFilter filter,
            @Nullable EntryColumns columns,
            CompactionTools tools,
            BooleanSupplier cancelled) {
        this.plan = plan;
        this.treeName = treeName;
        this.operator = operator;
        this.filter = filter;
        this.columns = columns;
        this.tools = tools;
        this.cancelled = cancelled;
        this.writers = tools.newWriters();
    }

    /**
     * Does the work.
     *
     * @return what to install; {@link VersionEdit#NOTHING} if the job was cancelled
     * @throws IOException if the storage fails or an input is damaged; no file is left then
     * @throws IllegalStateException if operands must be folded and there is no operator
     */
    public VersionEdit run() throws IOException {
        Invariants.check(outputs.isEmpty(), "a compaction is run twice", "outputs", outputs.size());
        List<SstableMeta> inputs = plan.inputMetas();
        if (plan.movable() && filter == null) {
            return new VersionEdit(
                    inputs,
                    inputs.stream().map(meta -> meta.withLevel(plan.outputLevel())).toList());
        }
        try {
            writeOutputs();
            checkOutputs();
            return new VersionEdit(inputs, outputs);
        } catch (CancelledException e) {
            writers.discard(e, tools.obsoleteFiles()::deleteFailed);
            return VersionEdit.NOTHING;
        } catch (Throwable failure) {
            writers.discard(failure, tools.obsoleteFiles()::deleteFailed);
            throw failure;
        }
    }

    private void writeOutputs() throws IOException {
        OutputSplitter splitter =
                new OutputSplitter(tools.targetFileBytes(), tools.sstable().keyGroupBytes());
        EntryFilter ownFilter = filter == null ? null : filter.begin();
        try (EntryCursor entries =
                CollapsingCursor.compacting(
                        openInputs(), operator, ownFilter, TombstoneRule.of(plan.olderRanges()))) {
            SstableWriters.Run run = outputRun();
            boolean more = entries.next();
            while (more) {
                try (SstableWriter writer = writers.open(run, columnsOfOutputs())) {
                    do {
                        writer.add(entries);
                        if ((writer.entryCount() & (CHECK_INTERVAL - 1)) == 0) {
                            tools.pace().rest();
                        }
                        more = entries.next();
                    } while (more
                            && !writer.isFull()
                            && !splitter.beginsFile(entries.key(), writer.estimatedBytes()));
                    outputs.add(writer.finish());
                }
            }
        }
    }

    /** A compaction makes no entry, and splits its outputs between keys. */
    private void checkOutputs() {
        if (Invariants.ENABLED) {
            long read = plan.inputMetas().stream().mapToLong(SstableMeta::entryCount).sum();
            long written = outputs.stream().mapToLong(SstableMeta::entryCount).sum();
            Invariants.check(
                    written <= read,
                    "a compaction wrote more entries than it read",
                    "read",
                    read,
                    "written",
                    written);
            for (int i = 1; i < outputs.size(); i++) {
                Invariants.check(
                        outputs.get(i - 1).maxKey().compareTo(outputs.get(i).minKey()) < 0,
                        "the outputs of a compaction overlap",
                        "index",
                        i);
            }
        }
    }

    private List<EntryCursor> openInputs() {
        List<EntryCursor> newestFirst = new ArrayList<>();
        for (SortedRun run : plan.inputs()) {
            newestFirst.add(new WatchedRun(run));
        }
        return newestFirst;
    }

    /** What the outputs have in common. */
    private SstableWriters.Run outputRun() {
        long minWriteTimeMillis = Long.MAX_VALUE;
        long maxWriteTimeMillis = Long.MIN_VALUE;
        for (SstableMeta input : plan.inputMetas()) {
            minWriteTimeMillis = Math.min(minWriteTimeMillis, input.minWriteTimeMillis());
            maxWriteTimeMillis = Math.max(maxWriteTimeMillis, input.maxWriteTimeMillis());
        }
        Invariants.check(
                minWriteTimeMillis <= maxWriteTimeMillis,
                "the first write of an output is behind its last",
                "min",
                minWriteTimeMillis,
                "max",
                maxWriteTimeMillis);
        return new SstableWriters.Run(
                treeName,
                plan.outputLevel(),
                plan.olderRanges().isEmpty(),
                plan.generation(),
                minWriteTimeMillis,
                maxWriteTimeMillis,
                plan.inputMetas().stream().map(SstableMeta::fileName).distinct().toList());
    }

    /** A tree that was restored and never registered has no types but those in its files. */
    private @Nullable EntryColumns columnsOfOutputs() throws IOException {
        return columns != null
                ? columns
                : plan.inputs().get(0).sstables().get(0).describedColumns();
    }

    /** The way out of a cancelled job. */
    private static final class CancelledException extends IOException {

        private static final long serialVersionUID = 1L;

        CancelledException() {
            super("the compaction was cancelled");
        }
    }

    /** An input that notices when the job is cancelled, also where nothing is written for long. */
    private final class WatchedRun extends RunCursor {

        private int moves;

        WatchedRun(SortedRun run) {
            super(run.sstables(), KeyRange.ALL, false);
        }

        @Override
        public boolean next() throws IOException {
            if ((moves++ & (CHECK_INTERVAL - 1)) == 0 && cancelled.getAsBoolean()) {
                throw new CancelledException();
            }
            return super.next();
        }
    }
}
