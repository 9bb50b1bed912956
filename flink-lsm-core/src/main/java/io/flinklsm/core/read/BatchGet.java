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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.merge.SortedLookups;
import io.flinklsm.core.tree.ReadCounters;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Gets of one tree that are asked for together. The writer asks the memory for one key after the
 * other ({@code LsmTree.find}); what memory does not answer is a {@link Miss}. When all keys have
 * been asked for, the misses are split into {@link Part parts}, which other threads read.
 *
 * <p>A miss is a read as of the moment in which it was made: it has taken what memory had of its
 * key, and it pins the files of that moment. So the writer goes on at once, and what it writes
 * afterwards does not show:
 *
 * <pre>
 * writer     get a (miss)   put a 2   get a → 2
 * part                 reads a → 1
 * </pre>
 *
 * <p>A key that is missed twice in the same files is one miss. The misses of a part are in key
 * order, and go through the files together: {@link SortedLookups}.
 *
 * <p>Confined to the writer's thread until it is split; then each part is confined to the thread
 * that reads it.
 *
 * @param <W> what the caller remembers of those who wait for a miss
 */
public final class BatchGet<W> {

    /** A part whose files are here has at least so many misses if the batch has them. */
    private final int partMissesMin;

    // Of the latest answer of memory.
    private Lookup lookup = new Lookup();
    private ValueBuffer value = new ValueBuffer();
    private boolean found;

    private @Nullable ReadCounters counters;

    // What was missed.
    private final List<Group<W>> groups = new ArrayList<>();
    private int missCount;
    private int sharedCount;

    /**
     * @param partMissesMin how many misses a part has at least if there are so many, and their
     *     files are on this machine
     */
    public BatchGet(int partMissesMin) {
        if (partMissesMin < 1) {
            throw new IllegalArgumentException("a part has a miss: partMissesMin=" + partMissesMin);
        }
        this.partMissesMin = partMissesMin;
    }

    /** What is missed in one view. */
    private static final class Group<W> {

        private final ReadView view;
        private final Map<OwnedSlice, Miss<W>> byKey = new HashMap<>();
        private final List<Miss<W>> misses = new ArrayList<>();
        private @Nullable MergeOperator operator;

        private Group(ReadView view) {
            this.view = view;
        }
    }

    /** A key whose value is in the files, or nowhere. */
    public static final class Miss<W> {

        private final OwnedSlice key;
        private final int prefixLength;
        private final ReadView view;

        /** With what memory has of the key; null if it has nothing. */
        private final @Nullable Lookup operands;

        private final ValueBuffer value;
        private final List<W> waiters = new ArrayList<>(1);
        private boolean found;
        private @Nullable IOException failure;

        private Miss(
                OwnedSlice key,
                int prefixLength,
                ReadView view,
                @Nullable Lookup operands,
                ValueBuffer value) {
            this.key = key;
            this.prefixLength = prefixLength;
            this.view = view;
            this.operands = operands;
            this.value = value;
        }

        /** Those who wait for the value. */
        public List<W> waiters() {
            return waiters;
        }

        /** Whether the key has a value; once it was read. */
        public boolean isFound() {
            return found;
        }

        /** Why the files could not be read; null if they were. */
        public @Nullable IOException failure() {
            return failure;
        }

        /** The value; once it was read and found. */
        public ValueBuffer value() {
            return value;
        }

        /** Whether the value is what the files have, nothing of it being in memory. */
        public boolean isFromFiles() {
            return found && operands == null;
        }

        /** Whether it was read from these files. */
        public boolean isOf(@Nullable ReadView other) {
            return view == other;
        }

        /** Writes the key to the buffer, which is returned. */
        public KeyBuffer key(KeyBuffer buffer) {
            return buffer.set(key.bytesUnsafe(), 0, key.length(), prefixLength);
        }

        /** Makes the value of what was gathered, unless that has failed. */
        private void finish(Lookup lookup, @Nullable IOException cause) {
            failure = cause;
            try {
                found = cause == null && lookup.finish();
            } catch (UncheckedIOException e) {
                failure = e.getCause();
            } finally {
                lookup.end();
            }
        }

