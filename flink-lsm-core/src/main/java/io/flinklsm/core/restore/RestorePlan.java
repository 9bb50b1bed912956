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
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which SSTables of which images meet the wanted key ranges, and through which clips they are seen;
 * rewrites nothing.
 *
 * @param trees per tree the clipped metas of all sources, in the order of the sources
 * @param nextGeneration above the generation of every file
 */
public record RestorePlan(Map<String, List<SstableMeta>> trees, long nextGeneration) {
    public RestorePlan {
        if (nextGeneration < 0) {
            throw new IllegalArgumentException(
                    "generations begin at 0: nextGeneration=" + nextGeneration);
        }
        if (Invariants.ENABLED) {
            for (List<SstableMeta> metas : trees.values()) {
                for (SstableMeta meta : metas) {
                    Invariants.check(
                            meta.generation() < nextGeneration,
                            "a restored SSTable is as new as what will be written",
                            "generation",
                            meta.generation(),
                            "next",
                            nextGeneration);
                    Invariants.check(
                            !meta.visibleRange().isEmpty(),
                            "a restored SSTable shows no key",
                            "level",
                            meta.level());
                }
            }
        }
    }

    /**
     * Plans without touching a file.
     *
     * @throws IllegalArgumentException if the clips of two sources overlap: their ages could not be
     *     compared
     */
    public static RestorePlan of(List<RestoreSource> sources) {
        checkDisjoint(sources);
        Map<String, List<SstableMeta>> trees = new LinkedHashMap<>();
        long nextGeneration = 0;
        for (RestoreSource source : sources) {
            for (TreeImage tree : source.image().trees()) {
                List<SstableMeta> metas =
                        trees.computeIfAbsent(tree.treeName(), name -> new ArrayList<>());
                for (SstableMeta meta : tree.sstables()) {
                    nextGeneration = Math.max(nextGeneration, meta.generation() + 1);
                    if (meta.overlaps(source.clip())) {
                        metas.add(clipped(meta, source.clip()));
                    }
                }
            }
        }
        return new RestorePlan(trees, nextGeneration);
    }

    private static void checkDisjoint(List<RestoreSource> sources) {
        for (int i = 0; i < sources.size(); i++) {
            for (int j = 0; j < i; j++) {
                KeyRange a = sources.get(i).clip();
                KeyRange b = sources.get(j).clip();
                if (!a.intersect(b).isEmpty()) {
                    throw new IllegalArgumentException(
                            "two sources of a restore claim the same keys: clip="
                                    + a
                                    + ", clip="
                                    + b);
                }
            }
        }
    }

    /** A file that lies wholly inside needs no clip. */
    private static SstableMeta clipped(SstableMeta meta, KeyRange clip) {
        boolean inside = clip.contains(meta.minKey()) && clip.contains(meta.maxKey());
        return inside ? meta : meta.withClip(clip);
    }

    /** Names of all files that must be in the storage. */
    public Set<String> fileNames() {
        Set<String> names = new LinkedHashSet<>();
        trees.values().forEach(metas -> metas.forEach(meta -> names.add(meta.fileName())));
        return names;
    }
}
