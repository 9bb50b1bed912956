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

import io.flinklsm.core.check.Invariants;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How SSTables are written.
 *
 * @param blockBytes a block ends when its keys and values reach this many bytes, before compression
 * @param blockEntries a block ends at this many entries at the latest
 * @param rowGroupBytes a row group ends when its encoded pages reach this many bytes; bounds the
 *     writer's memory
 * @param bloomBitsPerKey 0 for no bloom filter
 * @param codecs how pages are compressed
 * @param keyGroupBytes bytes of the key's key-group prefix, big-endian: 0 (none), 1 or 2
 * @param valueColumns whether values stand in typed columns, where their types are known
 */
public record SstableOptions(
        int blockBytes,
        int blockEntries,
        int rowGroupBytes,
        double bloomBitsPerKey,
        LevelCodecs codecs,
        int keyGroupBytes,
        ValueColumns valueColumns) {

    /**
     * Which codec a new SSTable has: it goes by where it is written to, and stays if the file is
     * moved to another level as it is.
     *
     * @param byLevel from level 0 on; deeper levels have the last one
     * @param bottom of SSTables that have nothing older beneath them; null for that of their level
     */
    public record LevelCodecs(List<SstableCodec> byLevel, @Nullable SstableCodec bottom) {

        public LevelCodecs {
            byLevel = List.copyOf(byLevel);
            if (byLevel.isEmpty()) {
                throw new IllegalArgumentException("no level has a codec: byLevel=" + byLevel);
            }
        }

        /** The same for all. */
        public static LevelCodecs all(SstableCodec codec) {
            return new LevelCodecs(List.of(codec), null);
        }

        SstableCodec of(NewSstable file) {
            SstableCodec ofBottom = bottom;
            return file.isBottom() && ofBottom != null
                    ? ofBottom
                    : byLevel.get(Math.min(file.level(), byLevel.size() - 1));
        }
    }

    private static final int MIN_ROW_GROUP_BYTES = 64 << 10;

    /** The index of a tree should not take more than this part of the memory. */
    private static final int INDEX_PART = 4;

    /**
     * What {@link IndexPart} keeps of a block with three columns of values, or with one and keys
     * that are longer than a head.
     */
    private static final int INDEX_BYTES_A_BLOCK = 32;

    /** Pages are about half as long as what is in them. */
    private static final int COMPRESSION = 2;

    /** Blocks become so many times as large at most: what a lookup reads grows with them. */
    private static final int BLOCK_GROWTH_MAX = 4;

    public static final SstableOptions DEFAULTS =
            new SstableOptions(4 << 10, 256, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0);

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
                LevelCodecs.all(codec),
                keyGroupBytes,
                ValueColumns.TYPED);
    }

    public SstableOptions withKeyGroupBytes(int newKeyGroupBytes) {
        return new SstableOptions(
                blockBytes,
                blockEntries,
                rowGroupBytes,
                bloomBitsPerKey,
                codecs,
                newKeyGroupBytes,
                valueColumns);
    }

    public SstableOptions withValueColumns(ValueColumns newValueColumns) {
        return new SstableOptions(
                blockBytes,
                blockEntries,
                rowGroupBytes,
                bloomBitsPerKey,
                codecs,
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
                codecs,
                keyGroupBytes,
                valueColumns);
    }

    /**
     * The same, with blocks two or four times as large where a tree is so much larger than the
     * memory that its index would take more than a quarter of it.
     *
     * @param treeBytes of the tree's files
     * @param memoryBytes of the slot
     */
    public SstableOptions withBlocksFor(long treeBytes, long memoryBytes) {
        Invariants.check(
                treeBytes >= 0 && memoryBytes > 0,
                "a tree has files and a slot has memory",
                "treeBytes",
                treeBytes,
                "memoryBytes",
                memoryBytes);
        double indexBytes = (double) treeBytes * COMPRESSION / blockBytes * INDEX_BYTES_A_BLOCK;
        int growth = 1;
        while (growth < BLOCK_GROWTH_MAX
                && indexBytes / growth > (double) memoryBytes / INDEX_PART
                && blockBytes <= rowGroupBytes / (4 * growth)) {
            growth *= 2;
        }
        return growth == 1
                ? this
                : new SstableOptions(
                        blockBytes * growth,
                        blockEntries,
                        rowGroupBytes,
                        bloomBitsPerKey,
                        codecs,
                        keyGroupBytes,
                        valueColumns);
    }
}
