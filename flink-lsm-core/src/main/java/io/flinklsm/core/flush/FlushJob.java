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
package io.flinklsm.core.flush;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.sstable.SstableWriters;
import io.flinklsm.core.tree.FlushPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plan's entries of one key range become one SSTable of level 0: or none, if nothing is left of
 * them; or a run of several, if one file's filters would not fit into the writer's memory. A
 * failure leaves no file and no change: the flush can be tried again. Used once, on the thread that
 * runs it.
 */
public final class FlushJob {

    /** So many entries are written between two reports of progress; a power of two. */
    private static final int PROGRESS_INTERVAL = 256;

    private final FlushPlan plan;
    private final String treeName;
    private final @Nullable MergeOperator operator;
    private final @Nullable EntryColumns columns;
    private final FlushTools tools;
    private final SstableWriters writers;
    private final List<SstableMeta> outputs = new ArrayList<>();

    /**
     * @param operator folds merge operands; null if the tree takes none
     * @param columns how entries stand in columns; null if nothing is known of them
     */
    public FlushJob(
            FlushPlan plan,
            String treeName,
            @Nullable MergeOperator operator,
            @Nullable EntryColumns columns,
            FlushTools tools) {
        if (treeName.isEmpty()) {
            throw new IllegalArgumentException(
                    "a flush has no tree: generation=" + plan.generation());
        }
        this.plan = plan;
        this.treeName = treeName;
        this.operator = operator;
        this.columns = columns;
        this.tools = tools;
        this.writers = tools.newWriters();
    }

    /**
     * Does the work.
     *
     * @return metas of the new SSTables, in key order
     */
    public List<SstableMeta> run() throws IOException {
        Invariants.check(outputs.isEmpty(), "a flush is run twice", "outputs", outputs.size());
        TombstoneRule rule =
                TombstoneRule.of(plan.nothingOlder() ? List.of() : List.of(KeyRange.ALL));
        try (EntryCursor entries =
                CollapsingCursor.compacting(openInputs(), operator, null, rule)) {
            SstableWriters.Run run = outputRun();
            boolean more = entries.next();
            long written = 0;
            while (more) {
                try (SstableWriter writer = writers.open(run, columns)) {
                    do {
                        writer.add(entries);
                        if ((++written & (PROGRESS_INTERVAL - 1)) == 0) {
                            tools.progress().written(written);
                        }
                        more = entries.next();
                    } while (more && !writer.isFull());
                    outputs.add(writer.finish());
                    checkOutput();
                }
            }
            Invariants.check(
                    outputs.isEmpty() == (written == 0),
                    "a flush wrote files without entries, or entries without a file",
                    "outputs",
                    outputs.size(),
                    "entries",
                    written);
            return List.copyOf(outputs);
        } catch (Throwable failure) {
            discard(failure);
            throw failure;
        }
    }

    /** The file that was just finished is one of the plan's, behind those before it. */
    private void checkOutput() {
        if (Invariants.ENABLED) {
            int last = outputs.size() - 1;
            Invariants.check(
                    outputs.get(last).generation() == plan.generation()
                            && outputs.get(last).level() == 0,
                    "a flush wrote a file of another generation or level",
                    "generation",
                    outputs.get(last).generation(),
                    "level",
                    outputs.get(last).level());
            Invariants.check(
                    last == 0
                            || outputs.get(last - 1).maxKey().compareTo(outputs.get(last).minKey())
                                    < 0,
                    "the files of a flush overlap",
                    "index",
                    last);
        }
    }

    private List<EntryCursor> openInputs() {
        List<EntryCursor> newestFirst = new ArrayList<>();
        try {
            for (FrozenGeneration frozen : plan.oldestFirst()) {
                Generation generation = frozen.generation();
                generation.sort();
                newestFirst.add(0, generation.cursor(KeyRange.ALL));
            }
            return newestFirst;
        } catch (Throwable failure) {
            Cleanup.undo(failure, newestFirst);
            throw failure;
        }
    }

    /** What the outputs have in common. */
    private SstableWriters.Run outputRun() {
        long minWriteTimeMillis = Long.MAX_VALUE;
        long maxWriteTimeMillis = Long.MIN_VALUE;
        for (FrozenGeneration frozen : plan.oldestFirst()) {
            Generation generation = frozen.generation();
            minWriteTimeMillis = Math.min(minWriteTimeMillis, generation.minWriteTimeMillis());
            maxWriteTimeMillis = Math.max(maxWriteTimeMillis, generation.maxWriteTimeMillis());
        }
        Invariants.check(
                minWriteTimeMillis <= maxWriteTimeMillis,
                "the first write of a flush is behind its last",
                "min",
                minWriteTimeMillis,
                "max",
                maxWriteTimeMillis);
        return new SstableWriters.Run(
                treeName, 0, false, plan.generation(), minWriteTimeMillis, maxWriteTimeMillis);
    }

    /** Deletes what was written; what goes wrong then is added to {@code failure}. */
    public void discard(Throwable failure) {
        writers.discard(failure, undeleted -> {});
        outputs.clear();
    }
}
