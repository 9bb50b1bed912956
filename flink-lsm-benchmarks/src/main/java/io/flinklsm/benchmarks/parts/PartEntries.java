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
package io.flinklsm.benchmarks.parts;

import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.TierMemory;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * The entries of all benchmarks of parts: keys of 24 bytes, a key group and a number in no order,
 * and values of a few kinds of text, so that they compress as real ones do.
 */
public final class PartEntries {

    /** Length of every key. */
    public static final int KEY_BYTES = 24;

    private static final int VALUES = 1024;
    private static final int KEY_GROUPS = 128;

    private final byte[][] values = new byte[VALUES][];
    private final byte[] key = new byte[KEY_BYTES];
    private final KeyBuffer buffer = new KeyBuffer();

    /**
     * @param valueBytes length of every value
     */
    public PartEntries(int valueBytes) {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < VALUES; i++) {
            values[i] = new byte[valueBytes];
            random.nextBytes(values[i]);
            // Half of it is text that repeats.
            for (int at = valueBytes / 2; at < valueBytes; at++) {
                values[i][at] = (byte) ('a' + at % 7);
            }
        }
    }

    /** The key of a number; valid until the next call. */
    public KeyBuffer key(long number) {
        long mixed = mix(number);
        key[0] = (byte) Long.remainderUnsigned(mixed, KEY_GROUPS);
        for (int i = 0; i < Long.BYTES; i++) {
            key[1 + i] = (byte) (mixed >>> 56 - 8 * i);
            key[KEY_BYTES - 1 - i] = (byte) (number >>> 8 * i);
        }
        return buffer.set(key, 0, KEY_BYTES);
    }

    /** A value for a number; not to be changed. */
    public byte[] value(long number) {
        return values[(int) (number & VALUES - 1)];
    }

    /**
     * A tier with the entries {@code first}, {@code first + step} …; the caller closes it.
     *
     * @throws IllegalStateException if the budget has no room for them
     */
    public HotTier tier(MemoryBudget budget, int entries, long first, long step) {
        HotTier tier = emptyTier(budget, first + 1);
        for (int i = 0; i < entries; i++) {
            put(tier, first + i * step, 0);
        }
        return tier;
    }

    /** A tier of a tree without files; the caller closes it. */
    public static HotTier emptyTier(MemoryBudget budget, long generation) {
        TierMemory memory = new TierMemory(budget, budget.limitBytes());
        return new EntryTier(memory, generation, null, true, 0);
    }

    /** What was written to the tier, to be flushed. */
    public static Generation freeze(HotTier tier) {
        return Objects.requireNonNull(tier.freeze(Long.MAX_VALUE, 0), "the tier is empty");
    }

    /** Puts one entry; another {@code round}, another value of the same length. */
    public void put(HotTier tier, long number, long round) {
        byte[] value = value(number + round);
        if (!tier.put(key(number), value, 0, value.length)) {
            throw new IllegalStateException("[memtable] no room: entry=" + number);
        }
    }

    private static long mix(long number) {
        long bits = number * 0x9E37_79B9_7F4A_7C15L;
        bits = (bits ^ (bits >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        return bits ^ (bits >>> 31);
    }
}
