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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import org.jspecify.annotations.Nullable;

/**
 * Hash of the whole key → entry, and hash of the prefix → group of the entries with that prefix: a
 * point get is one probe as in {@link HashIndex}, and iterating one prefix touches its group alone.
 *
 * <pre>
 *  group   0  int  count of entries
 *          4  int  prefix length
 *          8  int  ref of an array with the entries' refs
 *         12  int  capacity of the array
 *         16  int  how many refs at the array's start are in key order
 *         20  prefix
 * </pre>
 *
 * <p>New refs go to the array's end. Iterating sorts them once, so that iterating again costs no
 * sorting. Groups are the writer's while the memtable is active; once it is frozen, those who
 * iterate share them under a lock.
 */
final class PrefixHashIndex implements MemtableIndex {

    private static final int COUNT_OFFSET = 0;
    private static final int ARRAY_OFFSET = 8;
    private static final int CAPACITY_OFFSET = 12;
    private static final int SORTED_OFFSET = 16;

    private static final int CAPACITY_MIN = 4;
    private static final int NO_REF = Arena.NO_REF;

    private final Arena arena;
    private final MemoryBudget budget;
    private final HashTable table;
    private final HashTable groups;

    /** Of the key of the latest {@link #prepare}. Writer only. */
    private int preparedGroup = NO_REF;

    PrefixHashIndex(Arena arena, MemoryBudget budget) {
        this.arena = arena;
        this.budget = budget;
        table = new HashTable(arena);
        groups = new HashTable(arena);
    }

    @Override
    public int find(KeyBuffer key) {
        return table.find(key.array(), key.length(), key.hash());
    }

    @Override
    public int findForWrite(KeyBuffer key) {
        return find(key);
    }

    @Override
    public boolean prepare(KeyBuffer key) {
        if (!table.prepare(key.hash())) {
            return false;
        }
        int group = findGroup(key);
        if (group == NO_REF) {
            group = addGroup(key);
            preparedGroup = group;
            return group != NO_REF;
        }
        preparedGroup = group;
        return makeRoom(arena.address(group));
    }

    @Override
    public int headroomBytes() {
        return 0;
    }

    @Override
    public void insert(KeyBuffer key, int entry) {
        table.insert(key.hash(), entry);
        long group = arena.address(preparedGroup);
        int count = RawMemory.getInt(null, group + COUNT_OFFSET);
        long array = arena.address(RawMemory.getInt(null, group + ARRAY_OFFSET));
        RawMemory.putInt(null, array + (long) count * Integer.BYTES, entry);
        RawMemory.putInt(null, group + COUNT_OFFSET, count + 1);
    }

    @Override
    public void collect(int[] refs) {
        table.collect(refs);
    }

    /**
     * The entries with this prefix, from a key on, one after another in key order. While the
     * memtable is active, for the writer only.
     */
    Walk walk(KeyBuffer prefix, @Nullable OwnedSlice from) {
        return new Walk(prefix, from);
    }

    /** The group's array of refs, all in key order; the lock is held. */
    private long sortedArray(long group) {
        int count = RawMemory.getInt(null, group + COUNT_OFFSET);
        int sorted = RawMemory.getInt(null, group + SORTED_OFFSET);
        long array = arena.address(RawMemory.getInt(null, group + ARRAY_OFFSET));
        if (sorted < count) {
            int[] refs = new int[count];
            for (int i = 0; i < count; i++) {
                refs[i] = refAt(array, i);
            }
            RefSorter sorter = new RefSorter(arena, budget);
            sorter.sort(
                    refs, sorted, count, RawMemory.getInt(null, group + Entries.KEY_LENGTH_OFFSET));
            int[] merged = sorter.mergeRuns(refs, sorted);
            for (int i = 0; i < count; i++) {
                RawMemory.putInt(null, array + (long) i * Integer.BYTES, merged[i]);
            }
            RawMemory.putInt(null, group + SORTED_OFFSET, count);
        }
        return array;
    }

