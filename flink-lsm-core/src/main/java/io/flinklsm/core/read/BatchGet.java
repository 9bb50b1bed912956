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
 * order, so that those which stand in the same file and block come one after another.
 *
 * <p>Confined to the writer's thread until it is split; then each part is confined to the thread
 * that reads it.
 *
 * @param <W> what the caller remembers of those who wait for a miss
 */
public final class BatchGet<W> {

    /** A part has at least so many misses if the batch has them. */
    private final int partMissesMin;

    // Of the latest answer of memory.
    private Lookup lookup = new Lookup();
    private ValueBuffer value = new ValueBuffer();
    private boolean found;

    // What was missed.
    private final List<Group<W>> groups = new ArrayList<>();
    private int missCount;
    private int sharedCount;

    /**
     * @param partMissesMin how many misses a part has at least if there are so many
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

        private Group(ReadView view) {
            this.view = view;
        }
    }

    /** A key whose value is in the files, or nowhere. */
    public static final class Miss<W> {

        private final OwnedSlice key;
        private final int prefixLength;
        private final ReadView view;
        private final Lookup lookup;
        private final ValueBuffer value;
        private final boolean hasOperands;
        private final List<W> waiters = new ArrayList<>(1);
        private boolean found;

        private Miss(
                OwnedSlice key,
                int prefixLength,
                ReadView view,
                Lookup lookup,
                ValueBuffer value,
                boolean hasOperands) {
            this.key = key;
            this.prefixLength = prefixLength;
            this.view = view;
            this.lookup = lookup;
            this.value = value;
            this.hasOperands = hasOperands;
        }

        /** Those who wait for the value. */
        public List<W> waiters() {
            return waiters;
        }

        /** Whether the key has a value; once it was read. */
        public boolean isFound() {
            return found;
        }

        /** The value; once it was read and found. */
        public ValueBuffer value() {
            return value;
        }

        /** Whether the value is what the files have, nothing of it being in memory. */
        public boolean isFromFiles() {
            return found && !hasOperands;
        }

        /** Whether it was read from these files. */
        public boolean isOf(@Nullable ReadView other) {
            return view == other;
        }

        /** Writes the key to the buffer, which is returned. */
        public KeyBuffer key(KeyBuffer buffer) {
            return buffer.set(key.bytesUnsafe(), 0, key.length(), prefixLength);
        }

        /** What it was looked up with. */
        Lookup lookup() {
            return lookup;
        }

        private void read(KeyBuffer scratch) throws IOException {
            try {
                view.get(key(scratch), lookup);
                found = lookup.finish();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } finally {
                lookup.end();
            }
        }
    }

    // ------------------------------------------------------------------------- for the tree only

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
            lookup.start(operator, value);
        }
        Miss<W> miss = new Miss<>(owned, key.prefixLength(), pinned, lookup, value, hasOperands);
        lookup = new Lookup();
        value = new ValueBuffer();
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
     */
    public List<Part<W>> split(int partsMax) {
        Invariants.check(partsMax > 0, "a batch is split into no parts", "partsMax", partsMax);
        List<Part<W>> parts = new ArrayList<>();
        for (Group<W> group : groups) {
            split(
                    group,
                    Math.max(1, (int) ((long) partsMax * group.misses.size() / missCount)),
                    parts);
        }
        groups.clear();
        missCount = 0;
        sharedCount = 0;
        return parts;
    }

    private void split(Group<W> group, int partsMax, List<Part<W>> parts) {
        List<Miss<W>> misses = group.misses;
        misses.sort(Comparator.comparing(miss -> miss.key));
        int count = Math.max(1, Math.min(partsMax, misses.size() / partMissesMin));
        AtomicInteger open = new AtomicInteger(count);
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) misses.size() * i / count);
            int to = (int) ((long) misses.size() * (i + 1) / count);
            Invariants.check(from < to, "a part has no miss", "from", from, "to", to);
            parts.add(new Part<>(group.view, misses.subList(from, to), open));
        }
    }

    /** Misses that one thread reads. */
    public static final class Part<W> {

        private final ReadView view;
        private final List<Miss<W>> misses;
        private final AtomicInteger openParts;

        private Part(ReadView view, List<Miss<W>> misses, AtomicInteger openParts) {
            this.view = view;
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

        /** In key order. */
        public List<Miss<W>> misses() {
            return misses;
        }

        /** Reads all misses from the files. */
        public void read() throws IOException {
            Invariants.check(
                    openParts.get() > 0,
                    "a part is read whose files were let go",
                    "open",
                    openParts.get());
            KeyBuffer scratch = new KeyBuffer();
            for (Miss<W> miss : misses) {
                miss.read(scratch);
            }
        }

        /** To be called once. The last part of a view lets its files go. */
        public void release() {
            Cleanup.runAll(
                    () -> misses.forEach(miss -> miss.lookup.end()),
                    () -> {
                        if (openParts.decrementAndGet() == 0) {
                            view.release();
                        }
                    });
        }
    }
}
