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
 * @param clip if not null, only keys inside count: the file came from another store's key range
 */
public record SstableMeta(
        SstableIdentity identity,
        Extent extent,
        Content content,
        int level,
        @Nullable KeyRange clip) {

    /**
     * The file as bytes.
     *
     * @param sizeBytes length of the file
     * @param tailOffset where bloom filters and indexes begin; from here to the end is read when it
     *     is opened
     * @param tailChecksum CRC32C of the tail, see docs/format.md
     */
    public record Extent(long sizeBytes, long tailOffset, int tailChecksum) {
        public Extent {
            if (tailOffset < 0 || tailOffset > sizeBytes) {
                throw new IllegalArgumentException(
                        "a tail is outside its file: tailOffset="
                                + tailOffset
                                + ", sizeBytes="
                                + sizeBytes);
            }
        }
    }

    /**
     * The file as entries.
     *
     * @param entryCount all entries, tombstones and merge operands included
     */
    public record Content(
            long entryCount,
            long tombstoneCount,
            long mergeCount,
            OwnedSlice minKey,
            OwnedSlice maxKey) {
        public Content {
            if (entryCount <= 0) {
                throw new IllegalArgumentException(
                        "an SSTable has no entries: entryCount=" + entryCount);
            }
            if (tombstoneCount < 0 || mergeCount < 0 || tombstoneCount > entryCount - mergeCount) {
                throw new IllegalArgumentException(
                        "counts of entries contradict each other: entryCount="
                                + entryCount
                                + ", tombstoneCount="
                                + tombstoneCount
                                + ", mergeCount="
                                + mergeCount);
            }
            if (minKey.compareTo(maxKey) > 0) {
                throw new IllegalArgumentException(
                        "keys are turned around: minKey=" + minKey + ", maxKey=" + maxKey);
            }
        }
    }

    public SstableMeta {
        if (level < 0) {
            throw new IllegalArgumentException(
                    "[" + identity.fileName() + "] a level is negative: level=" + level);
        }
    }

    public SstableMeta withLevel(int newLevel) {
        return new SstableMeta(identity, extent, content, newLevel, clip);
    }

    /**
     * The same file seen through a narrower range: the intersection of the range and today's clip.
     */
    public SstableMeta withClip(KeyRange range) {
        KeyRange narrower = clip == null ? range : clip.intersect(range);
        return new SstableMeta(identity, extent, content, level, narrower);
    }

    /** As the file's own footer tells it, which knows neither moves nor clips. */
    SstableMeta asWritten(int writtenLevel) {
        return new SstableMeta(identity, extent, content, writtenLevel, null);
    }

    public String fileName() {
        return identity.fileName();
    }

    public String treeName() {
        return identity.treeName();
    }

    public long generation() {
        return identity.generation();
    }

    public long minWriteTimeMillis() {
        return identity.minWriteTimeMillis();
    }

    public long maxWriteTimeMillis() {
        return identity.maxWriteTimeMillis();
    }

    public long sizeBytes() {
        return extent.sizeBytes();
    }

    public long tailOffset() {
        return extent.tailOffset();
    }

    public int tailChecksum() {
        return extent.tailChecksum();
    }

    public long entryCount() {
        return content.entryCount();
    }

    public long tombstoneCount() {
        return content.tombstoneCount();
    }

    public long mergeCount() {
        return content.mergeCount();
    }

    public OwnedSlice minKey() {
        return content.minKey();
    }

    public OwnedSlice maxKey() {
        return content.maxKey();
    }

    /** The keys that can be seen: from the smallest to the largest, inside the clip. */
    public KeyRange visibleRange() {
        byte[] aboveMax = Arrays.copyOf(maxKey().bytesUnsafe(), maxKey().length() + 1);
        KeyRange whole = new KeyRange(minKey(), OwnedSlice.wrap(aboveMax));
        return clip == null ? whole : clip.intersect(whole);
    }

    /** Whether the visible keys may meet the range. */
    public boolean overlaps(KeyRange range) {
        return range.overlaps(minKey(), maxKey())
                && (clip == null || !visibleRange().intersect(range).isEmpty());
    }
}
