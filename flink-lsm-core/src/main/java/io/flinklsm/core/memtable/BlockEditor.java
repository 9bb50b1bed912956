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
package io.flinklsm.core.memtable;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;

/**
 * Changes the blocks of a {@link MapTier}: a block of the open generation in place while it has
 * room, any other by a copy that takes its place; a block that becomes too large is split.
 *
 * <pre>
 * in place    a → [ a/1 a/7 ]        put a/2    a → [ a/1 a/2 a/7 ]
 * copied      a → [ a/1 a/7 ]        put a/2    a → [ a/1 a/2 a/7 ]'      the old one is garbage
 * split       a → [ a/1 … a/32 ]     put a/33   a → directory → [ … a/32 ] [ a/33 ]
 * </pre>
 *
 * <p>What is changed is the block that the tier's {@link MapPath} has found, which leads to what
 * took its place afterwards. If there is no room, nothing has changed. Guarded by the tier's lock.
 */
final class BlockEditor {

    /** Room of a block for what is read: some small entries. */
    private static final int CREATED_BYTES = 32;

    private final HotTier tier;
    private final Segments segments;
    private final RecordIndex index;
    private final MapPath path;
    private final BlockWriter writer = new BlockWriter();

    BlockEditor(HotTier tier, Segments segments, RecordIndex index, MapPath path) {
        this.tier = tier;
        this.segments = segments;
        this.index = index;
        this.path = path;
    }

    // ------------------------------------------------------------------------------------- create

    /**
     * Makes the first block of a map, in the open generation, with one entry.
     *
     * @param isComplete whether that is all of the map
     */
    boolean create(
            KeyBuffer key, boolean isComplete, int head, byte[] value, int from, int byteCount) {
        int suffixLength = key.length() - key.prefixLength();
        int usedBytes = MapBlock.HEADER_BYTES + MapBlock.entryBytes(suffixLength, byteCount);
        if (!index.prepare(key.prefixHash())) {
            return false;
        }
        int created = allocate(key, usedBytes, true);
        if (created == Segments.NO_REF) {
            return false;
        }
        begin(created, isComplete, false);
        writer.append(key, head, value, from, byteCount);
        writer.end();
        index.insert(key.prefixHash(), created);
        return true;
    }

    /** Makes and finds the first block of a map of which nothing is in memory, without an entry. */
    boolean createKept(KeyBuffer key) {
        int created =
                index.prepare(key.prefixHash())
                        ? allocate(key, CREATED_BYTES, false)
                        : Segments.NO_REF;
        if (created == Segments.NO_REF) {
            return false;
        }
        begin(created, false, false);
        writer.end();
        index.insert(key.prefixHash(), created);
        return path.find(key);
    }

    // ------------------------------------------------------------------------------------- change

