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
package io.flinklsm.core.bytes;

import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/**
 * The one hash of keys: xxHash64 with seed 0, as Parquet's split-block bloom filter demands
 * (Parquet format, BloomFilter.md). The memtable's index uses the same value, so a get hashes its
 * key once.
 */
public final class KeyHash {

    private static final LongHashFunction XX_HASH_64 = LongHashFunction.xx();

    private KeyHash() {}

    public static long hash(byte[] bytes, int from, int byteCount) {
        return XX_HASH_64.hashBytes(bytes, from, byteCount);
    }

    /** Hashes memory in {@link RawMemory}'s addressing form. */
    public static long hash(@Nullable Object base, long offset, int byteCount) {
        if (base instanceof byte[] bytes) {
            return hash(bytes, (int) (offset - RawMemory.BYTE_ARRAY_OFFSET), byteCount);
        }
        return XX_HASH_64.hashMemory(offset, byteCount);
    }
}
