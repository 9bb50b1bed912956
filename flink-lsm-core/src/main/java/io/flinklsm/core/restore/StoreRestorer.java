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

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionChecker;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    public record Restored(Map<String, Version> trees, long nextGeneration) {

        public Restored {
            if (nextGeneration < 0) {
                throw new IllegalArgumentException(
                        "generations begin at 0: nextGeneration=" + nextGeneration);
            }
        }
    }

    private StoreRestorer() {}

    /**
     * Identifies every file and builds the Versions. The tails are checked by the thread that opens
     * a file first, or in the background ({@link OpenSstables#verifyUnlessOpen}): reading them all
     * would make a restore last by the state's size.
     *
     * @throws CorruptionException naming the file that is missing or not what its image says
     */
    public static Restored restore(List<RestoreSource> sources, OpenSstables openSstables)
            throws IOException {
        RestorePlan plan = RestorePlan.of(sources);
        Map<String, Version> trees = new LinkedHashMap<>();
        for (Map.Entry<String, List<SstableMeta>> tree : plan.trees().entrySet()) {
            for (SstableMeta meta : tree.getValue()) {
                identify(meta, openSstables);
            }
            trees.put(tree.getKey(), join(tree.getKey(), tree.getValue(), openSstables));
        }
        return new Restored(trees, plan.nextGeneration());
    }

    private static void identify(SstableMeta meta, OpenSstables openSstables) throws IOException {
        try {
            openSstables.identify(meta);
        } catch (NoSuchFileException e) {
            throw new CorruptionException(
                    "[tree "
                            + meta.treeName()
                            + " / "
                            + meta.fileName()
                            + "] a file that the image lists is missing: level="
                            + meta.level()
                            + ", sizeBytes="
                            + meta.sizeBytes()
                            + "; bring it back, or restore an earlier checkpoint",
                    e);
        }
    }

    private static Version join(String treeName, List<SstableMeta> metas, OpenSstables openSstables)
            throws CorruptionException {
        Version version = Version.of(metas.stream().map(openSstables::of).toList());
        Invariants.check(
                version.sstables().size() == metas.size(),
                "a restored tree has other SSTables than its image",
                "sstables",
                version.sstables().size(),
                "image",
                metas.size());
        String problem = VersionChecker.findProblem(version);
        if (problem != null) {
            throw new CorruptionException(
                    "[tree "
                            + treeName
                            + "] the image's SSTables do not fit together: "
                            + problem
                            + "; the manifest is damaged, restore an earlier checkpoint");
        }
        return version;
    }
}
