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

import io.flinklsm.core.check.Invariants;
import java.util.Arrays;

/**
 * Definition or repetition levels of a page in Parquet's hybrid of run lengths and bit-packed
 * groups (Parquet format, Encodings.md), without a length before them: one run if all are alike,
 * else bits.
 */
public final class Levels {

    private Levels() {}

    static int bitWidth(int maxLevel) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(maxLevel);
    }

    public static void encode(byte[] levels, int count, int maxLevel, ByteSink out) {
        Invariants.check(
                maxLevel > 0 && count <= levels.length, "levels of a column that has some");
        checkLevels(levels, count, maxLevel);
        if (isUniform(levels, count)) {
            out.putVarint((long) count << 1).put(count == 0 ? maxLevel : levels[0]);
            return;
        }
        int width = bitWidth(maxLevel);
        int groups = (count + 7) / Byte.SIZE;
        out.putVarint((long) groups << 1 | 1);
        long pending = 0;
        int pendingBits = 0;
        for (int i = 0; i < groups * Byte.SIZE; i++) {
            pending |= (i < count ? levels[i] & 0xFFL : 0) << pendingBits;
            pendingBits += width;
            while (pendingBits >= Byte.SIZE) {
                out.put((int) pending);
                pending >>>= Byte.SIZE;
                pendingBits -= Byte.SIZE;
            }
        }
    }

    private static void checkLevels(byte[] levels, int count, int maxLevel) {
        if (Invariants.ENABLED) {
            for (int i = 0; i < count; i++) {
                Invariants.check(
                        levels[i] >= 0 && levels[i] <= maxLevel,
                        "a level is above the highest",
                        "level",
                        levels[i],
                        "maxLevel",
                        maxLevel);
            }
        }
    }

    private static boolean isUniform(byte[] levels, int count) {
        for (int i = 1; i < count; i++) {
            if (levels[i] != levels[0]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Decodes all levels.
     *
     * @return how many are the maximum
     */
    public static int decode(ByteSource in, int maxLevel, byte[] levels, int count)
            throws MalformedPageException {
        Invariants.check(
                maxLevel > 0 && count <= levels.length, "levels of a column that has some");
        int width = bitWidth(maxLevel);
        int mask = (1 << width) - 1;
        int atMax = 0;
        int done = 0;
        while (done < count) {
            long header = in.getVarint();
            long length = header >>> 1;
            if (length <= 0 || length > count) {
                throw new MalformedPageException("level run is malformed: length=" + length);
            }
            if ((header & 1) == 0) {
                int level = in.get();
                if (level > maxLevel || length > count - done) {
                    throw new MalformedPageException("level run is malformed: level=" + level);
                }
                Arrays.fill(levels, done, done + (int) length, (byte) level);
                atMax += level == maxLevel ? (int) length : 0;
                done += (int) length;
                continue;
            }
            long bits = 0;
            int bitCount = 0;
            for (long left = length * Byte.SIZE; left > 0; left--) {
                while (bitCount < width) {
                    bits |= (long) in.get() << bitCount;
                    bitCount += Byte.SIZE;
                }
                int level = (int) bits & mask;
                bits >>>= width;
                bitCount -= width;
                if (done < count) {
                    if (level > maxLevel) {
                        throw new MalformedPageException("level is too high: level=" + level);
                    }
                    atMax += level == maxLevel ? 1 : 0;
                    levels[done++] = (byte) level;
                } else if (level != 0) {
                    throw new MalformedPageException("levels have bits left");
                }
            }
        }
        if (in.remaining() != 0) {
            throw new MalformedPageException("levels have bytes left: count=" + in.remaining());
        }
        return atMax;
    }
}