        private void end() {
            if (operands != null) {
                operands.end();
            }
        }
    }

    // ------------------------------------------------------------------------- for the tree only

    /** Where is counted what files are asked for. */
    void countTo(ReadCounters newCounters) {
        counters = newCounters;
    }

    /** What memory offers to. */
    public Lookup lookup() {
        return lookup;
    }

    /** Notes that memory has answered, to {@link #value} if there is a value. */
    public void answered(boolean isFound) {
        found = isFound;
        if (!isFound) {
            value.clear();
        }
    }

    /**
     * Notes that memory has not answered.
     *
     * @param pinned with a reference, which is the batch's from now on
     * @param hasOperands whether memory has offered operands, which the files' value is under
     */
    public Miss<W> missed(
            KeyBuffer key, ReadView pinned, boolean hasOperands, @Nullable MergeOperator operator) {
        Group<W> group = groups.isEmpty() ? null : groups.get(groups.size() - 1);
        if (group != null && group.view == pinned) {
            pinned.release();
        } else {
            group = new Group<>(pinned);
            groups.add(group);
        }
        OwnedSlice owned = key.toOwned();
        if (!hasOperands) {
            Miss<W> same = group.byKey.get(owned);
            if (same != null) {
                sharedCount++;
                return same;
            }
        }
        Miss<W> miss;
        if (hasOperands) {
            miss = new Miss<>(owned, key.prefixLength(), pinned, lookup, value);
            lookup = new Lookup();
            value = new ValueBuffer();
        } else {
            miss = new Miss<>(owned, key.prefixLength(), pinned, null, new ValueBuffer(0));
        }
        group.operator = operator;
        group.misses.add(miss);
        if (!hasOperands) {
            group.byKey.put(owned, miss);
        }
        missCount++;
        return miss;
    }

    // ---------------------------------------------------------------------------- for the caller

    /** Whether memory had a value, if it has answered. */
    public boolean isFound() {
        return found;
    }

    /** The value that memory had, borrowed until the next key is asked for. */
    public ValueBuffer value() {
        return value;
    }

    /** How many keys are to be read from files. */
    public int missCount() {
        return missCount;
    }

    /** How many gets found their key among the misses already. */
    public int sharedCount() {
        return sharedCount;
    }

    /**
     * Splits what was missed; the batch is empty afterwards, and may be used again. Each part is to
     * be released, read or not.
     *
     * @param partsMax how many parts there are at most, but for more if files have changed
     *     meanwhile
     * @param atHandMax how many there are at most of misses whose files are on this machine: they
     *     take a processor's time, and the others wait for another machine
     */
    public List<Part<W>> split(int partsMax, int atHandMax) {
        Invariants.check(
                partsMax > 0 && atHandMax > 0,
                "a batch is split into no parts",
                "partsMax",
                partsMax,
                "atHandMax",
                atHandMax);
        List<Part<W>> all = new ArrayList<>();
        for (Group<W> group : groups) {
            boolean isAtHand = group.view.answersAtOnce();
            long parts = isAtHand ? Math.min(partsMax, atHandMax) : partsMax;
            split(
                    group,
                    Math.max(1, (int) (parts * group.misses.size() / missCount)),
                    isAtHand,
                    all);
        }
        groups.clear();
        missCount = 0;
        sharedCount = 0;
        return all;
    }

