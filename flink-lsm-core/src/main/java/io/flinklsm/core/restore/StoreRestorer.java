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
package io.flinklsm.core.restore;

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.Level;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A plan becomes the first Version of each tree. The key ranges of the sources are disjoint, so
 * levels are simply joined:
 *
 * <pre>
 * source 1 [a, m)   L0: #9 #7   L1: a-f g-l
 * source 2 [m, z)   L0: #8      L1: k-p q-z      (k-p was shared: clipped to m-p)
 * joined            L0: #9 #8 #7   L1: a-f g-l m-p q-z
 * </pre>
 */
public final class StoreRestorer {

    /** What a store starts with. */
    public record Restored(Map<String, Version> trees, long nextGeneration) {}

    private StoreRestorer() {}

    /**
     * Verifies the tail of every file and builds the Versions.
     *
     * @throws CorruptionException naming the file that is missing or not what its image says
     */
    public static Restored restore(List<RestoreSource> sources, OpenSstables openSstables)
            throws IOException {
        RestorePlan plan = RestorePlan.of(sources);
        Map<String, Version> trees = new LinkedHashMap<>();
        for (Map.Entry<String, List<SstableMeta>> tree : plan.trees().entrySet()) {
            for (SstableMeta meta : tree.getValue()) {
                openSstables.verify(meta);
            }
            trees.put(tree.getKey(), join(tree.getKey(), tree.getValue(), openSstables));
        }
        return new Restored(trees, plan.nextGeneration());
    }

    private static Version join(String treeName, List<SstableMeta> metas, OpenSstables openSstables)
            throws CorruptionException {
        List<Sstable> level0 = new ArrayList<>();
        Map<Integer, List<Sstable>> deeper = new TreeMap<>();
        for (SstableMeta meta : metas) {
            Sstable sstable = openSstables.of(meta);
            if (meta.level() == 0) {
                level0.add(sstable);
            } else {
                deeper.computeIfAbsent(meta.level(), level -> new ArrayList<>()).add(sstable);
            }
        }
        // Newest first; SSTables of one generation are disjoint parts of one run, or of disjoint
        // sources.
        level0.sort(
                Comparator.comparingLong((Sstable sstable) -> sstable.meta().generation())
                        .reversed()
                        .thenComparing(sstable -> sstable.meta().visibleRange().start()));
        List<Level> levels = new ArrayList<>();
        for (Map.Entry<Integer, List<Sstable>> level : deeper.entrySet()) {
            level.getValue()
                    .sort(Comparator.comparing(sstable -> sstable.meta().visibleRange().start()));
            checkDisjoint(treeName, level.getKey(), level.getValue());
            levels.add(new Level(level.getKey(), level.getValue()));
        }
        return new Version(level0, levels);
    }

    private static void checkDisjoint(String treeName, int level, List<Sstable> run)
            throws CorruptionException {
        for (int i = 1; i < run.size(); i++) {
            SstableMeta left = run.get(i - 1).meta();
            SstableMeta right = run.get(i).meta();
            KeyRange shared = left.visibleRange().intersect(right.visibleRange());
            if (!shared.isEmpty()) {
                throw new CorruptionException(
                        "[tree "
                                + treeName
                                + "] two SSTables of one level overlap: level="
                                + level
                                + ", file="
                                + left.fileName()
                                + ", file="
                                + right.fileName()
                                + "; the manifest is damaged, restore an earlier checkpoint");
            }
        }
    }
}