    /**
     * Puts an entry into the block, or into what takes the block's place.
     *
     * @param found what {@link MapPath#search} has found
     * @param isInPlace whether the block may be changed; else it is copied
     * @param toOpen whether what takes its place belongs to the open generation
     */
    boolean change(
            KeyBuffer key,
            long found,
            int head,
            byte[] value,
            int from,
            int byteCount,
            boolean isInPlace,
            boolean toOpen) {
        long block = path.block();
        int suffixLength = key.length() - key.prefixLength();
        int entryBytes = MapBlock.entryBytes(suffixLength, byteCount);
        int olderBytes = found < 0 ? 0 : MapBlock.sizeBytes(found);
        int usedBytes = Records.valueLength(block) + entryBytes - olderBytes;
        int count = MapBlock.count(block) + (found < 0 ? 1 : 0);
        boolean isOneBlock =
                count == 1 || (count <= MapBlock.ENTRIES_MAX && usedBytes <= MapBlock.BYTES_MAX);
        long at = found < 0 ? ~found : found;
        if (Invariants.ENABLED) {
            Invariants.check(
                    at >= MapBlock.first(block) && at <= MapBlock.end(block),
                    "an entry is put outside of the block that was found",
                    "at",
                    at - MapBlock.first(block));
        }
        if (!isOneBlock) {
            return split(key, at, olderBytes, head, value, from, byteCount, toOpen);
        }
        if (isInPlace && usedBytes <= Records.valueCapacity(block)) {
            boolean isAtFront = at == MapBlock.first(block);
            if (entryBytes != olderBytes) {
                MapBlock.shift(block, at + olderBytes, entryBytes - olderBytes);
            }
            MapBlock.writeEntry(
                    at,
                    head,
                    key.array(),
                    key.prefixLength(),
                    suffixLength,
                    value,
                    from,
                    byteCount);
            MapBlock.setEntries(block, count, Records.valueAddress(block) + usedBytes);
            if (isAtFront) {
                path.point(path.ref());
            }
            return true;
        }
        // What is copied for a generation's first change, to an entry that it has, hardly grows
        // soon.
        int room = isInPlace || found < 0 ? roomToGrow(usedBytes) : 0;
        int target = allocate(key, usedBytes, room, toOpen);
        if (target == Segments.NO_REF) {
            return false;
        }
        boolean keepsFlags = toOpen && tier.isOpen(path.ref());
        begin(target, MapBlock.isComplete(block), MapBlock.isRead(block));
        copy(MapBlock.first(block), at, keepsFlags);
        writer.append(key, head, value, from, byteCount);
        copy(at + olderBytes, MapBlock.end(block), keepsFlags);
        writer.end();
        discard(path.ref());
        path.point(target);
        return true;
    }

    /** The block, with an entry more, becomes two. */
    private boolean split(
            KeyBuffer key,
            long at,
            int olderBytes,
            int head,
            byte[] value,
            int from,
            int byteCount,
            boolean toOpen) {
        if (!path.reservePlace(key)) {
            return false;
        }
        long block = path.block();
        int entryBytes = MapBlock.entryBytes(key.length() - key.prefixLength(), byteCount);
        long first = MapBlock.first(block);
        long end = MapBlock.end(block);
        boolean isAppended = at == end && path.isLastBlock();
        int totalBytes = (int) (end - first) + entryBytes - olderBytes;
        // Where the left block ends, and whether the new entry is in it.
        long cut = first;
        boolean isLeft = false;
        int leftBytes = 0;
        while (true) {
            boolean isNew = !isLeft && cut == at;
            int bytes = isNew ? entryBytes : MapBlock.sizeBytes(cut);
            boolean isFull = isAppended ? isNew : leftBytes >= totalBytes / 2;
            if (leftBytes > 0 && (isFull || leftBytes + bytes == totalBytes)) {
                break;
            }
            leftBytes += bytes;
            cut += isNew ? olderBytes : bytes;
            isLeft = isLeft || isNew;
        }
        int rightBytes = totalBytes - leftBytes;
        Invariants.check(
                leftBytes > 0 && rightBytes > 0,
                "one of the two blocks that a block becomes is empty",
                "left",
                leftBytes,
                "right",
                rightBytes);
        if (isAppended && toOpen && tier.isOpen(path.ref())) {
            return append(key, rightBytes, head, value, from, byteCount);
        }
        int left = allocate(key, MapBlock.HEADER_BYTES + leftBytes, toOpen);
        int right =
                left == Segments.NO_REF
                        ? Segments.NO_REF
                        : allocate(key, MapBlock.HEADER_BYTES + rightBytes, toOpen);
        if (right == Segments.NO_REF) {
            if (left != Segments.NO_REF) {
                begin(left, false, false);
                writer.end();
                discard(left);
            }
            return false;
        }
        boolean keepsFlags = toOpen && tier.isOpen(path.ref());
        begin(left, false, false);
        if (isLeft) {
            copy(first, at, keepsFlags);
            writer.append(key, head, value, from, byteCount);
            copy(at + olderBytes, cut, keepsFlags);
        } else {
            copy(first, cut, keepsFlags);
        }
        writer.end();
        begin(right, false, false);
        if (isLeft) {
            copy(cut, end, keepsFlags);
        } else {
            copy(cut, at, keepsFlags);
            writer.append(key, head, value, from, byteCount);
            copy(at + olderBytes, end, keepsFlags);
        }
        writer.end();
        discard(path.ref());
        pointToBoth(left, right);
        return true;
    }

