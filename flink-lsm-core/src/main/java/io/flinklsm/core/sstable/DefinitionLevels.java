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

/**
 * Definition levels of a column with one optional element, in Parquet's hybrid of run lengths and
 * bit-packed groups at a bit width of 1 (Parquet format, Encodings.md): one run if all rows are
 * alike, else bits.
 */
final class DefinitionLevels {

    private DefinitionLevels() {}

    static void encode(boolean[] present, int rows, int nulls, ByteSink out) {
        if (nulls == 0 || nulls == rows) {
            out.putVarint((long) rows << 1).put(nulls == 0 ? 1 : 0);
            return;
        }
        int groups = (rows + 7) / Byte.SIZE;
        out.putVarint((long) groups << 1 | 1);
        for (int group = 0; group < groups; group++) {
            int bits = 0;
            for (int i = group * Byte.SIZE; i < Math.min(rows, (group + 1) * Byte.SIZE); i++) {
                bits |= (present[i] ? 1 : 0) << (i & 7);
            }
            out.put(bits);
        }
    }

    /** Whether the levels are what we write if all rows have this level. */
    static boolean isRun(ByteSource in, int rows, int level) throws MalformedPageException {
        return in.getVarint() == (long) rows << 1 && in.get() == level && in.remaining() == 0;
    }

    /**
     * Checks that the levels say what the entries' kinds say, and that nothing is left over.
     *
     * @param kinds code of each row's kind; a row is null if it is a tombstone
     */
    static void check(ByteSource in, int[] kinds, int tombstone, int rows)
            throws MalformedPageException {
        int row = 0;
        while (row < rows) {
            long header = in.getVarint();
            boolean isRun = (header & 1) == 0;
            long count = header >>> 1;
            if (count <= 0 || count > rows) {
                throw new MalformedPageException("level run is malformed: count=" + count);
            }
            if (isRun) {
                int level = in.get();
                if (level > 1 || count > rows - row) {
                    throw new MalformedPageException("level run is malformed: level=" + level);
                }
                for (int to = row + (int) count; row < to; row++) {
                    checkRow(kinds, tombstone, row, level);
                }
                continue;
            }
            for (int group = 0; group < count; group++) {
                int bits = in.get();
                for (int bit = 0; bit < Byte.SIZE && row < rows; bit++, row++) {
                    checkRow(kinds, tombstone, row, bits >>> bit & 1);
                }
            }
        }
        if (in.remaining() != 0) {
            throw new MalformedPageException("levels have bytes left: count=" + in.remaining());
        }
    }

    private static void checkRow(int[] kinds, int tombstone, int row, int level)
            throws MalformedPageException {
        if ((kinds[row] == tombstone) != (level == 0)) {
            throw new MalformedPageException(
                    "an entry's value does not fit its kind: row="
                            + row
                            + ", kind="
                            + kinds[row]
                            + ", level="
                            + level);
        }
    }
}
