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
package io.flinklsm.core.version;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The level invariant, SSTable by SSTable: level 0 is ordered by generation, newest first; inside a
 * run (a generation of level 0, a deeper level) no two visible ranges overlap; no SSTable is listed
 * twice; none is clipped to nothing. Between runs nothing is checked, since age is position:
 * whatever stands higher is newer for the keys it shares with what stands below.
 */
public final class VersionChecker {

    private VersionChecker() {}

    /** What is wrong with the Version, as a sentence without a full stop; null if nothing is. */
    public static @Nullable String findProblem(Version version) {
        Set<SstableId> seen = new HashSet<>();
        SortedRun above = null;
        for (SortedRun run : version.runs()) {
            if (above != null && !standsAbove(above, run)) {
                return "sources are out of order: " + above + " above " + run;
            }
            above = run;
            String problem = findProblem(run, seen);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    /**
     * @throws AssertionError if anything is wrong: our own bug
     */
    public static void check(String treeName, Version version) {
        String problem = findProblem(version);
        if (problem != null) {
            throw new AssertionError("[tree " + treeName + "] " + problem);
        }
    }

    private static boolean standsAbove(SortedRun above, SortedRun below) {
        return above.level() < below.level()
                || (above.level() == 0
                        && below.level() == 0
                        && above.generation() > below.generation());
    }

    private static @Nullable String findProblem(SortedRun run, Set<SstableId> seen) {
        List<Sstable> sstables = run.sstables();
        for (int i = 0; i < sstables.size(); i++) {
            SstableMeta meta = sstables.get(i).meta();
            String where = "SSTable " + meta.fileName() + " of level " + run.level();
            if (meta.level() != run.level()) {
                return where + " says it is of another: level=" + meta.level();
            }
            if (run.range(i).isEmpty()) {
                return where + " shows no key: clip=" + meta.clip();
            }
            if (!seen.add(SstableId.of(meta))) {
                return where + " is listed twice";
            }
            if (i > 0) {
                OwnedSlice endBefore = run.range(i - 1).end();
                if (endBefore == null || endBefore.compareTo(run.range(i).start()) > 0) {
                    return where
                            + " overlaps its neighbour "
                            + sstables.get(i - 1).meta().fileName()
                            + ": range="
                            + run.range(i)
                            + ", neighbour="
                            + run.range(i - 1);
                }
            }
        }
        return null;
    }
}
