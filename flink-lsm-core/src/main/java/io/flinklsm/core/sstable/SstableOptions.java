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
 * How SSTables are written.
 *
 * @param blockBytes a block ends when its keys and values reach this many bytes, before compression
 * @param blockEntries a block ends at this many entries at the latest
 * @param rowGroupBytes a row group ends when its encoded pages reach this many bytes; bounds the
 *     writer's memory
 * @param bloomBitsPerKey 0 for no bloom filter
 * @param keyGroupBytes bytes of the key's key-group prefix, big-endian: 0 (none), 1 or 2
 * @param valueColumns whether values stand in typed columns, where their types are known
 */
public record SstableOptions(
        int blockBytes,
        int blockEntries,
        int rowGroupBytes,
        double bloomBitsPerKey,
        SstableCodec codec,
        int keyGroupBytes,
        ValueColumns valueColumns) {

    private static final int MIN_ROW_GROUP_BYTES = 64 << 10;

    public static final SstableOptions DEFAULTS =
            new SstableOptions(8 << 10, 256, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0);

    public SstableOptions {
        if (blockBytes < 1 || blockEntries < 1) {
            throw new IllegalArgumentException(
                    "a block must have room: blockBytes="
                            + blockBytes
                            + ", blockEntries="
                            + blockEntries);
        }
        if (rowGroupBytes < 1) {
            throw new IllegalArgumentException(
                    "a row group must have room: rowGroupBytes=" + rowGroupBytes);
        }
        if (!(bloomBitsPerKey >= 0)) {
            throw new IllegalArgumentException(
                    "bloomBitsPerKey must not be negative: bloomBitsPerKey=" + bloomBitsPerKey);
        }
        if (keyGroupBytes < 0 || keyGroupBytes > 2) {
            throw new IllegalArgumentException(
                    "a key group takes 0 to 2 bytes: keyGroupBytes=" + keyGroupBytes);
        }
    }

    /** Typed columns where types are known. */
    public SstableOptions(
            int blockBytes,
            int blockEntries,
            int rowGroupBytes,
            double bloomBitsPerKey,
            SstableCodec codec,
            int keyGroupBytes) {
        this(
                blockBytes,
                blockEntries,
                rowGroupBytes,
                bloomBitsPerKey,
                codec,
                keyGroupBytes,
                ValueColumns.TYPED);
    }

    public SstableOptions withKeyGroupBytes(int newKeyGroupBytes) {
        return new SstableOptions(
                blockBytes,
                blockEntries,
                rowGroupBytes,
                bloomBitsPerKey,
                codec,
                newKeyGroupBytes,
                valueColumns);
    }

    public SstableOptions withValueColumns(ValueColumns newValueColumns) {
        return new SstableOptions(
                blockBytes,
                blockEntries,
                rowGroupBytes,
                bloomBitsPerKey,
                codec,
                keyGroupBytes,
                newValueColumns);
    }

    /**
     * The same, with row groups so small that a writer can buffer one.
     *
     * @param writerBytes memory of one writer
     */
    public SstableOptions fittedTo(long writerBytes) {
        int fitting = (int) Math.max(MIN_ROW_GROUP_BYTES, Math.min(rowGroupBytes, writerBytes / 4));
        return new SstableOptions(
                blockBytes,
                blockEntries,
                fitting,
                bloomBitsPerKey,
                codec,
                keyGroupBytes,
                valueColumns);
    }
}