    /** The block stays as it is; what was to be added begins the map's next one. */
    private boolean append(
            KeyBuffer key, int entryBytes, int head, byte[] value, int from, int byteCount) {
        int next = allocate(key, MapBlock.HEADER_BYTES + entryBytes, true);
        if (next == Segments.NO_REF) {
            return false;
        }
        begin(next, false, false);
        writer.append(key, head, value, from, byteCount);
        writer.end();
        path.insertBehind(next);
        return true;
    }

    private void pointToBoth(int left, int right) {
        boolean isLeftEmpty = MapBlock.count(segments.address(left)) == 0;
        boolean isRightEmpty = MapBlock.count(segments.address(right)) == 0;
        // Tombstones that are not needed may have been all there was.
        if (isLeftEmpty) {
            discard(left);
            path.point(right);
        } else {
            path.point(left);
            if (isRightEmpty) {
                discard(right);
            } else {
                path.insertBehind(right);
            }
        }
    }

    // ------------------------------------------------------------------------------------- remove

    /** Takes an entry out of the block, which is of the open generation, without a trace. */
    void remove(long entry) {
        long block = path.block();
        if (Invariants.ENABLED) {
            Invariants.check(
                    tier.isOpen(path.ref()),
                    "an entry that a flush wants is removed",
                    "n",
                    path.ref());
        }
        int bytes = MapBlock.sizeBytes(entry);
        boolean isAtFront = entry == MapBlock.first(block);
        long end = MapBlock.end(block) - bytes;
        MapBlock.shift(block, entry + bytes, -bytes);
        MapBlock.setEntries(block, MapBlock.count(block) - 1, end);
        if (MapBlock.count(block) == 0) {
            discard(path.ref());
            path.unlink();
        } else if (isAtFront) {
            path.point(path.ref());
        }
    }

    /** A block of which no entry is of use, now or to a flush. */
    private void discard(int unused) {
        tier.becomeGarbage(unused, tier.isOpen(unused) ? Records.DEAD : Records.OLD);
    }

    // ------------------------------------------------------------------------- putting together

    /**
     * A record for a block, in the open generation or for what no flush wants; no ref if there is
     * no room.
     */
    private int allocate(KeyBuffer key, int usedBytes, boolean toOpen) {
        return allocate(key, usedBytes, roomToGrow(usedBytes), toOpen);
    }

    private int allocate(KeyBuffer key, int usedBytes, int room, boolean toOpen) {
        int sizeBytes = recordBytes(key, (long) usedBytes + room);
        int target = toOpen ? tier.allocateOpen(sizeBytes) : tier.allocateResident(sizeBytes);
        if (target != Segments.NO_REF) {
            Records.initMap(segments.address(target), sizeBytes, key, Records.PUT);
        }
        return target;
    }

    /** For some entries more: most maps grow. */
    private static int roomToGrow(int usedBytes) {
        return Math.min(usedBytes / 4, MapBlock.BYTES_MAX);
    }

    private static int recordBytes(KeyBuffer key, long capacity) {
        long sizeBytes = Records.sizeBytes(Records.PUT, key.prefixLength(), capacity);
        HotTier.checkLength(sizeBytes);
        return (int) sizeBytes;
    }

    private void begin(int target, boolean isComplete, boolean isRead) {
        writer.begin(segments.address(target), isComplete, isRead);
    }

    /** Copies entries of the block; into another generation without what it says of its own. */
    private void copy(long from, long to, boolean keepsFlags) {
        // What is in files and hides nothing that a read could come to is not needed any more.
        boolean dropsTombstones =
                !keepsFlags
                        && path.isMapComplete()
                        && tier.conditionOf(path.ref()) == Condition.CLEAN;
        writer.copy(from, to, keepsFlags, dropsTombstones);
    }
}
