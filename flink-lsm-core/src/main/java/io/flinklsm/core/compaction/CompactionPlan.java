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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.SstableId;
import io.flinklsm.core.version.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decision: these SSTables become one sorted run at that level.
 *
 * @param inputs newest first; together they stand beside each other in age, for all keys they share
 * @param generation of the outputs: the newest of the inputs
 * @param olderRanges what SSTables can show that are older than the newest input and not inputs, as
 *     far as it meets {@code range}: there tombstones stay
 * @param range from the inputs' first to their last visible key
 * @param movable whether the inputs could be listed at the output level as they are, at no loss
 */
public record CompactionPlan(
        Reason reason,
        List<SortedRun> inputs,
        int outputLevel,
        long generation,
        List<KeyRange> olderRanges,
        KeyRange range,
        boolean movable) {

    /** Why. */
    public enum Reason {
        /** Level 0 has too many runs. */
        LEVEL_0,
        /** A level holds more than it may. */
        LEVEL_SIZE,
        /** Neighbouring runs of similar size are too many. */
        RUNS,
        /** The runs above the oldest one hold as much as it does. */
        SPACE,
        /** Most of a bottom SSTable's entries are tombstones. */
        TOMBSTONES,
        /** A caller asked for one run. */
        ALL
    }

    /** An SSTable below this share of the target size is merged rather than moved. */
    private static final int SMALL_SHARE = 4;

    public CompactionPlan {
        inputs = List.copyOf(inputs);
        olderRanges = List.copyOf(olderRanges);
        if (inputs.isEmpty() || range.isEmpty()) {
            throw new IllegalArgumentException(
                    "a plan has nothing to read: inputs=" + inputs.size() + ", range=" + range);
        }
        int lastLevel = inputs.get(inputs.size() - 1).level();
        if (outputLevel < lastLevel || (movable && outputLevel == lastLevel)) {
            throw new IllegalArgumentException(
                    "a plan leads up: lastLevel="
                            + lastLevel
                            + ", outputLevel="
                            + outputLevel
                            + ", movable="
                            + movable);
        }
        checkInputs(inputs, generation, olderRanges, range);
    }

    /**
     * Completes a picker's choice.
     *
     * @param inputs newest first, each a run of the version or a part of one; at least one
     */
    static CompactionPlan of(
            Reason reason,
            Version version,
            List<SortedRun> inputs,
            int outputLevel,
            CompactionOptions options) {
        long generation = 0;
        KeyRange range = inputs.get(0).range(0);
        Set<SstableId> ids = new HashSet<>();
        for (SortedRun run : inputs) {
            generation = Math.max(generation, run.generation());
            range = hull(range, rangeOf(run));
            run.sstables().forEach(sstable -> ids.add(SstableId.of(sstable.meta())));
        }
        List<KeyRange> older = new ArrayList<>();
        boolean reached = false;
        for (SortedRun run : version.runs()) {
            // Not the rest of the newest input's own run: it shares no key with that input, and is
            // newer than all others.
            if (reached) {
                addRest(run, ids, range, older);
            }
            reached |= holdsAny(run, ids);
        }
        return new CompactionPlan(
                reason,
                inputs,
                outputLevel,
                generation,
                older,
                range,
                isMovable(inputs, outputLevel, older.isEmpty(), options));
    }

    /** The inputs stand newest first, and the outputs are as old as the newest of them. */
    private static void checkInputs(
            List<SortedRun> inputs, long generation, List<KeyRange> olderRanges, KeyRange range) {
        if (Invariants.ENABLED) {
            long newest = 0;
            for (int i = 0; i < inputs.size(); i++) {
                SortedRun run = inputs.get(i);
                newest = Math.max(newest, run.generation());
                SortedRun before = i == 0 ? run : inputs.get(i - 1);
                Invariants.check(
                        before.level() < run.level()
                                || before == run
                                || (run.level() == 0 && before.generation() > run.generation()),
                        "the inputs of a plan do not stand newest first",
                        "index",
                        i);
            }
            Invariants.check(
                    newest == generation,
                    "the outputs of a plan have another age than its inputs",
                    "newest",
                    newest,
                    "generation",
                    generation);
            for (KeyRange older : olderRanges) {
                Invariants.check(
                        !older.intersect(range).isEmpty(),
                        "an older range does not meet the plan",
                        "ranges",
                        olderRanges.size());
            }
        }
    }

    /** What the run can show in the range and does not give to the inputs. */
    private static void addRest(
            SortedRun run, Set<SstableId> inputIds, KeyRange range, List<KeyRange> rest) {
        for (Sstable sstable : run.overlapping(range)) {
            if (!inputIds.contains(SstableId.of(sstable.meta()))) {
                rest.add(sstable.meta().visibleRange());
            }
        }
    }

    private static boolean holdsAny(SortedRun run, Set<SstableId> ids) {
        for (Sstable sstable : run.sstables()) {
            if (ids.contains(SstableId.of(sstable.meta()))) {
                return true;
            }
        }
        return false;
    }

    /**
     * A move costs nothing, but leaves clips, tombstones at the bottom and small files as they are.
     */
    private static boolean isMovable(
            List<SortedRun> inputs, int outputLevel, boolean bottom, CompactionOptions options) {
        List<Sstable> sstables = new ArrayList<>();
        for (SortedRun run : inputs) {
            if (run.level() >= outputLevel) {
                return false;
            }
            sstables.addAll(run.sstables());
        }
        long bytes = 0;
        for (Sstable sstable : sstables) {
            SstableMeta meta = sstable.meta();
            bytes += meta.sizeBytes();
            if (meta.clip() != null || (bottom && meta.tombstoneCount() > 0)) {
                return false;
            }
        }
        boolean small = bytes / sstables.size() < options.targetFileBytes() / SMALL_SHARE;
        return areDisjoint(inputs) && (sstables.size() == 1 || !small);
    }

    private static boolean areDisjoint(List<SortedRun> runs) {
        for (int i = 0; i < runs.size(); i++) {
            for (int j = i + 1; j < runs.size(); j++) {
                SortedRun below = runs.get(j);
                for (int k = 0; k < runs.get(i).sstables().size(); k++) {
                    if (!below.overlapping(runs.get(i).range(k)).isEmpty()) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** From the first to the last key that the run can show. */
    static KeyRange rangeOf(SortedRun run) {
        return hull(run.range(0), run.range(run.sstables().size() - 1));
    }

    private static KeyRange hull(KeyRange left, KeyRange right) {
        OwnedSlice start =
                left.start().compareTo(right.start()) <= 0 ? left.start() : right.start();
        OwnedSlice leftEnd = left.end();
        OwnedSlice rightEnd = right.end();
        @Nullable OwnedSlice end = null;
        if (leftEnd != null && rightEnd != null) {
            end = leftEnd.compareTo(rightEnd) >= 0 ? leftEnd : rightEnd;
        }
        return new KeyRange(start, end);
    }

    /** All inputs, newest source first. */
    public List<SstableMeta> inputMetas() {
        List<SstableMeta> metas = new ArrayList<>();
        for (SortedRun run : inputs) {
            run.sstables().forEach(sstable -> metas.add(sstable.meta()));
        }
        return metas;
    }

    public long inputBytes() {
        return inputs.stream().mapToLong(SortedRun::sizeBytes).sum();
    }

    /** Whether merge operands may meet, so that the job needs the tree's merge operator. */
    public boolean needsOperator() {
        return inputMetas().stream().anyMatch(meta -> meta.mergeCount() > 0);
    }

    /** The uppermost level that the plan touches. */
    int topLevel() {
        return Math.min(outputLevel, inputs.get(0).level());
    }

    /** The lowest level that the plan touches. */
    int bottomLevel() {
        return Math.max(outputLevel, inputs.get(inputs.size() - 1).level());
    }

    /**
     * Whether the plan stays in level 0 and is newer than all that the other takes from there: so
     * that the two, though they may share keys, stay in order of age.
     */
    boolean staysAbove(CompactionPlan other) {
        return bottomLevel() == 0
                && (other.topLevel() > 0
                        || inputs.get(inputs.size() - 1).generation()
                                > other.inputs.get(0).generation());
    }

    boolean sharesInputs(Collection<SstableId> ids) {
        return inputMetas().stream().anyMatch(meta -> ids.contains(SstableId.of(meta)));
    }

    /** {@code LEVEL_0: L0 c#3 b#2 + L1 a#1 -> L1 #3 drop}, for messages and tests. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(reason.name()).append(": ");
        for (int i = 0; i < inputs.size(); i++) {
            SortedRun run = inputs.get(i);
            boolean sameLevel = i > 0 && inputs.get(i - 1).level() == run.level();
            text.append(i == 0 ? "" : sameLevel ? " " : " + ");
            text.append(sameLevel ? "" : "L" + run.level() + " ");
            for (int k = 0; k < run.sstables().size(); k++) {
                text.append(k == 0 ? "" : " ").append(run.sstables().get(k).meta().fileName());
            }
        }
        text.append(" -> L").append(outputLevel);
        if (movable) {
            return text.append(" move").toString();
        }
        text.append(" #").append(generation);
        return text.append(olderRanges.isEmpty() ? " drop" : " keep").toString();
    }
}
