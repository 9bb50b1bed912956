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
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.SstableId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The plans of one tree that are being carried out. Two may run at once if they share no SSTable,
 * and no level at which both touch common keys: then the outputs of neither can overlap, in their
 * level, what the other puts there, nor pass it in age. Level 0 is made of runs that may overlap,
 * so there it is enough that one of them stays in level 0 and all its inputs are newer than all
 * level-0 inputs of the other. Guarded by the store's lock.
 *
 * <pre>
 * running: L1 [a c] + L2 [b  f] → L2      touches L1..L2, a..f
 * refused: L1 [d e]             → L2      its output may overlap the other's
 * admitted: L2 [p r] + L3 …     → L3      other keys
 *
 * running: L0 #3 #2 #1 + L1 …   → L1
 * admitted: L0 #6 #5            → L0 #6   newer than all that goes down
 * </pre>
 */
public final class CompactionSlots {

    private final List<CompactionPlan> running = new ArrayList<>();
    private final Set<SstableId> busy = new HashSet<>();

    /** Whether the plan may run beside those that run. */
    public boolean admits(CompactionPlan plan) {
        if (plan.sharesInputs(busy)) {
            return false;
        }
        for (CompactionPlan other : running) {
            if (plan.topLevel() <= other.bottomLevel()
                    && other.topLevel() <= plan.bottomLevel()
                    && !plan.range().intersect(other.range()).isEmpty()
                    && !plan.staysAbove(other)
                    && !other.staysAbove(plan)) {
                return false;
            }
        }
        return true;
    }

    /**
     * @throws IllegalStateException if the plan is not admitted
     */
    public void begin(CompactionPlan plan) {
        if (!admits(plan)) {
            throw new IllegalStateException("a compaction is in the way of another: plan=" + plan);
        }
        running.add(plan);
        for (SstableMeta meta : plan.inputMetas()) {
            boolean isNew = busy.add(SstableId.of(meta));
            Invariants.check(isNew, "an SSTable is compacted twice at once", "busy", busy.size());
        }
    }

    /** The plan's edit is installed, or the plan was given up. */
    public void end(CompactionPlan plan) {
        Iterator<CompactionPlan> plans = running.iterator();
        while (plans.hasNext()) {
            if (isSame(plans.next(), plan)) {
                plans.remove();
                plan.inputMetas().forEach(meta -> busy.remove(SstableId.of(meta)));
                Invariants.check(
                        running.isEmpty() == busy.isEmpty(),
                        "SSTables are held by plans that have ended",
                        "running",
                        running.size(),
                        "busy",
                        busy.size());
                return;
            }
        }
        throw new IllegalStateException("a compaction ended that did not run: plan=" + plan);
    }

    /** No two running plans share an input. */
    private static boolean isSame(CompactionPlan left, CompactionPlan right) {
        return SstableId.of(left.inputMetas().get(0))
                .equals(SstableId.of(right.inputMetas().get(0)));
    }

    /** Whether a running plan has an input of the run. */
    boolean holds(SortedRun run) {
        return run.sstables().stream()
                .anyMatch(sstable -> busy.contains(SstableId.of(sstable.meta())));
    }

    public int running() {
        return running.size();
    }
}
