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
package io.flinklsm.inspect.diff;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What has changed in a state from one checkpoint to another: entries that a restored job would
 * see.
 *
 * <p>A key of which all versions are in files that both checkpoints have cannot have changed. So
 * where little is not shared, the keys of those other files are looked up on both sides; else both
 * sides are read from one end to the other.
 *
 * @param before null if the first checkpoint does not have the state
 * @param after null if the second does not
 * @param sharedBytes length of the files that both have
 * @param growing the keys that have grown most, or shrunk, the greatest difference first
 * @param places where else the growth is
 */
public record StateDiff(
        @Nullable StateView before,
        @Nullable StateView after,
        Entries added,
        Entries removed,
        Changes changed,
        long sharedBytes,
        List<KeyGrowth> growing,
        GrowthPlaces places) {

    /** Looking a key up costs as much as reading so many bytes of neighbours. */
    private static final int LOOKUP_COST = 4;

    private static final int TICK_ENTRIES = 1 << 10;

    /**
     * Entries that one of the checkpoints alone has.
     *
     * @param bytes of keys and values as serialised
     */
    public record Entries(long count, long bytes) {}

    /**
     * Entries that have another value.
     *
     * @param bytesBefore of keys and values as serialised, in the first checkpoint
     * @param bytesAfter the same in the second
     */
    public record Changes(long count, long bytesBefore, long bytesAfter) {}

    /**
     * How much a key has grown.
     *
     * @param name as {@code scan} shows it
     * @param entries how many more there are; negative if there are fewer
     */
    public record KeyGrowth(String name, int keyGroup, long entries, long bytes) {}

    public StateDiff {
        growing = List.copyOf(growing);
        if (before == null && after == null) {
            throw new IllegalArgumentException("a state of neither checkpoint");
        }
    }

    /** The state, as one of the checkpoints has it. */
    public StateView view() {
        StateView view = after == null ? before : after;
        if (view == null) {
            throw new IllegalStateException("checked before");
        }
        return view;
    }

    public boolean isSame() {
        return added.count() == 0 && removed.count() == 0 && changed.count() == 0;
    }

    /** How much the live data have grown. */
    public long liveBytesGrowth() {
        return added.bytes() - removed.bytes() + changed.bytesAfter() - changed.bytesBefore();
    }

    /** How much the files have grown. */
    public long fileBytesGrowth() {
        return (after == null ? 0 : after.sizeBytes()) - (before == null ? 0 : before.sizeBytes());
    }

    /** How many more entries are stored that a restored job would not see. */
    public long deadEntriesGrowth() {
        return (after == null ? 0 : after.entryCount())
                - (before == null ? 0 : before.entryCount())
                - (added.count() - removed.count());
    }

    /** How many more tombstones are stored. */
    public long tombstonesGrowth() {
        return (after == null ? 0 : after.tombstoneCount())
                - (before == null ? 0 : before.tombstoneCount());
    }

    /**
     * Compares a state.
     *
     * @param keys how many of the keys that have grown are wanted
     * @param progress called again and again while it reads
     */
    public static StateDiff of(
            @Nullable StateView before, @Nullable StateView after, int keys, Runnable progress)
            throws IOException {
        Set<String> shared = new HashSet<>();
        long sharedBytes = 0;
        if (before != null && after != null && haveSameParts(before, after)) {
            Set<String> ofBefore = new HashSet<>();
            before.sstables().forEach(meta -> ofBefore.add(id(meta)));
            for (SstableMeta meta : after.sstables()) {
                if (ofBefore.contains(id(meta)) && shared.add(id(meta))) {
                    sharedBytes += meta.sizeBytes();
                }
            }
        }
        try (Sides sides = Sides.open(before, after)) {
            Comparing comparing = new Comparing(sides, keys, progress);
            long all = size(before) + size(after);
            long own = all - 2 * sharedBytes;
            if (own * LOOKUP_COST < all) {
                comparing.lookUp(meta -> !shared.contains(id(meta)));
            } else {
                comparing.join();
            }
            return comparing.result(before, after, sharedBytes);
        }
    }

    private static long size(@Nullable StateView view) {
        return view == null ? 0 : view.sizeBytes();
    }

    /** A file with another clip shows other entries. */
    private static String id(SstableMeta meta) {
        return meta.fileName() + " " + meta.clip();
    }

    /** Whether the subtasks have the same key groups: there was no rescale. */
    private static boolean haveSameParts(StateView before, StateView after) {
        return keyGroups(before).equals(keyGroups(after));
    }

    private static List<Integer> keyGroups(StateView view) {
        List<Integer> groups = new ArrayList<>();
        for (StateView.Part part : view.parts()) {
            groups.add(part.store().keyGroups().first());
            groups.add(part.store().keyGroups().last());
        }
        return groups;
    }

    /** The two states, open for reading; null where a checkpoint does not have it. */
    private record Sides(@Nullable MergedState before, @Nullable MergedState after)
            implements AutoCloseable {

        static Sides open(@Nullable StateView before, @Nullable StateView after)
                throws IOException {
            MergedState first = before == null ? null : MergedState.open(before);
            try {
                return new Sides(first, after == null ? null : MergedState.open(after));
            } catch (IOException | RuntimeException | Error e) {
                if (first != null) {
                    first.close();
                }
                throw e;
            }
        }

        MergedState either() {
            MergedState state = after == null ? before : after;
            if (state == null) {
                throw new IllegalArgumentException("a state of neither checkpoint");
            }
            return state;
        }

        @Override
        public void close() {
            try {
                if (after != null) {
                    after.close();
                }
            } finally {
                if (before != null) {
                    before.close();
                }
            }
        }
    }

    /** A comparison on its way. */
    private static final class Comparing {
        private final Sides sides;
        private final Runnable progress;
        private final GrowingKeys growing;
        private final GrowthPlaces.Counting places;
        private long added;
        private long addedBytes;
        private long removed;
        private long removedBytes;
        private long changed;
        private long changedBytesBefore;
        private long changedBytesAfter;
        private long entries;

        Comparing(Sides sides, int keys, Runnable progress) {
            this.sides = sides;
            this.progress = progress;
            growing = new GrowingKeys(sides.either(), keys);
            places = new GrowthPlaces.Counting(sides.either());
        }

        /** Walks over both sides together. */
        void join() throws IOException {
            try (EntryCursor before = cursor(sides.before());
                    EntryCursor after = cursor(sides.after())) {
                boolean hasBefore = before.next();
                boolean hasAfter = after.next();
                while (hasBefore || hasAfter) {
                    int order =
                            !hasBefore ? 1 : !hasAfter ? -1 : before.key().compareTo(after.key());
                    compare(
                            order <= 0 ? before.key() : after.key(),
                            order <= 0 ? value(before) : null,
                            order >= 0 ? value(after) : null);
                    hasBefore = order <= 0 ? before.next() : hasBefore;
                    hasAfter = order >= 0 ? after.next() : hasAfter;
                }
            }
        }

        private static EntryCursor cursor(@Nullable MergedState state) throws IOException {
            return state == null ? new NoEntries() : state.cursor(KeyRange.ALL);
        }

        private static LargeValue value(EntryCursor cursor) throws IOException {
            LargeValue large = cursor.largeValue();
            return large == null ? LargeValue.of(cursor.value()) : large;
        }

        /** Looks up, on both sides, the keys of the files that are not shared. */
        void lookUp(Predicate<SstableMeta> own) throws IOException {
            List<EntryCursor> candidates = new ArrayList<>();
            for (MergedState state : new @Nullable MergedState[] {sides.after(), sides.before()}) {
                if (state != null) {
                    candidates.addAll(state.keysOf(own));
                }
            }
            if (candidates.isEmpty()) {
                return;
            }
            Lookup before = new Lookup();
            Lookup after = new Lookup();
            ValueBuffer valueBefore = new ValueBuffer();
            ValueBuffer valueAfter = new ValueBuffer();
            KeyBuffer key = new KeyBuffer();
            // Only keys count here, so it does not matter which of two entries stands for one.
            try (EntryCursor keys =
                    CollapsingCursor.compacting(
                            candidates, null, null, TombstoneRule.of(List.of(KeyRange.ALL)))) {
                while (keys.next()) {
                    key.set(keys.key(), keys.key().length());
                    try {
                        compare(
                                keys.key(),
                                get(sides.before(), key, before, valueBefore),
                                get(sides.after(), key, after, valueAfter));
                    } finally {
                        before.end();
                        after.end();
                    }
                }
            }
        }

        private static @Nullable LargeValue get(
                @Nullable MergedState state, KeyBuffer key, Lookup lookup, ValueBuffer out)
                throws IOException {
            if (state == null) {
                return null;
            }
            state.get(key, lookup, out);
            return lookup.isFound() ? lookup.result() : null;
        }

        private void compare(Slice key, @Nullable LargeValue before, @Nullable LargeValue after)
                throws IOException {
            if (++entries % TICK_ENTRIES == 0) {
                progress.run();
            }
            long bytesBefore = before == null ? 0 : key.length() + before.length();
            long bytesAfter = after == null ? 0 : key.length() + after.length();
            if (before == null && after == null) {
                return;
            }
            if (before == null) {
                added++;
                addedBytes += bytesAfter;
            } else if (after == null) {
                removed++;
                removedBytes += bytesBefore;
            } else if (isSame(before, after)) {
                return;
            } else {
                changed++;
                changedBytesBefore += bytesBefore;
                changedBytesAfter += bytesAfter;
            }
            int moreEntries = (after == null ? 0 : 1) - (before == null ? 0 : 1);
            growing.add(key, moreEntries, bytesAfter - bytesBefore);
            places.add(key, moreEntries, bytesAfter - bytesBefore);
        }

        private static boolean isSame(LargeValue before, LargeValue after) throws IOException {
            if (before.length() != after.length()) {
                return false;
            }
            byte[] left = new byte[(int) Math.min(1 << 13, before.length())];
            byte[] right = new byte[left.length];
            try (InputStream first = before.open();
                    InputStream second = after.open()) {
                for (long rest = before.length(); rest > 0; ) {
                    int count = (int) Math.min(rest, left.length);
                    if (first.readNBytes(left, 0, count) != count
                            || second.readNBytes(right, 0, count) != count) {
                        throw new IOException("a value is shorter than it says");
                    }
                    if (!Arrays.equals(left, 0, count, right, 0, count)) {
                        return false;
                    }
                    rest -= count;
                }
            }
            return true;
        }

        StateDiff result(@Nullable StateView before, @Nullable StateView after, long sharedBytes) {
            return new StateDiff(
                    before,
                    after,
                    new Entries(added, addedBytes),
                    new Entries(removed, removedBytes),
                    new Changes(changed, changedBytesBefore, changedBytesAfter),
                    sharedBytes,
                    growing.result(),
                    places.result());
        }
    }
}
