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

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;

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
 * sorting. Groups are the writer's while the memtable is active.
 */
final class PrefixHashIndex implements MemtableIndex {

    private static final int COUNT_OFFSET = 0;
    private static final int ARRAY_OFFSET = 8;
    private static final int CAPACITY_OFFSET = 12;
    private static final int SORTED_OFFSET = 16;

    private static final int CAPACITY_MIN = 2;

    private final Arena arena;
    private final MemoryBudget budget;
    private final HashTable table;
    private final HashTable groups;

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
        return group == Arena.NO_REF ? addGroup(key) : makeRoom(arena.address(group));
    }

    @Override
    public int headroomBytes() {
        return 0;
    }

    @Override
    public void insert(KeyBuffer key, int entry) {
        table.insert(key.hash(), entry);
        long group = arena.address(findGroup(key));
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
     * The entries with this prefix in key order, owned by the caller.
     *
     * @param remember whether to keep the order for the next time: the writer may, and while the
     *     memtable is active only the writer may call this at all
     */
    int[] sortedGroup(KeyBuffer prefix, boolean remember) {
        int ref = findGroup(prefix);
        if (ref == Arena.NO_REF) {
            return new int[0];
        }
        long group = arena.address(ref);
        int count = RawMemory.getInt(null, group + COUNT_OFFSET);
        int sorted = RawMemory.getInt(null, group + SORTED_OFFSET);
        long array = arena.address(RawMemory.getInt(null, group + ARRAY_OFFSET));
        int[] refs = new int[count];
        for (int i = 0; i < count; i++) {
            refs[i] = RawMemory.getInt(null, array + (long) i * Integer.BYTES);
        }
        if (sorted == count) {
            return refs;
        }
        RefSorter sorter = new RefSorter(arena, budget);
        sorter.sort(refs, sorted, count, prefix.prefixLength());
        int[] merged = sorter.mergeRuns(refs, sorted);
        if (remember) {
            for (int i = 0; i < count; i++) {
                RawMemory.putInt(null, array + (long) i * Integer.BYTES, merged[i]);
            }
            RawMemory.putInt(null, group + SORTED_OFFSET, count);
        }
        return merged;
    }

    private int findGroup(KeyBuffer key) {
        return groups.find(key.array(), key.prefixLength(), key.prefixHash());
    }

    /** An empty group; it may stay empty if the entry then finds no room. */
    private boolean addGroup(KeyBuffer key) {
        if (!groups.prepare(key.prefixHash())) {
            return false;
        }
        // The first array stands in front, where a ref reaches it however long the prefix is.
        int arrayBytes = Arena.align(CAPACITY_MIN * Integer.BYTES);
        int array = arena.allocate(arrayBytes + Entries.KEY_OFFSET + key.prefixLength());
        if (array == Arena.NO_REF) {
            return false;
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
        return true;
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
}
