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
import io.flinklsm.core.entry.KeyBuffer;

/**
 * Entries in key order at every moment. The links of an entry stand in front of it, link 0 nearest,
 * so an entry looks the same here and in the hash indexes. Nothing is ever unlinked, and an entry
 * is linked from the lowest level up when it is complete: readers and cursors walk without a lock.
 */
final class SkipListIndex implements MemtableIndex {

    private static final int HEIGHT_MAX = 12;
    private static final int LINK_BYTES = Integer.BYTES;

    private final Arena arena;

    /** Where all walks begin: links without an entry; none before the first insert. */
    private volatile int head = Arena.NO_REF;

    // Writer only.
    private final int[] predecessors = new int[HEIGHT_MAX];
    private int nextHeight = 1;
    private int random = 0x9E3779B9;

    SkipListIndex(Arena arena) {
        this.arena = arena;
    }

    @Override
    public int find(KeyBuffer key) {
        int entry = firstAtOrAbove(key.array(), key.length());
        return entry != Arena.NO_REF && compare(entry, key.array(), key.length()) == 0
                ? entry
                : Arena.NO_REF;
    }

    @Override
    public int findForWrite(KeyBuffer key) {
        int at = head;
        if (at == Arena.NO_REF) {
            return Arena.NO_REF;
        }
        int next = Arena.NO_REF;
        int greater = Arena.NO_REF;
        for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
            next = link(at, level);
            while (next != greater && next != Arena.NO_REF) {
                int order = compare(next, key.array(), key.length());
                if (order == 0) {
                    return next;
                }
                if (order > 0) {
                    greater = next;
                    break;
                }
                at = next;
                next = link(at, level);
            }
            predecessors[level] = at;
        }
        return Arena.NO_REF;
    }

    @Override
    public boolean prepare(KeyBuffer key) {
        if (head == Arena.NO_REF) {
            int links = arena.allocate(Arena.align(HEIGHT_MAX * LINK_BYTES) + Arena.ALIGNMENT);
            if (links == Arena.NO_REF) {
                return false;
            }
            int newHead = Arena.plus(links, Arena.align(HEIGHT_MAX * LINK_BYTES));
            for (int level = 0; level < HEIGHT_MAX; level++) {
                RawMemory.putInt(null, linkAddress(newHead, level), Arena.NO_REF);
                predecessors[level] = newHead;
            }
            head = newHead;
        }
        nextHeight = randomHeight();
        return true;
    }

    @Override
    public int headroomBytes() {
        return Arena.align(nextHeight * LINK_BYTES);
    }

    @Override
    public void insert(KeyBuffer key, int entry) {
        for (int level = 0; level < nextHeight; level++) {
            long before = linkAddress(predecessors[level], level);
            RawMemory.putInt(null, linkAddress(entry, level), RawMemory.getInt(null, before));
            RawMemory.putIntOrdered(null, before, entry);
        }
    }

    @Override
    public void collect(int[] refs) {
        int count = 0;
        for (int e = first(); e != Arena.NO_REF; e = next(e)) {
            refs[count++] = e;
        }
    }

    /** The first entry at or above the key, or {@link Arena#NO_REF}. Any thread. */
    int firstAtOrAbove(OwnedSlice key) {
        return firstAtOrAbove(key.bytesUnsafe(), key.length());
    }

    /** The entry behind this one as of now, or {@link Arena#NO_REF}. Any thread. */
    int next(int entry) {
        return link(entry, 0);
    }

    private int first() {
        int at = head;
        return at == Arena.NO_REF ? Arena.NO_REF : link(at, 0);
    }

    private int firstAtOrAbove(byte[] key, int keyLength) {
        int at = head;
        if (at == Arena.NO_REF) {
            return Arena.NO_REF;
        }
        // Known to be above the key already: comparing it again on the next level down is in vain.
        int greater = Arena.NO_REF;
        for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
            int next = link(at, level);
            while (next != greater && next != Arena.NO_REF) {
                if (compare(next, key, keyLength) >= 0) {
                    greater = next;
                    break;
                }
                at = next;
                next = link(at, level);
            }
        }
        return greater;
    }

    private int compare(int entry, byte[] key, int keyLength) {
        long address = arena.address(entry);
        return RawMemory.compare(
                null,
                address + Entries.KEY_OFFSET,
                RawMemory.getInt(null, address + Entries.KEY_LENGTH_OFFSET),
                key,
                RawMemory.BYTE_ARRAY_OFFSET,
                keyLength);
    }

    private int link(int entry, int level) {
        return RawMemory.getIntVolatile(null, linkAddress(entry, level));
    }

    private long linkAddress(int entry, int level) {
        return arena.address(entry) - (long) (level + 1) * LINK_BYTES;
    }

    /** Each height is four times as rare as the one below; xorshift, the same in every run. */
    private int randomHeight() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return Math.min(HEIGHT_MAX, 1 + Integer.numberOfTrailingZeros(random) / 2);
    }
}
