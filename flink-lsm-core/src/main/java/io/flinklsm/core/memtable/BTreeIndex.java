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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Entries in key order at every moment: a B+ tree over refs. A node keeps the first 16 bytes of
 * each key beside its ref, so that a search touches one node a level and an entry only where keys
 * agree in those bytes.
 *
 * <pre>
 *  node    0  int   count of slots in use
 *          4  int   level, 0 for a leaf; never changes
 *          8  int   ref of the next leaf
 *         16  long  bytes 0 to 7 of each slot's key, as a signed number of the same order
 *        528  long  bytes 8 to 15 likewise, zeros behind a key's end
 *       1040  int   ref of each slot's entry
 *       1296  int   ref of the child whose keys begin with this slot's; not in a leaf
 * </pre>
 *
 * <p>One thread inserts; nothing is ever taken out. Any thread finds, without a lock: an insert
 * makes {@link #version} odd, changes nodes, and makes it even again; a reader takes its answer for
 * true only if the version was even and is the same behind it. On the way it may see slots twice or
 * miss some, but never a wild address: a field for refs holds zero or a ref of its kind at all
 * times, because nodes are cleared at birth, live as long as the arena and keep their level. A
 * reader that keeps losing the race takes a lock that the writer then honours.
 */
final class BTreeIndex {

    private static final int NO_REF = Arena.NO_REF;
    private static final int SLOTS = 64;
    private static final int LEVELS_MAX = 16;

    private static final int COUNT_OFFSET = 0;
    private static final int LEVEL_OFFSET = 4;
    private static final int NEXT_OFFSET = 8;
    private static final int HIGH_OFFSET = 16;
    private static final int LOW_OFFSET = HIGH_OFFSET + SLOTS * Long.BYTES;
    private static final int ENTRY_OFFSET = LOW_OFFSET + SLOTS * Long.BYTES;
    private static final int CHILD_OFFSET = ENTRY_OFFSET + SLOTS * Integer.BYTES;
    private static final int LEAF_BYTES = CHILD_OFFSET;
    private static final int INNER_BYTES = CHILD_OFFSET + SLOTS * Integer.BYTES;

    /** Bytes of a key that stand in the node. */
    private static final int WINDOW_BYTES = 2 * Long.BYTES;

    private static final int TRIES_WITHOUT_LOCK = 32;

    /** What a reader gets that ran into an insert; no ref is that large. */
    private static final long TORN = -1;

    private final Arena arena;
    private final AtomicInteger version = new AtomicInteger();
    private final AtomicInteger impatientReaders = new AtomicInteger();
    private final Object patience = new Object();
    private volatile int root = NO_REF;

    // Writer only: nodes and slots of the latest findForWrite, by level, and its key.
    private final int[] pathNodes = new int[LEVELS_MAX];
    private final int[] pathSlots = new int[LEVELS_MAX];
    private int rootLevel;
    private long keyHigh;
    private long keyLow;

    // Writer only: nodes that prepare() made.
    private int spareLeaf = NO_REF;
    private final int[] spareInner = new int[LEVELS_MAX];
    private int spareInnerCount;

    BTreeIndex(Arena arena) {
        this.arena = arena;
    }

    // --------------------------------------------------------------------------------------- find

    int find(KeyBuffer key) {
        byte[] bytes = key.array();
        int length = key.length();
        long high = window(bytes, 0, length);
        long low = window(bytes, Long.BYTES, length);
        for (int i = 0; i < TRIES_WITHOUT_LOCK; i++) {
            long found = tryFind(bytes, length, high, low);
            if (found != TORN) {
                return (int) found;
            }
        }
        impatientReaders.incrementAndGet();
        try {
            synchronized (patience) {
                // At most the insert that began before the writer could see us is in the way.
                long found = TORN;
                while (found == TORN) {
                    found = tryFind(bytes, length, high, low);
                }
                return (int) found;
            }
        } finally {
            impatientReaders.decrementAndGet();
        }
    }

    private long tryFind(byte[] key, int length, long high, long low) {
        int seen = version.getAcquire();
        if ((seen & 1) != 0) {
            return TORN;
        }
        int found = NO_REF;
        int node = root;
        if (node != NO_REF) {
            long address = arena.address(node);
            for (int level = level(address); level > 0; level--) {
                int child = child(address, childSlot(address, key, length, high, low));
                if (child == NO_REF) {
                    return TORN;
                }
                address = arena.address(child);
                if (level(address) != level - 1) {
                    return TORN;
                }
            }
            int slot = lowerBound(address, key, length, high, low);
            if (slot < count(address)
                    && high(address, slot) == high
                    && compareBehindHigh(address, slot, key, length, low) == 0) {
                found = entry(address, slot);
            }
        }
        RawMemory.loadFence();
        return version.getPlain() == seen ? found & 0xFFFF_FFFFL : TORN;
    }

    /** The entry at or above the key from which a walk begins. */
    Walk walk(OwnedSlice from) {
        return new Walk(from);
    }

    // -------------------------------------------------------------------------------------- write

    int findForWrite(KeyBuffer key) {
        byte[] bytes = key.array();
        int length = key.length();
        long high = window(bytes, 0, length);
        long low = window(bytes, Long.BYTES, length);
        keyHigh = high;
        keyLow = low;
        int node = root;
        if (node == NO_REF) {
            return NO_REF;
        }
        long address = arena.address(node);
        rootLevel = level(address);
        for (int level = rootLevel; level > 0; level--) {
            int slot = childSlot(address, bytes, length, high, low);
            pathNodes[level] = node;
            pathSlots[level] = slot;
            node = child(address, slot);
            address = arena.address(node);
        }
        int slot = lowerBound(address, bytes, length, high, low);
        pathNodes[0] = node;
        pathSlots[0] = slot;
        return slot < count(address)
                        && high(address, slot) == high
                        && compareBehindHigh(address, slot, bytes, length, low) == 0
                ? entry(address, slot)
                : NO_REF;
    }

    boolean prepare(KeyBuffer key) {
        if (root == NO_REF) {
            int leaf = newNode(0);
            if (leaf == NO_REF) {
                return false;
            }
            rootLevel = 0;
            pathNodes[0] = leaf;
            pathSlots[0] = 0;
            root = leaf;
            return true;
        }
        int fullLevels = 0;
        while (fullLevels <= rootLevel && count(arena.address(pathNodes[fullLevels])) == SLOTS) {
            fullLevels++;
        }
        if (fullLevels == 0) {
            return true;
        }
        if (spareLeaf == NO_REF) {
            spareLeaf = newNode(0);
            if (spareLeaf == NO_REF) {
                return false;
            }
        }
        // One for each full inner node, and a new root above a full one.
        int wanted = fullLevels - 1 + (fullLevels > rootLevel ? 1 : 0);
        while (spareInnerCount < wanted) {
            int inner = newNode(1);
            if (inner == NO_REF) {
                return false;
            }
            spareInner[spareInnerCount++] = inner;
        }
        return true;
    }

    int headroomBytes() {
        return 0;
    }

    void insert(KeyBuffer key, int entry) {
        if (impatientReaders.get() == 0) {
            insertNow(entry);
        } else {
            synchronized (patience) {
                insertNow(entry);
            }
        }
    }

    private void insertNow(int entry) {
        int before = version.getPlain();
        version.setOpaque(before + 1);
        RawMemory.storeFence();
        insertAt(0, pathSlots[0], keyHigh, keyLow, entry, NO_REF);
        version.setRelease(before + 2);
    }

    private void insertAt(int level, int slot, long high, long low, int entry, int child) {
        long node = arena.address(pathNodes[level]);
        int count = count(node);
        if (count < SLOTS) {
            place(node, count, slot, high, low, entry, child);
            return;
        }
        int rightRef = level == 0 ? spareLeaf : spareInner[--spareInnerCount];
        if (level == 0) {
            spareLeaf = NO_REF;
        }
        long right = arena.address(rightRef);
        RawMemory.putInt(null, right + LEVEL_OFFSET, level);
        // Keys that come in ascending order leave full nodes behind.
        int kept = slot == SLOTS ? SLOTS : SLOTS / 2;
        int moved = SLOTS - kept;
        copySlots(node, kept, right, 0, moved, level > 0);
        RawMemory.putInt(null, right + COUNT_OFFSET, moved);
        RawMemory.putInt(null, node + COUNT_OFFSET, kept);
        if (level == 0) {
            RawMemory.putInt(null, right + NEXT_OFFSET, next(node));
            RawMemory.putInt(null, node + NEXT_OFFSET, rightRef);
        }
        if (slot <= kept && kept < SLOTS) {
            place(node, kept, slot, high, low, entry, child);
        } else {
            place(right, moved, slot - kept, high, low, entry, child);
        }
        if (level == rootLevel) {
            growRoot(pathNodes[level], rightRef);
        } else {
            if (pathSlots[level + 1] == 0) {
                // Keys below the least one go to the first child, whose slot may then be above the
                // new one's. Only there: another slot's key also says what its neighbour may hold.
                long parent = arena.address(pathNodes[level + 1]);
                setKey(parent, 0, high(node, 0), low(node, 0), entry(node, 0));
            }
            insertAt(
                    level + 1,
                    pathSlots[level + 1] + 1,
                    high(right, 0),
                    low(right, 0),
                    entry(right, 0),
                    rightRef);
        }
    }

    private void growRoot(int leftRef, int rightRef) {
        int newRoot = spareInner[--spareInnerCount];
        long node = arena.address(newRoot);
        long left = arena.address(leftRef);
        long right = arena.address(rightRef);
        RawMemory.putInt(null, node + LEVEL_OFFSET, rootLevel + 1);
        place(node, 0, 0, high(left, 0), low(left, 0), entry(left, 0), leftRef);
        place(node, 1, 1, high(right, 0), low(right, 0), entry(right, 0), rightRef);
        root = newRoot;
    }

    /** Writes a slot, those at or behind it move up; there is room. */
    private static void place(
            long node, int count, int slot, long high, long low, int entry, int child) {
        boolean inner = level(node) > 0;
        copySlots(node, slot, node, slot + 1, count - slot, inner);
        setKey(node, slot, high, low, entry);
        if (inner) {
            RawMemory.putInt(null, node + CHILD_OFFSET + (long) slot * Integer.BYTES, child);
        }
        RawMemory.putInt(null, node + COUNT_OFFSET, count + 1);
    }

    private static void setKey(long node, int slot, long high, long low, int entry) {
        RawMemory.putLong(null, node + HIGH_OFFSET + (long) slot * Long.BYTES, high);
        RawMemory.putLong(null, node + LOW_OFFSET + (long) slot * Long.BYTES, low);
        RawMemory.putInt(null, node + ENTRY_OFFSET + (long) slot * Integer.BYTES, entry);
    }

    /** Copies slots; the places may overlap. Readers see each ref whole: it is an aligned word. */
    private static void copySlots(
            long from, int fromSlot, long to, int toSlot, int count, boolean inner) {
        if (count == 0) {
            return;
        }
        copyField(from, to, HIGH_OFFSET, Long.BYTES, fromSlot, toSlot, count);
        copyField(from, to, LOW_OFFSET, Long.BYTES, fromSlot, toSlot, count);
        copyField(from, to, ENTRY_OFFSET, Integer.BYTES, fromSlot, toSlot, count);
        if (inner) {
            copyField(from, to, CHILD_OFFSET, Integer.BYTES, fromSlot, toSlot, count);
        }
    }

    private static void copyField(
            long from, long to, int field, int size, int fromSlot, int toSlot, int count) {
        RawMemory.move(
                from + field + (long) fromSlot * size,
                to + field + (long) toSlot * size,
                (long) count * size);
    }

    private int newNode(int level) {
        int byteCount = level == 0 ? LEAF_BYTES : INNER_BYTES;
        int ref = arena.allocate(byteCount);
        if (ref != NO_REF) {
            long node = arena.address(ref);
            RawMemory.fill(null, node, byteCount, (byte) 0);
            RawMemory.putInt(null, node + LEVEL_OFFSET, level);
        }
        return ref;
    }

    // --------------------------------------------------------------------------------------- walk

    void collect(int[] refs) {
        Walk walk = new Walk(OwnedSlice.EMPTY);
        int count = 0;
        for (int entry = walk.next(); entry != NO_REF; entry = walk.next()) {
            refs[count++] = entry;
        }
    }

    /**
     * Entries one after another; for the writer, or while nobody writes. What is inserted meanwhile
     * behind the current entry is seen.
     */
    final class Walk {

        private byte[] key;
        private int keyLength;
        private int leaf;
        private int slot;
        private int seenVersion;
        private int current = NO_REF;

        private Walk(OwnedSlice from) {
            key = from.bytesUnsafe();
            keyLength = key.length;
            seek();
        }

        /** The next entry, or {@link Arena#NO_REF}. */
        int next() {
            if (leaf == NO_REF) {
                return NO_REF;
            }
            if (seenVersion != version.getPlain()) {
                seekAgain();
            } else if (current != NO_REF) {
                slot++;
            }
            long address = arena.address(leaf);
            if (slot >= count(address)) {
                leaf = BTreeIndex.next(address);
                slot = 0;
                if (leaf == NO_REF) {
                    current = NO_REF;
                    return NO_REF;
                }
                address = arena.address(leaf);
            }
            current = entry(address, slot);
            return current;
        }

        private void seekAgain() {
            if (current == NO_REF) {
                seek();
                return;
            }
            long address = arena.address(current);
            Slice view = new Slice();
            key =
                    view.setAddress(
                                    address + Entries.KEY_OFFSET,
                                    RawMemory.getInt(null, address + Entries.KEY_LENGTH_OFFSET))
                            .toBytes();
            keyLength = key.length;
            seek();
            slot++;
        }

        private void seek() {
            seenVersion = version.getPlain();
            leaf = root;
            if (leaf == NO_REF) {
                return;
            }
            long high = window(key, 0, keyLength);
            long low = window(key, Long.BYTES, keyLength);
            long address = arena.address(leaf);
            for (int level = level(address); level > 0; level--) {
                leaf = child(address, childSlot(address, key, keyLength, high, low));
                address = arena.address(leaf);
            }
            slot = lowerBound(address, key, keyLength, high, low);
        }
    }

    // ------------------------------------------------------------------------------------- search

    /** The slot of the child that holds the key, if any does: the last one not above it. */
    private int childSlot(long node, byte[] key, int length, long high, long low) {
        int slot = lowerBound(node, key, length, high, low);
        if (slot == 0) {
            return 0;
        }
        boolean isHere =
                slot < count(node)
                        && high(node, slot) == high
                        && compareBehindHigh(node, slot, key, length, low) == 0;
        return isHere ? slot : slot - 1;
    }

    /** The first slot at or above the key; the count of slots if there is none. */
    private int lowerBound(long node, byte[] key, int length, long high, long low) {
        int count = count(node);
        int from = lowerBound(node, count, high);
        if (from == count || high(node, from) != high) {
            return from;
        }
        int to = high == Long.MAX_VALUE ? count : lowerBound(node, count, high + 1);
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (compareBehindHigh(node, middle, key, length, low) < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    /** By the first eight bytes alone. Written so that it compiles to no unpredictable jump. */
    private static int lowerBound(long node, int count, long high) {
        long base = node + HIGH_OFFSET;
        int rest = count;
        while (rest > 1) {
            int half = rest >>> 1;
            long middle = base + (long) half * Long.BYTES;
            base = RawMemory.getLong(null, middle - Long.BYTES) < high ? middle : base;
            rest -= half;
        }
        if (rest == 1 && RawMemory.getLong(null, base) < high) {
            base += Long.BYTES;
        }
        return (int) (base - node - HIGH_OFFSET) / Long.BYTES;
    }

    /** Compares a slot's key with the key, whose first eight bytes are the same. */
    private int compareBehindHigh(long node, int slot, byte[] key, int length, long low) {
        long slotLow = low(node, slot);
        if (slotLow != low) {
            return slotLow < low ? -1 : 1;
        }
        int entry = entry(node, slot);
        if (entry == NO_REF) {
            // Only a reader in the middle of an insert comes here, and it will see that it was.
            return 0;
        }
        long address = arena.address(entry);
        int slotLength = RawMemory.getInt(null, address + Entries.KEY_LENGTH_OFFSET);
        if (Math.min(slotLength, length) <= WINDOW_BYTES) {
            // The windows are padded with zeros: the shorter key is a prefix of the longer.
            return slotLength - length;
        }
        return RawMemory.compare(
                null,
                address + Entries.KEY_OFFSET + WINDOW_BYTES,
                slotLength - WINDOW_BYTES,
                key,
                RawMemory.BYTE_ARRAY_OFFSET + WINDOW_BYTES,
                length - WINDOW_BYTES);
    }

    /** Eight of the key's bytes, padded with zeros, as a signed number of the same order. */
    private static long window(byte[] key, int from, int length) {
        int rest = length - from;
        long window = 0;
        if (rest >= Long.BYTES) {
            window = RawMemory.getLongBigEndian(key, RawMemory.BYTE_ARRAY_OFFSET + from);
        } else {
            for (int i = 0; i < rest; i++) {
                window |= (key[from + i] & 0xFFL) << (56 - Byte.SIZE * i);
            }
        }
        return window ^ Long.MIN_VALUE;
    }

    private static int count(long node) {
        return RawMemory.getInt(null, node + COUNT_OFFSET);
    }

    private static int level(long node) {
        return RawMemory.getInt(null, node + LEVEL_OFFSET);
    }

    private static int next(long node) {
        return RawMemory.getInt(null, node + NEXT_OFFSET);
    }

    private static long high(long node, int slot) {
        return RawMemory.getLong(null, node + HIGH_OFFSET + (long) slot * Long.BYTES);
    }

    private static long low(long node, int slot) {
        return RawMemory.getLong(null, node + LOW_OFFSET + (long) slot * Long.BYTES);
    }

    private static int entry(long node, int slot) {
        return RawMemory.getIntVolatile(null, node + ENTRY_OFFSET + (long) slot * Integer.BYTES);
    }

    private static int child(long node, int slot) {
        return RawMemory.getIntVolatile(null, node + CHILD_OFFSET + (long) slot * Integer.BYTES);
    }
}
