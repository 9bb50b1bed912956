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
package io.flinklsm.core.parquet.encoding;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.check.Invariants;

/**
 * Parquet's split-block bloom filter (Parquet format, BloomFilter.md) over native memory: blocks of
 * 32 bytes, of which a key's hash chooses one and sets a bit in each of its eight words.
 *
 * <p>The format allows any number of blocks; we take what {@code bitsPerKey} asks for, where
 * parquet-java rounds up to a power of two.
 */
public final class BloomFilter {

    public static final int BLOCK_BYTES = 32;

    private static final int WORDS = 8;

    private static final int[] SALTS = {
        0x47b6137b,
        0x44974d91,
        0x8824ad5b,
        0xa2b7289d,
        0x705495c7,
        0x2df1424b,
        0x9efc4947,
        0x5c6bfb31
    };

    private BloomFilter() {}

    /** Bytes of a filter for so many keys: whole blocks, at least one. */
    public static int byteCount(long keyCount, double bitsPerKey) {
        if (keyCount < 0 || !(bitsPerKey > 0)) {
            throw new IllegalArgumentException(
                    "no filter has this size: keyCount=" + keyCount + ", bitsPerKey=" + bitsPerKey);
        }
        double blocks = Math.ceil(keyCount * bitsPerKey / (BLOCK_BYTES * Byte.SIZE));
        return (int) Math.max(1, Math.min(blocks, Integer.MAX_VALUE / BLOCK_BYTES - 1))
                * BLOCK_BYTES;
    }

    public static void add(long address, int byteCount, long hash) {
        long block = blockAddress(address, byteCount, hash);
        int key = (int) hash;
        for (int i = 0; i < WORDS; i++) {
            long word = block + (long) i * Integer.BYTES;
            putWord(word, getWord(word) | 1 << (key * SALTS[i] >>> 27));
        }
    }

    /** False if no key with this hash was added. */
    public static boolean mayContain(long address, int byteCount, long hash) {
        long block = blockAddress(address, byteCount, hash);
        int key = (int) hash;
        for (int i = 0; i < WORDS; i++) {
            int word = getWord(block + (long) i * Integer.BYTES);
            if ((word >>> (key * SALTS[i] >>> 27) & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Where the block of a hash begins: all that {@link #mayContain} reads. */
    public static long blockAddress(long address, int byteCount, long hash) {
        Invariants.check(
                byteCount > 0 && byteCount % BLOCK_BYTES == 0, "a bloom filter has whole blocks");
        long blocks = byteCount / BLOCK_BYTES;
        return address + ((hash >>> 32) * blocks >>> 32) * BLOCK_BYTES;
    }

    /** Words are little-endian on disk and in memory. */
    private static int getWord(long address) {
        return RawMemory.getIntLittleEndian(null, address);
    }

    private static void putWord(long address, int value) {
        RawMemory.putIntLittleEndian(null, address, value);
    }
}
