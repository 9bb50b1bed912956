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
package io.flinklsm.core.sstable;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;

/**
 * A view of a block in the form in which it is cached: one piece of native memory, row by row, with
 * a small hash index. Confined to one thread; the caller that sets the address vouches for its
 * life.
 *
 * <pre>
 * rows 4 | bucket mask 4 | buckets 2 each: row + 1, 0 if free | (pad to 4) |
 * entry offsets 4 each, one more than rows | entries: key bytes 4 | kind 4 | key | value
 * </pre>
 */
final class FlatBlock implements BlockView {

    /** Rows that the two bytes of a bucket can tell. */
    static final int MAX_ROWS = 0xFFFE;

    private static final int BUCKETS_AT = 8;
    private static final int ENTRY_HEADER_BYTES = 8;

    private long address;
    private long offsetsAt;
    private int rows;

    FlatBlock set(long newAddress) {
        address = newAddress;
        rows = RawMemory.getInt(null, newAddress);
        Invariants.check(rows > 0 && rows <= MAX_ROWS, "a cached block has rows", "rows", rows);
        int mask = RawMemory.getInt(null, newAddress + 4);
        Invariants.check(
                !Invariants.ENABLED || mask == bucketMask(rows),
                "a cached block has other buckets",
                "mask",
                mask);
        offsetsAt = newAddress + offsetsAt(mask);
        return this;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public Slice key(int row, Slice slice) {
        long entry = entry(row);
        return slice.setAddress(entry + ENTRY_HEADER_BYTES, RawMemory.getInt(null, entry));
    }

    @Override
    public int kind(int row) {
        return RawMemory.getInt(null, entry(row) + 4);
    }

    @Override
    public Slice value(int row, Slice slice) {
        long entry = entry(row);
        long valueAt = entry + ENTRY_HEADER_BYTES + RawMemory.getInt(null, entry);
        return slice.setAddress(valueAt, (int) (entry(row + 1) - valueAt));
    }

    /** The row with this key, by the hash index; -1 if there is none. */
    int find(long hash, Slice key) {
        int mask = RawMemory.getInt(null, address + 4);
        int bucket = bucketOf(hash, mask);
        while (true) {
            int row = (RawMemory.getShort(null, bucketAt(bucket)) & 0xFFFF) - 1;
            if (row < 0) {
                return -1;
            }
            long entry = entry(row);
            if (RawMemory.getInt(null, entry) == key.length()
                    && RawMemory.contentEquals(
                            null,
                            entry + ENTRY_HEADER_BYTES,
                            key.rawBase(),
                            key.rawOffset(),
                            key.length())) {
                return row;
            }
            bucket = (bucket + 1) & mask;
        }
    }

    /**
     * Bytes that a block takes in this form; -1 if it has too many rows or bytes for it, or a value
     * that is not held. Makes bytes of its values.
     */
    static int sizeBytes(DecodedBlock block) {
        if (block.rows() > MAX_ROWS || block.large() != null) {
            return -1;
        }
        long bytes =
                offsetsAt(bucketMask(block.rows()))
                        + (block.rows() + 1L) * Integer.BYTES
                        + (long) block.rows() * ENTRY_HEADER_BYTES
                        + block.assembleAll();
        return bytes > Integer.MAX_VALUE / 2 ? -1 : (int) bytes;
    }

    /** Writes the block to memory of {@link #sizeBytes}; gives how many bytes it took. */
    static int build(DecodedBlock block, long address) {
        int rows = block.rows();
        Invariants.check(
                rows <= MAX_ROWS && block.large() == null,
                "a block is built that is not cached",
                "rows",
                rows);
        int mask = bucketMask(rows);
        long offsetsAt = address + offsetsAt(mask);
        RawMemory.putInt(null, address, rows);
        RawMemory.putInt(null, address + 4, mask);
        RawMemory.fill(null, address + BUCKETS_AT, (mask + 1L) * Short.BYTES, (byte) 0);
        long at = offsetsAt + (rows + 1L) * Integer.BYTES;
        Slice slice = new Slice();
        for (int row = 0; row < rows; row++) {
            RawMemory.putInt(null, offsetsAt + (long) row * Integer.BYTES, (int) (at - address));
            block.key(row, slice);
            RawMemory.putInt(null, at, slice.length());
            RawMemory.putInt(null, at + 4, block.kind(row));
            at += ENTRY_HEADER_BYTES;
            slice.copyToAddress(at);
            at += slice.length();
            int bucket = bucketOf(slice.hash64(), mask);
            while (RawMemory.getShort(null, address + BUCKETS_AT + 2L * bucket) != 0) {
                bucket = (bucket + 1) & mask;
            }
            RawMemory.putShort(null, address + BUCKETS_AT + 2L * bucket, (short) (row + 1));
            block.value(row, slice).copyToAddress(at);
            at += slice.length();
        }
        RawMemory.putInt(null, offsetsAt + (long) rows * Integer.BYTES, (int) (at - address));
        return (int) (at - address);
    }

    private long entry(int row) {
        Invariants.check(row >= 0 && row <= rows, "the block has the row, or ends there");
        return address + RawMemory.getInt(null, offsetsAt + (long) row * Integer.BYTES);
    }

    private long bucketAt(int bucket) {
        return address + BUCKETS_AT + 2L * bucket;
    }

    /** At least a third of the buckets stays free, so that a probe ends soon. */
    private static int bucketMask(int rows) {
        return Integer.highestOneBit(Math.max(1, rows + rows / 2)) * 2 - 1;
    }

    /** The bits that choose a bucket are not those that chose the bloom filter's block. */
    private static int bucketOf(long hash, int mask) {
        return (int) (hash >>> 5) & mask;
    }

    private static long offsetsAt(int mask) {
        return BUCKETS_AT + ((mask + 1L) * Short.BYTES + 3 & ~3L);
    }
}
