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
 * Neighbours in age that become one run: of all windows the one that costs the fewest bytes for
 * each run that disappears. That prefers runs of similar size: in {@code 1 1 1 60} the window
 * {@code 1 1 1} costs 1.5 a run, the whole 21, and in {@code 1 2 4 60} the window {@code 1 2} 3 and
 * {@code 1 2 4} 3.5.
 */
final class RunWindow {

    private RunWindow() {}

    /**
     * The cheapest window's plan, or null if there is none. Its output stands where the oldest
     * input stood, in level 0 as a run of the newest's age.
     *
     * @param runs neighbours in age, newest first
     * @param minWidth runs that a window has at least
     * @param balanced whether no run of a window may be larger than twice its others together: then
     *     a byte that is written again ends in a run half as large again or more
     */
    static @Nullable CompactionPlan cheapest(
            Version version,
            List<SortedRun> runs,
            int minWidth,
            boolean balanced,
            CompactionSlots slots,
            CompactionOptions options) {
        if (minWidth < 2) {
            throw new IllegalArgumentException(
                    "one run alone is compacted already: minWidth=" + minWidth);
        }
        CompactionPlan cheapest = null;
        double cheapestBytesPerRun = Double.MAX_VALUE;
        for (int from = 0; from < runs.size(); from++) {
            long bytes = runs.get(from).sizeBytes();
            long largest = bytes;
            for (int to = from + 2; to <= runs.size(); to++) {
                long added = runs.get(to - 1).sizeBytes();
                bytes += added;
                largest = Math.max(largest, added);
                double bytesPerRun = (double) bytes / (to - from - 1);
                boolean fits = to - from >= minWidth && (!balanced || largest * 3 <= bytes * 2);
                // Of equal windows the wider, which has been found later.
                if (fits && bytesPerRun <= cheapestBytesPerRun) {
                    CompactionPlan plan = plan(version, runs.subList(from, to), options);
                    if (slots.admits(plan)) {
                        cheapest = plan;
                        cheapestBytesPerRun = bytesPerRun;
                    }
                }
            }
        }
        return cheapest;
    }

    private static CompactionPlan plan(
            Version version, List<SortedRun> inputs, CompactionOptions options) {
        int outputLevel = inputs.get(inputs.size() - 1).level();
        return CompactionPlan.of(Reason.RUNS, version, inputs, outputLevel, options);
    }
}
