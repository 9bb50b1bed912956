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

import io.flinklsm.core.compaction.CompactionPlan.Reason;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Little to write, at the price of more sources to read and more space: runs stay in level 0 and
 * neighbours in age are merged when they are too many. A level that an earlier, leveled life left
 * behind is one more run, older than all of level 0.
 *
 * <ol>
 *   <li>If the newer runs together hold as much as the oldest one, half of the space may be waste:
 *       everything is merged, and tombstones go.
 *   <li>If there are as many runs as the trigger: the cheapest {@link RunWindow}.
 *   <li>Else: runs that are mostly tombstones, if nothing is older.
 * </ol>
 */
public record SizeTieredPicker(CompactionOptions options) implements CompactionPicker {

    @Override
    public @Nullable CompactionPlan pick(Version version, CompactionSlots slots) {
        List<SortedRun> runs = version.runs();
        if (runs.size() >= options.level0Trigger()) {
            long newerBytes = bytes(runs.subList(0, runs.size() - 1));
            if (newerBytes >= runs.get(runs.size() - 1).sizeBytes()) {
                CompactionPlan plan = plan(Reason.SPACE, version, runs);
                if (slots.admits(plan)) {
                    return plan;
                }
            }
            CompactionPlan plan = RunWindow.cheapest(version, runs, 2, false, slots, options);
            if (plan != null) {
                return plan;
            }
        }
        return CompactionPicker.pickTombstones(version, slots, options);
    }

    /** The output stands where the oldest input stood, in level 0 as a run of the newest's age. */
    private CompactionPlan plan(Reason reason, Version version, List<SortedRun> inputs) {
        int outputLevel = inputs.get(inputs.size() - 1).level();
        return CompactionPlan.of(reason, version, inputs, outputLevel, options);
    }

    @Override
    public @Nullable CompactionPlan pickAll(Version version) {
        return version.isEmpty() ? null : plan(Reason.ALL, version, version.runs());
    }

    @Override
    public long debtBytes(Version version) {
        List<SortedRun> runs = version.runs();
        int tooMany = runs.size() - options.level0Trigger() + 1;
        return tooMany <= 0 ? 0 : bytes(runs.subList(0, Math.min(tooMany + 1, runs.size())));
    }

    private static long bytes(List<SortedRun> runs) {
        return runs.stream().mapToLong(SortedRun::sizeBytes).sum();
    }
}
