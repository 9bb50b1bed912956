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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.KeyRange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an SSTable without opening it; the manifest carries it, and all of it but the
 * clip (and the level after a move) is in the file's footer too.
 *
 * @param fileName name in the storage, globally unique
 * @param sizeBytes length of the file
 * @param tailOffset where bloom filters and indexes begin; from here to the end is read when it is
 *     opened
 * @param tailChecksum CRC32C of the tail, see docs/format.md
 * @param generation age: newer wins
 * @param entryCount all entries, tombstones and merge operands included
 * @param minWriteTimeMillis time before which none of the entries was written
 * @param maxWriteTimeMillis time after which none was written
 * @param clip if not null, only keys inside count: the file came from another store's key range
 */
public record SstableMeta(
        String fileName,
        String treeName,
        int level,
        long generation,
        long sizeBytes,
        long tailOffset,
        int tailChecksum,
        long entryCount,
        long tombstoneCount,
        long mergeCount,
        OwnedSlice minKey,
        OwnedSlice maxKey,
        long minWriteTimeMillis,
        long maxWriteTimeMillis,
        @Nullable KeyRange clip) {

    public SstableMeta withLevel(int newLevel) {
        return new SstableMeta(
                fileName,
                treeName,
                newLevel,
                generation,
                sizeBytes,
                tailOffset,
                tailChecksum,
                entryCount,
                tombstoneCount,
                mergeCount,
                minKey,
                maxKey,
                minWriteTimeMillis,
                maxWriteTimeMillis,
                clip);
    }

    /**
     * The same file seen through a narrower range: the intersection of the range and today's clip.
     */
    public SstableMeta withClip(KeyRange range) {
        return new SstableMeta(
                fileName,
                treeName,
                level,
                generation,
                sizeBytes,
                tailOffset,
                tailChecksum,
                entryCount,
                tombstoneCount,
                mergeCount,
                minKey,
                maxKey,
                minWriteTimeMillis,
                maxWriteTimeMillis,
                clip == null ? range : clip.intersect(range));
    }

    /** The keys that can be seen: from the smallest to the largest, inside the clip. */
    public KeyRange visibleRange() {
        byte[] aboveMax = Arrays.copyOf(maxKey.bytesUnsafe(), maxKey.length() + 1);
        KeyRange whole = new KeyRange(minKey, OwnedSlice.wrap(aboveMax));
        return clip == null ? whole : clip.intersect(whole);
    }

    /** Whether the visible keys may meet the range. */
    public boolean overlaps(KeyRange range) {
        return range.overlaps(minKey, maxKey)
                && (clip == null || !visibleRange().intersect(range).isEmpty());
    }
}
