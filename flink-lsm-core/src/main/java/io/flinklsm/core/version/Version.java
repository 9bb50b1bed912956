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
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Candidates;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.SortedLookups;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The SSTables of one tree at one moment, newest source first; immutable, safe for any thread. What
 * must hold between them is {@link VersionChecker}'s.
 *
 * <pre>
 * L0  [a    m] g9        one run a generation, newest first; runs may overlap
 * L0  [c  h] [k   z] g8
 * L1  [a c] [d     p] [q z]   one run a level, older than all above
 * L2  [b   f] [g       y]
 * </pre>
 *
 * <p>An SSTable is identified by its file name and its clip: after a rescale one file may be listed
 * twice, with disjoint clips.
 */
public final class Version {

    public static final Version EMPTY = new Version(List.of(), List.of());

    /** Of fewer, one of the first has the answer: to look at all costs more than it spares. */
    private static final int MANY_RUNS = 5;

    private final List<SortedRun> level0Runs;
    private final List<Level> deeper;
    private final List<SortedRun> runs;
    private final List<Sstable> level0;
    private final long sizeBytes;
    private final long largestFileBytes;

    private Version(List<SortedRun> level0Runs, List<Level> deeper) {
        this.level0Runs = List.copyOf(level0Runs);
        this.deeper = List.copyOf(deeper);
        List<SortedRun> all = new ArrayList<>(level0Runs);
        deeper.forEach(level -> all.add(level.run()));
        this.runs = List.copyOf(all);
        List<Sstable> flat = new ArrayList<>();
        level0Runs.forEach(run -> flat.addAll(run.sstables()));
        this.level0 = List.copyOf(flat);
        this.largestFileBytes =
                runs.stream()
                        .flatMap(run -> run.sstables().stream())
                        .mapToLong(sstable -> sstable.meta().sizeBytes())
                        .max()
                        .orElse(0);
        this.sizeBytes = runs.stream().mapToLong(SortedRun::sizeBytes).sum();
    }

    /** Puts SSTables where their level and generation say; in any order. Checks nothing. */
    public static Version of(Collection<Sstable> sstables) {
        TreeMap<Long, List<Sstable>> byGeneration = new TreeMap<>(Comparator.reverseOrder());
        TreeMap<Integer, List<Sstable>> byLevel = new TreeMap<>();
        for (Sstable sstable : sstables) {
            SstableMeta meta = sstable.meta();
            if (meta.level() == 0) {
                byGeneration
                        .computeIfAbsent(meta.generation(), key -> new ArrayList<>())
                        .add(sstable);
            } else {
                byLevel.computeIfAbsent(meta.level(), key -> new ArrayList<>()).add(sstable);
            }
        }
        List<SortedRun> level0Runs = new ArrayList<>();
        byGeneration
                .values()
                .forEach(group -> level0Runs.add(new SortedRun(0, sortedByKey(group))));
        List<Level> deeper = new ArrayList<>();
        byLevel.forEach((number, group) -> deeper.add(new Level(number, sortedByKey(group))));
        return new Version(level0Runs, deeper);
    }

    private static List<Sstable> sortedByKey(List<Sstable> sstables) {
        Comparator<Sstable> byFirstKey = Comparator.comparing(Version::firstKey);
        sstables.sort(byFirstKey.thenComparing(sstable -> sstable.meta().fileName()));
        return sstables;
    }

    private static OwnedSlice firstKey(Sstable sstable) {
        return sstable.meta().visibleRange().start();
    }

    /** Newest generation first; of one generation, in key order. */
    public List<Sstable> level0() {
        return level0;
    }

    /** How many sources level 0 is: SSTables of one generation are disjoint and count once. */
    public int level0Runs() {
        return level0Runs.size();
    }

    /** Levels 1 and below that hold anything, in the order of their numbers. */
    public List<Level> deeper() {
        return deeper;
    }

    /** All sources, newest first: the runs of level 0, then one a level. */
    public List<SortedRun> runs() {
        return runs;
    }

    public boolean isEmpty() {
        return runs.isEmpty();
    }

    /** Length of all files, clipped or not. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Number of the deepest level that holds anything; 0 if only level 0 does, or none. */
    public int deepestLevel() {
        return deeper.isEmpty() ? 0 : deeper.get(deeper.size() - 1).number();
    }

    /** Length of the longest file; 0 if there is none. */
    public long largestFileBytes() {
        return largestFileBytes;
    }

    /** Newest source first; inside a run in key order: the order of an image. */
    public List<Sstable> sstables() {
        List<Sstable> all = new ArrayList<>();
        runs.forEach(run -> all.addAll(run.sstables()));
        return all;
    }

    /** The metas of {@link #sstables}, in the same order. */
    public List<SstableMeta> metas() {
        List<SstableMeta> metas = new ArrayList<>();
        for (SortedRun run : runs) {
            for (Sstable sstable : run.sstables()) {
                metas.add(sstable.meta());
            }
        }
        return metas;
    }

    /** Whether any SSTable of the level can hold keys of the range. */
    public boolean overlaps(int level, KeyRange range) {
        for (SortedRun run : runs) {
            if (run.level() == level && !run.overlapping(range).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Offers the key's entries to the lookup, newest first; true if it is done. */
    public boolean get(KeyBuffer key, Lookup lookup) throws IOException {
        if (runs.size() >= MANY_RUNS) {
            return getFromMany(key, lookup);
        }
        for (int i = 0; i < runs.size(); i++) {
            if (runs.get(i).get(key, lookup)) {
                return true;
            }
        }
        return false;
    }

    private boolean getFromMany(KeyBuffer key, Lookup lookup) throws IOException {
        Candidates candidates = lookup.candidates();
        try {
            for (int i = 0; i < runs.size(); i++) {
                Sstable sstable = runs.get(i).find(key.slice());
                if (sstable != null && !sstable.addTo(candidates, key)) {
                    // To be opened only if no newer one has the answer: it may be far away.
                    if (candidates.ask(key, lookup) || sstable.get(key, lookup)) {
                        return true;
                    }
                }
            }
            return candidates.ask(key, lookup);
        } finally {
            candidates.release();
        }
    }

    /** The same for many keys: each run gets those that the newer ones have left open. */
    public void get(SortedLookups lookups) {
        for (int i = 0; i < runs.size() && lookups.openCount() > 0; i++) {
            runs.get(i).get(lookups);
            lookups.dropDone();
        }
    }

    /** Whether all files are on this machine, so that their readers wait for no other one. */
    public boolean answersAtOnce() {
        return runs.stream().allMatch(SortedRun::answersAtOnce);
    }

    /**
     * Estimate of what would be left if all runs were compacted into one. The oldest run is live,
     * and of each newer one the SSTables that overlap nothing older: as RocksDB estimates it. A
     * part of what overlaps may be new as well, so it is rather too low.
     */
    public long liveBytesEstimated() {
        long bytes = 0;
        for (int i = runs.size() - 1; i >= 0; i--) {
            SortedRun run = runs.get(i);
            List<SortedRun> older = runs.subList(i + 1, runs.size());
            for (int file = 0; file < run.sstables().size(); file++) {
                KeyRange range = run.range(file);
                if (older.stream().allMatch(each -> each.overlapping(range).isEmpty())) {
                    bytes += run.sstables().get(file).meta().sizeBytes();
                }
            }
        }
        return bytes;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (SortedRun run : runs) {
            text.append(text.isEmpty() ? "" : "\n").append(run);
        }
        return text.toString();
    }
}