    private void split(Group<W> group, int partsMax, boolean isAtHand, List<Part<W>> parts) {
        List<Miss<W>> misses = group.misses;
        misses.sort(Comparator.comparing(miss -> miss.key));
        int missesMin = isAtHand ? partMissesMin : 1;
        int count = Math.max(1, Math.min(partsMax, misses.size() / missesMin));
        AtomicInteger open = new AtomicInteger(count);
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) misses.size() * i / count);
            int to = (int) ((long) misses.size() * (i + 1) / count);
            Invariants.check(from < to, "a part has no miss", "from", from, "to", to);
            parts.add(new Part<>(group, misses.subList(from, to), isAtHand, open, counters));
        }
    }

    /** Misses that one thread reads. */
    public static final class Part<W> {

        /**
         * So many go through the files together: enough that few blocks have keys of two such
         * turns, and few enough that what they are looked up with stays in the processor's cache.
         */
        private static final int TURN_MISSES = 64;

        private final ReadView view;
        private final @Nullable MergeOperator operator;
        private final @Nullable ReadCounters counters;
        private final List<Miss<W>> misses;
        private final boolean isAtHand;
        private final AtomicInteger openParts;

        private Part(
                Group<W> group,
                List<Miss<W>> misses,
                boolean isAtHand,
                AtomicInteger openParts,
                @Nullable ReadCounters counters) {
            this.view = group.view;
            this.operator = group.operator;
            this.counters = counters;
            this.isAtHand = isAtHand;
            this.misses = List.copyOf(misses);
            if (Invariants.ENABLED) {
                for (int i = 1; i < misses.size(); i++) {
                    Invariants.check(
                            misses.get(i - 1).key.compareTo(misses.get(i).key) <= 0,
                            "the misses of a part are not in key order",
                            "index",
                            i);
                }
            }
            this.openParts = openParts;
        }

        /** Whether all files that may be read are on this machine. */
        public boolean isAtHand() {
            return isAtHand;
        }

        /** In key order. */
        public List<Miss<W>> misses() {
            return misses;
        }

        /**
         * Reads all misses from the files, together.
         *
         * @throws IOException if some could not be read, and why the first of them could not; the
         *     others have their values, and {@link Miss#failure} tells which they are
         */
        public void read() throws IOException {
            Invariants.check(
                    openParts.get() > 0,
                    "a part is read whose files were let go",
                    "open",
                    openParts.get());
            int room = Math.min(TURN_MISSES, misses.size());
            SortedLookups lookups = new SortedLookups(room);
            Lookup[] spare = new Lookup[room];
            Lookup[] ofTurn = new Lookup[room];
            IOException first = null;
            for (int from = 0; from < misses.size(); from += TURN_MISSES) {
                int to = Math.min(misses.size(), from + TURN_MISSES);
                IOException failure = read(misses.subList(from, to), lookups, spare, ofTurn);
                if (first == null) {
                    first = failure;
                }
            }
            if (first != null) {
                throw first;
            }
        }

        /**
         * Reads some misses.
         *
         * @param spare are used, and used again
         * @return why the first of them could not be read, if any could not
         */
        private @Nullable IOException read(
                List<Miss<W>> turn, SortedLookups lookups, Lookup[] spare, Lookup[] ofTurn) {
            lookups.clear();
            for (int i = 0; i < turn.size(); i++) {
                Miss<W> miss = turn.get(i);
                Lookup lookup = miss.operands;
                if (lookup == null) {
                    lookup = spare[i];
                    if (lookup == null) {
                        lookup = new Lookup();
                        spare[i] = lookup;
                    }
                    lookup.start(operator, miss.value);
                }
                ofTurn[i] = lookup;
                lookups.add(miss.key, lookup);
            }
            IOException first = null;
            try {
                view.get(lookups);
                for (int i = 0; i < turn.size(); i++) {
                    Miss<W> miss = turn.get(i);
                    miss.finish(ofTurn[i], lookups.failure(i));
                    if (first == null) {
                        first = miss.failure;
                    }
                }
                if (counters != null) {
                    counters.filesOfOthers(ofTurn, turn.size());
                }
            } finally {
                // After an exception that is not of the files, some may hold some still.
                for (int i = 0; i < turn.size(); i++) {
                    ofTurn[i].end();
                }
            }
            return first;
        }

        /** To be called once. The last part of a view lets its files go. */
        public void release() {
            Cleanup.runAll(
                    () -> misses.forEach(Miss::end),
                    () -> {
                        if (openParts.decrementAndGet() == 0) {
                            view.release();
                        }
                    });
        }
    }
}
