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
package io.flinklsm.inspect.profile;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sketch.HeavyKey;
import io.flinklsm.core.sketch.KeyGroupShare;
import io.flinklsm.core.sketch.KeySample;
import io.flinklsm.core.sketch.KeySketch;
import io.flinklsm.core.sketch.KeySketchBuilder;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of a state, from the sketches of its SSTables. A file without one (it is small,
 * older than sketches, or clipped, so that its sketch tells of keys that are not here) is read
 * instead. Immutable.
 *
 * <p>Stored means: every file counts. A key whose value was overwritten counts in each file that
 * has a version of it, and tombstones count as entries.
 *
 * @param columns of the newest file; null if it has none
 * @param bytes of keys and values, before compression
 * @param sizes how many entries have 2^i up to 2^(i+1) - 1 bytes
 * @param groups by key group; what a file says of several groups together is spread evenly
 */
public record StateProfile(
        StateView view,
        @Nullable EntryColumns columns,
        Effort effort,
        long entries,
        long bytes,
        List<Long> sizes,
        Map<Integer, Group> groups,
        Keys keys) {

    /** Native memory for block indexes of files that are read. */
    private static final long BUDGET_BYTES = 32L << 20;

    /** Keys of which bounds are computed; more are never shown. */
    private static final int HEAVY_MAX = 1000;

    private static final int TICK_ENTRIES = 1 << 12;

    /**
     * What was read to learn it.
     *
     * @param sketchedFiles files of which the sketch was read
     * @param readFiles files that were read whole, and {@code readBytes} their length
     */
    public record Effort(int sketchedFiles, int readFiles, long readBytes) {}

    /**
     * Which keys there are.
     *
     * @param areWhole whether nothing tells where keys end, so that each entry counts as one
     * @param heaviest by bytes, the largest first
     * @param omitted what a key that is not among them has at most
     */
    public record Keys(boolean areWhole, List<Heavy> heaviest, Bound omitted, KeySample sample) {

        public Keys {
            heaviest = List.copyOf(heaviest);
        }
    }

    /** What is stored for a key group. */
    public record Group(double entries, double bytes, boolean isExact) {
        Group plus(Group other) {
            return new Group(
                    entries + other.entries, bytes + other.bytes, isExact && other.isExact);
        }
    }

    /** An upper bound of what something weighs. */
    public record Bound(long entries, long bytes) {
        static final Bound NONE = new Bound(0, 0);

        Bound plus(Bound other) {
            return new Bound(entries + other.entries, bytes + other.bytes);
        }

        Bound max(Bound other) {
            return new Bound(Math.max(entries, other.entries), Math.max(bytes, other.bytes));
        }
    }

    /**
     * A key that takes much.
     *
     * @param entries at least; {@code most.entries()} at most
     * @param bytes at least; {@code most.bytes()} at most
     */
    public record Heavy(
            OwnedSlice key, long hash, long entries, long tombstones, long bytes, Bound most) {

        /** Whether the end of a long key is missing. */
        public boolean isCut() {
            return key.length() >= HeavyKey.KEY_BYTES_MAX;
        }
    }

    public StateProfile {
        sizes = List.copyOf(sizes);
        groups = Map.copyOf(groups);
    }

    /** How many different keys are stored, deleted ones included until they are merged away. */
    public long keyEstimate() {
        return keys.sample().estimate();
    }

    /** A key as {@code scan} shows it. */
    public String nameOf(Heavy key) {
        return new KeyTexts(columns).ofKey(key.key(), key.isCut());
    }

    /** The key group of a key; -1 if keys have none. */
    public int groupOf(Heavy key) {
        return KeyTexts.keyGroup(key.key(), keyGroupBytes(view, columns));
    }

    /** A file with its sketch. */
    private record Sketched(SstableMeta meta, KeySketch sketch) {}

    /**
     * Reads the footers of a state's files, and those files that have no sketch.
     *
     * @param progress called again and again while it reads
     */
    public static StateProfile of(StateView view, Runnable progress) throws IOException {
        EntryColumns columns = MergedState.columns(view);
        List<List<Sketched>> parts = new ArrayList<>();
        int sketchedFiles = 0;
        int readFiles = 0;
        long readBytes = 0;
        MemoryBudget budget = MemoryBudget.root("profile", BUDGET_BYTES);
        BlockCache cache = new BlockCache(budget.child("cache", 0, BUDGET_BYTES / 4));
        try {
            for (StateView.Part part : view.parts()) {
                List<Sketched> files = new ArrayList<>();
                for (SstableMeta meta : part.sstables()) {
                    KeySketch sketch = meta.clip() == null ? footer(part, meta) : null;
                    if (sketch != null) {
                        sketchedFiles++;
                    } else {
                        sketch = read(view, part, meta, columns, budget, cache, progress);
                        readFiles++;
                        readBytes += meta.sizeBytes();
                    }
                    files.add(new Sketched(meta, sketch));
                    progress.run();
                }
                parts.add(files);
            }
        } finally {
            cache.close();
            budget.close();
        }
        return of(view, columns, parts, new Effort(sketchedFiles, readFiles, readBytes));
    }

    private static @Nullable KeySketch footer(StateView.Part part, SstableMeta meta)
            throws IOException {
        try {
            return OpenSstables.readSketch(part.store().storage(), meta.fileName());
        } catch (NoSuchFileException e) {
            throw missing(part, meta, e);
        }
    }

    private static InspectException missing(
            StateView.Part part, SstableMeta meta, NoSuchFileException cause) {
        return InspectException.unreadable(
                "["
                        + part.store().storage().describe(meta.fileName())
                        + "] the SSTable is missing; bring it back, \"flink-lsm verify\" lists all"
                        + " that are.",
                cause);
    }

    private static KeySketch read(
            StateView view,
            StateView.Part part,
            SstableMeta meta,
            @Nullable EntryColumns columns,
            MemoryBudget budget,
            BlockCache cache,
            Runnable progress)
            throws IOException {
        KeySplitter splitter = new KeySplitter(columns);
        KeySketchBuilder builder = new KeySketchBuilder(keyGroupBytes(view, columns));
        ValueBuffer last = new ValueBuffer();
        Slice lastView = new Slice();
        long entries = 0;
        OpenSstables open = new OpenSstables(part.store().storage(), budget, cache, 1);
        try (EntryCursor cursor = open.of(meta).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                Slice key = cursor.key();
                splitter.split(key);
                builder.add(
                        key,
                        splitter.keyEnd(),
                        key.hash64(),
                        last.view(lastView),
                        cursor.kind(),
                        key.length() + LiveProfile.valueBytes(cursor));
                last.set(key);
                if (++entries % TICK_ENTRIES == 0) {
                    progress.run();
                }
            }
        } catch (NoSuchFileException e) {
            throw missing(part, meta, e);
        } finally {
            open.close();
        }
        return builder.build(last.view(lastView));
    }

    public static int keyGroupBytes(StateView view, @Nullable EntryColumns columns) {
        return columns == null ? view.keyGroupBytes() : columns.keyGroupBytes();
    }

    private static StateProfile of(
            StateView view,
            @Nullable EntryColumns columns,
            List<List<Sketched>> parts,
            Effort effort) {
        boolean wholeKeys = false;
        long entries = 0;
        long bytes = 0;
        List<Long> sizes = new ArrayList<>();
        Map<Integer, Group> groups = new HashMap<>();
        List<Heavy> heaviest = new ArrayList<>();
        Bound omitted = Bound.NONE;
        KeySample sample = KeySample.none();
        for (List<Sketched> files : parts) {
            for (Sketched file : files) {
                KeySketch sketch = file.sketch();
                wholeKeys |= sketch.wholeKeys();
                entries += sketch.entries();
                bytes += sketch.bytes();
                for (int i = 0; i < sketch.sizes().size(); i++) {
                    if (i == sizes.size()) {
                        sizes.add(0L);
                    }
                    sizes.set(i, sizes.get(i) + sketch.sizes().get(i));
                }
                addGroups(sketch, groups);
                sample = sample.union(sketch.sample());
            }
            heaviest.addAll(heaviest(files));
            // Key groups, and so keys, are in one part only.
            omitted = omitted.max(omitted(files));
        }
        heaviest.sort(
                (left, right) ->
                        left.bytes() != right.bytes()
                                ? Long.compare(right.bytes(), left.bytes())
                                : left.key().compareTo(right.key()));
        return new StateProfile(
                view,
                columns,
                effort,
                entries,
                bytes,
                sizes,
                groups,
                new Keys(wholeKeys, heaviest, omitted, sample));
    }

    private static void addGroups(KeySketch sketch, Map<Integer, Group> groups) {
        for (KeyGroupShare share : sketch.groups()) {
            int count = share.groupCount();
            var each =
                    new Group(
                            (double) share.entries() / count,
                            (double) share.bytes() / count,
                            count == 1);
            for (int i = 0; i < count; i++) {
                groups.merge(share.firstGroup() + i, each, Group::plus);
            }
        }
    }

    /** Tells keys apart that are alike as far as they are kept. */
    private record KeyId(OwnedSlice key, long hash) {}

    /** The keys that some file of a part lists, with what all of them say. */
    private static List<Heavy> heaviest(List<Sketched> files) {
        Map<KeyId, Heavy> sums = new HashMap<>();
        Map<KeyId, Bound> listed = new HashMap<>();
        for (Sketched file : files) {
            Bound bound = omitted(file);
            for (HeavyKey key : file.sketch().heavy().list()) {
                KeyId id = new KeyId(key.key(), key.hash());
                Heavy before = sums.get(id);
                sums.put(
                        id,
                        new Heavy(
                                key.key(),
                                key.hash(),
                                key.entries() + (before == null ? 0 : before.entries()),
                                key.tombstones() + (before == null ? 0 : before.tombstones()),
                                key.bytes() + (before == null ? 0 : before.bytes()),
                                Bound.NONE));
                listed.merge(id, bound, Bound::plus);
            }
        }
        List<Heavy> heaviest = new ArrayList<>(sums.values());
        heaviest.sort((left, right) -> Long.compare(right.bytes(), left.bytes()));
        List<Heavy> bounded = new ArrayList<>();
        List<Heavy> byEntries = new ArrayList<>(sums.values());
        byEntries.sort((left, right) -> Long.compare(right.entries(), left.entries()));
        Map<KeyId, Heavy> wanted = new HashMap<>();
        for (int i = 0; i < Math.min(HEAVY_MAX, heaviest.size()); i++) {
            for (Heavy key : List.of(heaviest.get(i), byEntries.get(i))) {
                wanted.put(new KeyId(key.key(), key.hash()), key);
            }
        }
        wanted.forEach(
                (id, key) -> {
                    Bound elsewhere = listed.getOrDefault(id, Bound.NONE);
                    Bound possible = covering(files, key.key());
                    bounded.add(
                            new Heavy(
                                    key.key(),
                                    key.hash(),
                                    key.entries(),
                                    key.tombstones(),
                                    key.bytes(),
                                    new Bound(
                                            key.entries()
                                                    + Math.max(
                                                            0,
                                                            possible.entries()
                                                                    - elsewhere.entries()),
                                            key.bytes()
                                                    + Math.max(
                                                            0,
                                                            possible.bytes()
                                                                    - elsewhere.bytes()))));
                });
        return bounded;
    }

    /** What the files that may have entries of a key do not list at most, one each. */
    private static Bound covering(List<Sketched> files, OwnedSlice key) {
        KeyRange range = KeyRange.ofPrefix(key);
        Bound sum = Bound.NONE;
        for (Sketched file : files) {
            if (file.meta().overlaps(range)) {
                sum = sum.plus(omitted(file));
            }
        }
        return sum;
    }

    private static Bound omitted(Sketched file) {
        return new Bound(
                file.sketch().heavy().omittedEntries(), file.sketch().heavy().omittedBytes());
    }

    /**
     * What a key that no file lists can have: in each file of level 0 what is omitted there; in
     * another level it is in one file, or at the end of one and the beginning of the next.
     */
    private static Bound omitted(List<Sketched> files) {
        Bound sum = Bound.NONE;
        Map<Integer, Bound> levels = new HashMap<>();
        Map<Integer, Bound> before = new HashMap<>();
        for (Sketched file : files) {
            int level = file.meta().level();
            Bound own = omitted(file);
            if (level == 0) {
                sum = sum.plus(own);
            } else {
                Bound pair = own.plus(before.getOrDefault(level, Bound.NONE));
                levels.merge(level, pair, Bound::max);
                before.put(level, own);
            }
        }
        for (Bound level : levels.values()) {
            sum = sum.plus(level);
        }
        return sum;
    }
}