    /** Index of the first of so many sorted refs whose key is at or above, or above, the key. */
    private int lowerBound(long array, int count, Slice key, boolean above) {
        Slice view = new Slice();
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = viewKey(refAt(array, middle), view).compareTo(key);
            if (order < 0 || (above && order == 0)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private Slice viewKey(int ref, Slice view) {
        long address = arena.address(ref);
        return view.setAddress(
                address + Entries.KEY_OFFSET,
                RawMemory.getInt(null, address + Entries.KEY_LENGTH_OFFSET));
    }

    private static int refAt(long array, int index) {
        return RawMemory.getInt(null, array + (long) index * Integer.BYTES);
    }

    private int findGroup(KeyBuffer key) {
        return groups.find(key.array(), key.prefixLength(), key.prefixHash());
    }

    /** An empty group, which may stay empty if the entry then finds no room; or no ref. */
    private int addGroup(KeyBuffer key) {
        if (!groups.prepare(key.prefixHash())) {
            return NO_REF;
        }
        // The first array stands in front, where a ref reaches it however long the prefix is.
        int arrayBytes = Arena.align(CAPACITY_MIN * Integer.BYTES);
        int array = arena.allocate(arrayBytes + Entries.KEY_OFFSET + key.prefixLength());
        if (array == Arena.NO_REF) {
            return NO_REF;
        }
        int ref = Arena.plus(array, arrayBytes);
        long group = arena.address(ref);
        RawMemory.putInt(null, group + COUNT_OFFSET, 0);
        RawMemory.putInt(null, group + Entries.KEY_LENGTH_OFFSET, key.prefixLength());
        RawMemory.putInt(null, group + ARRAY_OFFSET, array);
        RawMemory.putInt(null, group + CAPACITY_OFFSET, CAPACITY_MIN);
        RawMemory.putInt(null, group + SORTED_OFFSET, 0);
        RawMemory.copy(
                key.array(),
                RawMemory.BYTE_ARRAY_OFFSET,
                null,
                group + Entries.KEY_OFFSET,
                key.prefixLength());
        groups.insert(key.prefixHash(), ref);
        return ref;
    }

    private boolean makeRoom(long group) {
        int count = RawMemory.getInt(null, group + COUNT_OFFSET);
        int capacity = RawMemory.getInt(null, group + CAPACITY_OFFSET);
        if (count < capacity) {
            return true;
        }
        int larger = arena.allocate(capacity * 2 * Integer.BYTES);
        if (larger == Arena.NO_REF) {
            return false;
        }
        RawMemory.copy(
                null,
                arena.address(RawMemory.getInt(null, group + ARRAY_OFFSET)),
                null,
                arena.address(larger),
                (long) count * Integer.BYTES);
        RawMemory.putInt(null, group + ARRAY_OFFSET, larger);
        RawMemory.putInt(null, group + CAPACITY_OFFSET, capacity * 2);
        return true;
    }

    /**
     * Takes refs out of a group a batch at a time, so that a walk over a part of a large group
     * costs that part, and entries added meanwhile may be seen or not. Between two batches the
     * group may be sorted anew: the walk goes on behind the last key it has seen.
     */
    final class Walk {

        private static final int FIRST_BATCH_MAX = 64;
        private static final int BATCH_MAX = 4096;

        private static final int[] NONE = new int[0];

        /** Address of the group; 0 if there was none when the walk began. */
        private final long group;

        private final @Nullable OwnedSlice from;
        private int[] batch = NONE;
        private int batchCount;
        private int at;

        /** Index in the group behind the batch, as long as the group stays as it is. */
        private int nextIndex;

        private int lastRef = NO_REF;

        private Walk(KeyBuffer prefix, @Nullable OwnedSlice from) {
            int ref = findGroup(prefix);
            this.group = ref == NO_REF ? 0 : arena.address(ref);
            this.from = from;
        }

        /** The next entry, or {@link Arena#NO_REF}. */
        int next() {
            if (at == batchCount && !refill()) {
                return NO_REF;
            }
            return batch[at++];
        }

        private boolean refill() {
            if (group == 0) {
                return false;
            }
            synchronized (groups) {
                long array = sortedArray(group);
                int count = RawMemory.getInt(null, group + COUNT_OFFSET);
                int start = start(array, count);
                int batchMax = lastRef == NO_REF ? FIRST_BATCH_MAX : BATCH_MAX;
                int size = Math.min(batchMax, count - start);
                if (size > batch.length) {
                    batch = new int[size];
                }
                for (int i = 0; i < size; i++) {
                    batch[i] = refAt(array, start + i);
                }
                at = 0;
                batchCount = size;
                nextIndex = start + size;
                if (size > 0) {
                    lastRef = batch[size - 1];
                }
                return size > 0;
            }
        }

        private int start(long array, int count) {
            if (lastRef != NO_REF) {
                boolean unchanged = nextIndex <= count && refAt(array, nextIndex - 1) == lastRef;
                return unchanged
                        ? nextIndex
                        : lowerBound(array, count, viewKey(lastRef, new Slice()), true);
            }
            return from == null ? 0 : lowerBound(array, count, new Slice().setOwned(from), false);
        }
    }
}
