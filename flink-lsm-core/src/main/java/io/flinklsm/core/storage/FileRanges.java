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
package io.flinklsm.core.storage;

import io.flinklsm.core.check.Invariants;
import java.util.Arrays;

/**
 * Ranges of a file that are read together ({@link StorageInput#readFully(FileRanges, byte[])}).
 * Reusable; confined to one thread.
 */
public final class FileRanges {

    private long[] positions = new long[8];
    private int[] byteCounts = new int[8];
    private int count;
    private long allBytes;

    public FileRanges clear() {
        count = 0;
        allBytes = 0;
        return this;
    }

    /**
     * Adds a range behind those that were added; the file is asked later whether it has it.
     *
     * @param byteCount not negative
     */
    public FileRanges add(long position, int byteCount) {
        Invariants.check(byteCount >= 0, "a range has bytes", "byteCount", byteCount);
        if (count == positions.length) {
            positions = Arrays.copyOf(positions, count * 2);
            byteCounts = Arrays.copyOf(byteCounts, count * 2);
        }
        positions[count] = position;
        byteCounts[count] = byteCount;
        count++;
        allBytes += byteCount;
        return this;
    }

    public int count() {
        return count;
    }

    public long position(int index) {
        return positions[index];
    }

    public int byteCount(int index) {
        return byteCounts[index];
    }

    /** Bytes of all ranges. */
    public long allBytes() {
        return allBytes;
    }

    @Override
    public String toString() {
        return count + " ranges of " + allBytes + " bytes";
    }
}
