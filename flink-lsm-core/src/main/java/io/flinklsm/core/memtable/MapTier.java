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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.merge.Lookup;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A tier of entries that belong to maps: a map is what has the same prefix. The entries of a map
 * stand in {@link MapBlock blocks}, in key order; the index has the prefix alone, so the first
 * entry of a map and the next ones cost one miss together.
 *
 * <pre>
 * index   map a → block [ a/1 a/2* a/7 ]              * written in the block's generation
 *         map b → directory → [ b/0 b/1 ] [ b/4* b/5 ] [ b/9 ]
 * </pre>
 *
 * <p>The first change of a block in a generation copies it, as a record is replaced elsewhere; the
 * next ones change the copy in place. A flush writes the entries that were written in its
 * generation, of all blocks. A block that grows beyond {@link MapBlock#ENTRIES_MAX} entries or
 * {@link MapBlock#BYTES_MAX} bytes becomes two, with a {@link MapDirectory directory}.
 *
 * <p>A map is <em>complete</em> while all its live entries are in memory: from its first entry on,
 * if the tier is complete then, or from a read of all of it on; and until one of its blocks is
 * evicted. A complete map is iterated without a look at the files. What a block of the map has is
 * newer than what any file and any older generation has of those keys, and a tombstone is left out
 * when files have it and the map is complete.
 *
 * <p>There is no merge operator here. Every key is given with its prefix.
 */
public final class MapTier extends HotTier {

    private static final int DIRECTORY_CAPACITY_MIN = 4;

    /** Room of a block for what is read: some small entries. */
    private static final int CREATED_BYTES = 32;

    /** What became of an entry that was to be kept. */
    private enum Kept {
        YES,
        NO_ROOM,
        /** It belongs into a block that a flush reads now. */
        NO
    }

    // Where a key stands or would stand, as locate() has found it. Guarded by access.
    private long slot;
    private long directory;
    private long part;
    private int partIndex;
    private int blockIndex;
    private int ref;
    private long block;

    /** A map of which there is nothing anywhere, if one is known. */
    private final KeyBuffer newMap = new KeyBuffer();

    private boolean isNewMapKnown;

    private final Slice view = new Slice();

    private final BlockWriter writer = new BlockWriter();

    /** Where the last page that was kept ended, if there is a next one. */
    private @Nullable OwnedSlice run;

    private long runBytes;

    /**
     * @param generation age of what is written first
     * @param complete whether the tree has no other sources
     */
    public MapTier(TierMemory memory, long generation, boolean complete, long nowMillis) {
        super(memory, true, generation, complete, nowMillis);
    }

    // ------------------------------------------------------------------------------------ write

    @Override
    public boolean put(KeyBuffer key, byte[] value, int from, int byteCount) {
        checkLengths(key, byteCount);
        access.lock();
        try {
            prepareWrite();
            return locate(key)
                    ? write(key, search(key), 0, value, from, byteCount)
                    : create(key, 0, value, from, byteCount);
        } finally {
            access.unlock();
        }
    }

    @Override
    public boolean delete(KeyBuffer key) {
        checkLengths(key, 0);
        access.lock();
        try {
            prepareWrite();
            if (!locate(key)) {
                return complete || create(key, MapBlock.DELETE, NO_BYTES, 0, 0);
            }
            long found = search(key);
            if (found < 0) {
                return isMapComplete() || write(key, found, MapBlock.DELETE, NO_BYTES, 0, 0);
            }
            if (MapBlock.isDelete(found)) {
                return true;
            }
            if (isOpen(ref) && (MapBlock.head(found) & MapBlock.FIRST) != 0) {
                remove(found);
                return true;
            }
            return write(key, found, MapBlock.DELETE, NO_BYTES, 0, 0);
        } finally {
            access.unlock();
        }
    }

    @Override
    public boolean merge(KeyBuffer key, byte[] operand, int from, int byteCount) {
        throw new IllegalStateException(
                "[memtable] a merge operand came, but a tree of maps has no merge operator: key="
                        + key
                        + "; put the whole value");
    }

    @Override
    public boolean isValueFull() {
        return false;
    }

    /** Finds the block of the key; false if its map has none. */
    private boolean locate(KeyBuffer key) {
        return locate(key, key);
    }

    /** Finds the block of the map with this prefix in which a key stands, or would. */
    private boolean locate(KeyBuffer prefix, KeyBuffer key) {
        int prefixLength = prefix.prefixLength();
        slot = index.find(prefix.array(), prefixLength, prefix.prefixHash());
        if (slot == 0) {
            return false;
        }
        ref = RecordIndex.ref(slot);
        block = segments.address(ref);
        directory = 0;
        if (Records.kind(block) == Records.DIRECTORY) {
            directory = block;
            part = block;
            if (MapDirectory.isParted(directory)) {
                partIndex = find(prefixLength, key, directory);
                part = segments.address(MapDirectory.ref(directory, partIndex));
            }
            blockIndex = find(prefixLength, key, part);
            ref = MapDirectory.ref(part, blockIndex);
            block = segments.address(ref);
        }
        return true;
    }

    private int find(int prefixLength, KeyBuffer key, long record) {
        int suffixLength = key.length() - prefixLength;
        return MapDirectory.find(segments, record, key.array(), prefixLength, suffixLength);
    }

    /** As {@link MapBlock#search}, in the block that was located. */
    private long search(KeyBuffer key) {
        int prefixLength = key.prefixLength();
        return MapBlock.search(block, key.array(), prefixLength, key.length() - prefixLength);
    }

    /** Whether the map of the block that was located is complete. */
    private boolean isMapComplete() {
        return directory == 0 ? MapBlock.isComplete(block) : MapDirectory.isComplete(directory);
    }

    /** The first entry of a map. */
    private boolean create(KeyBuffer key, int kind, byte[] value, int from, int byteCount) {
        int suffixLength = key.length() - key.prefixLength();
        int usedBytes = MapBlock.HEADER_BYTES + MapBlock.entryBytes(suffixLength, byteCount);
        if (!index.prepare(key.prefixHash())) {
            return false;
        }
        int created = allocateOpen(key, usedBytes);
        if (created == NO_REF) {
            return false;
        }
        boolean isNew = complete || isNewMap(key);
        boolean isFirst = isNew && kind != MapBlock.DELETE;
        int head = kind | MapBlock.DIRTY | (isFirst ? MapBlock.FIRST : 0);
        begin(created, isNew, false);
        writer.append(key, head, value, from, byteCount);
        writer.end();
        index.insert(key.prefixHash(), created);
        open.addEntry();
        isNewMapKnown = false;
        return true;
    }

    private boolean isNewMap(KeyBuffer key) {
        int length = key.prefixLength();
        return isNewMapKnown
                && Arrays.equals(newMap.array(), 0, newMap.length(), key.array(), 0, length);
    }

    /**
     * Writes an entry into the block that was located.
     *
     * @param found what {@link #search} has found
     * @param kind 0 or {@link MapBlock#DELETE}
     */
    private boolean write(
            KeyBuffer key, long found, int kind, byte[] value, int from, int byteCount) {
        boolean isInPlace = isOpen(ref);
        int head = kind | MapBlock.DIRTY;
        boolean wasDirty = false;
        if (found >= 0) {
            int before = isInPlace ? MapBlock.head(found) : 0;
            wasDirty = (before & MapBlock.DIRTY) != 0;
            head |= before & MapBlock.FIRST;
        } else if (kind != MapBlock.DELETE && isMapComplete()) {
            head |= MapBlock.FIRST;
        }
        if (!change(key, found, head, value, from, byteCount, isInPlace, true)) {
            return false;
        }
        if (!wasDirty) {
            open.addEntry();
        }
        return true;
    }

    /**
     * Puts an entry into the block that was located, or into what takes the block's place.
     *
     * @param isInPlace whether the block may be changed; else it is copied
     * @param toOpen whether what takes its place belongs to the open generation
     */
    private boolean change(
            KeyBuffer key,
            long found,
            int head,
            byte[] value,
            int from,
            int byteCount,
            boolean isInPlace,
            boolean toOpen) {
        int suffixLength = key.length() - key.prefixLength();
        int entryBytes = MapBlock.entryBytes(suffixLength, byteCount);
        int olderBytes = found < 0 ? 0 : MapBlock.sizeBytes(found);
        int usedBytes = Records.valueLength(block) + entryBytes - olderBytes;
        int count = MapBlock.count(block) + (found < 0 ? 1 : 0);
        boolean isOneBlock =
                count == 1 || (count <= MapBlock.ENTRIES_MAX && usedBytes <= MapBlock.BYTES_MAX);
        long at = found < 0 ? ~found : found;
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
                point(ref);
            }
            return true;
        }
        int target = toOpen ? allocateOpen(key, usedBytes) : allocateKept(key, usedBytes);
        if (target == NO_REF) {
            return false;
        }
        boolean keepsFlags = toOpen && isOpen(ref);
        begin(target, MapBlock.isComplete(block), MapBlock.isRead(block));
        copy(MapBlock.first(block), at, keepsFlags);
        writer.append(key, head, value, from, byteCount);
        copy(at + olderBytes, MapBlock.end(block), keepsFlags);
        writer.end();
        retire();
        point(target);
        return true;
    }

    /** The block that was located, with an entry more, becomes two. */
    private boolean split(
            KeyBuffer key,
            long at,
            int olderBytes,
            int head,
            byte[] value,
            int from,
            int byteCount,
            boolean toOpen) {
        if (!reservePlace(key)) {
            return false;
        }
        int entryBytes = MapBlock.entryBytes(key.length() - key.prefixLength(), byteCount);
        long first = MapBlock.first(block);
        long end = MapBlock.end(block);
        boolean isAppended = at == end && isLastBlock();
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
        if (isAppended && toOpen && isOpen(ref)) {
            return appendBlock(key, rightBytes, head, value, from, byteCount);
        }
        int left = allocate(key, MapBlock.HEADER_BYTES + leftBytes, toOpen);
        int right =
                left == NO_REF ? NO_REF : allocate(key, MapBlock.HEADER_BYTES + rightBytes, toOpen);
        if (right == NO_REF) {
            if (left != NO_REF) {
                begin(left, false, false);
                writer.end();
                discard(left);
            }
            return false;
        }
        boolean keepsFlags = toOpen && isOpen(ref);
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
        retire();
        pointToBoth(left, right);
        return true;
    }

    /** The located block stays as it is; what was to be added begins the map's next one. */
    private boolean appendBlock(
            KeyBuffer key, int entryBytes, int head, byte[] value, int from, int byteCount) {
        int next = allocateOpen(key, MapBlock.HEADER_BYTES + entryBytes);
        if (next == NO_REF) {
            return false;
        }
        begin(next, false, false);
        writer.append(key, head, value, from, byteCount);
        writer.end();
        long window = MapBlock.firstWindow(segments.address(next));
        MapDirectory.insert(part, blockIndex + 1, next, window);
        return true;
    }

    private void pointToBoth(int left, int right) {
        long rightBlock = segments.address(right);
        boolean isLeftEmpty = MapBlock.count(segments.address(left)) == 0;
        boolean isRightEmpty = MapBlock.count(rightBlock) == 0;
        // Tombstones that are not needed may have been all there was.
        if (isLeftEmpty) {
            discard(left);
            point(right);
        } else {
            point(left);
            if (isRightEmpty) {
                discard(right);
            } else {
                long window = MapBlock.firstWindow(rightBlock);
                MapDirectory.insert(part, blockIndex + 1, right, window);
            }
        }
    }

    // ---------------------------------------------------------------------------------- directory

    /** Whether no block of the map stands behind the located one. */
    private boolean isLastBlock() {
        return directory == 0
                || (blockIndex == MapDirectory.count(part) - 1
                        && (part == directory || partIndex == MapDirectory.count(directory) - 1));
    }

    /** Makes sure that the located block's map has a directory with a place behind the block. */
    private boolean reservePlace(KeyBuffer key) {
        if (directory == 0) {
            return beginDirectory(key);
        }
        if (!MapDirectory.isFull(part)) {
            return true;
        }
        if (part == directory && MapDirectory.count(part) < MapDirectory.BLOCKS_MAX) {
            return enlargeDirectory(key);
        }
        return (part != directory || partDirectory(key))
                && (!MapDirectory.isFull(directory) || enlargeDirectory(key))
                && splitPart(key);
    }

    private boolean beginDirectory(KeyBuffer key) {
        int created = allocateDirectory(key, DIRECTORY_CAPACITY_MIN);
        if (created == NO_REF) {
            return false;
        }
        long record = segments.address(created);
        MapDirectory.init(record, isMapComplete(), isMapRead(), false);
        MapDirectory.insert(record, 0, ref, MapBlock.firstWindow(block));
        RecordIndex.setRef(slot, created);
        directory = record;
        part = record;
        blockIndex = 0;
        return true;
    }

    /** The map's directory, of blocks or of parts, gets twice as many places. */
    private boolean enlargeDirectory(KeyBuffer key) {
        int larger = allocateDirectory(key, 2 * MapDirectory.count(directory));
        if (larger == NO_REF) {
            return false;
        }
        long record = segments.address(larger);
        MapDirectory.init(record, isMapComplete(), isMapRead(), MapDirectory.isParted(directory));
        MapDirectory.moveFrom(directory, 0, record);
        becomeGarbage(RecordIndex.ref(slot), Records.OLD);
        RecordIndex.setRef(slot, larger);
        part = part == directory ? record : part;
        directory = record;
        return true;
    }

    /** The map's directory of blocks becomes the only part of one that has parts. */
    private boolean partDirectory(KeyBuffer key) {
        int upper = allocateDirectory(key, DIRECTORY_CAPACITY_MIN);
        if (upper == NO_REF) {
            return false;
        }
        long record = segments.address(upper);
        MapDirectory.init(record, isMapComplete(), isMapRead(), true);
        MapDirectory.insert(record, 0, RecordIndex.ref(slot), MapDirectory.window(part, 0));
        RecordIndex.setRef(slot, upper);
        directory = record;
        partIndex = 0;
        return true;
    }

    /** The part of the located block, which is full, becomes two. */
    private boolean splitPart(KeyBuffer key) {
        int next = allocateDirectory(key, MapDirectory.BLOCKS_MAX);
        if (next == NO_REF) {
            return false;
        }
        int kept = MapDirectory.count(part) / 2;
        long record = segments.address(next);
        MapDirectory.init(record, false, false, false);
        MapDirectory.moveFrom(part, kept, record);
        MapDirectory.insert(directory, partIndex + 1, next, MapDirectory.window(record, 0));
        if (blockIndex >= kept) {
            blockIndex -= kept;
            partIndex++;
            part = record;
        }
        return true;
    }

    private int allocateDirectory(KeyBuffer key, int capacity) {
        int valueBytes = MapDirectory.valueBytes(capacity);
        long sizeBytes = Records.sizeBytes(Records.DIRECTORY, key.prefixLength(), valueBytes);
        checkLength(sizeBytes);
        int created = allocateDirectory((int) sizeBytes);
        if (created != NO_REF) {
            initRecord(segments.address(created), (int) sizeBytes, key, Records.DIRECTORY);
        }
        return created;
    }

    /**
     * The map finds the block here from now on that took the place of the located one, or is the
     * located one with another first entry.
     */
    private void point(int target) {
        if (directory == 0) {
            RecordIndex.setRef(slot, target);
            return;
        }
        long window = MapBlock.firstWindow(segments.address(target));
        MapDirectory.set(part, blockIndex, target, window);
        if (blockIndex == 0 && part != directory) {
            MapDirectory.setWindow(directory, partIndex, window);
        }
    }

    /** The map has lost the located block. */
    private void unlink() {
        if (directory == 0) {
            index.remove(slot);
            return;
        }
        MapDirectory.remove(part, blockIndex);
        if (part != directory) {
            if (MapDirectory.count(part) > 0) {
                MapDirectory.setWindow(directory, partIndex, MapDirectory.window(part, 0));
                return;
            }
            becomeGarbage(MapDirectory.ref(directory, partIndex), Records.OLD);
            MapDirectory.remove(directory, partIndex);
        }
        if (MapDirectory.count(directory) == 0) {
            becomeGarbage(RecordIndex.ref(slot), Records.OLD);
            index.remove(slot);
        }
    }

    /**
     * Takes an entry out of the located block, which is of the open generation, without a trace.
     */
    private void remove(long entry) {
        int bytes = MapBlock.sizeBytes(entry);
        boolean isAtFront = entry == MapBlock.first(block);
        long end = MapBlock.end(block) - bytes;
        MapBlock.shift(block, entry + bytes, -bytes);
        MapBlock.setEntries(block, MapBlock.count(block) - 1, end);
        open.removeEntry();
        if (MapBlock.count(block) == 0) {
            if (directory == 0 && isMapComplete()) {
                newMap.set(Records.viewKey(block, view), view.length());
                isNewMapKnown = true;
            }
            retire();
            unlink();
        } else if (isAtFront) {
            point(ref);
        }
    }

    /** Another block has taken the place of the located one. */
    private void retire() {
        discard(ref);
    }

    /** A block of which no entry is of use, now or to a flush. */
    private void discard(int unused) {
        becomeGarbage(unused, isOpen(unused) ? Records.DEAD : Records.OLD);
    }

    // ------------------------------------------------------------------------- putting together

    private int allocate(KeyBuffer key, int usedBytes, boolean toOpen) {
        return toOpen ? allocateOpen(key, usedBytes) : allocateKept(key, usedBytes);
    }

    /** A record of the open generation for a block; no ref if there is no room. */
    private int allocateOpen(KeyBuffer key, int usedBytes) {
        int sizeBytes = blockRecordBytes(key, usedBytes);
        return initiated(key, allocateOpen(sizeBytes), sizeBytes);
    }

    /** The same of what no flush wants. */
    private int allocateKept(KeyBuffer key, int usedBytes) {
        int sizeBytes = blockRecordBytes(key, usedBytes);
        return initiated(key, allocateResident(sizeBytes), sizeBytes);
    }

    private int initiated(KeyBuffer key, int target, int sizeBytes) {
        if (target != NO_REF) {
            initRecord(segments.address(target), sizeBytes, key, Records.PUT);
        }
        return target;
    }

    /** With room for some entries more: most maps grow. */
    private static int blockRecordBytes(KeyBuffer key, int usedBytes) {
        long capacity = (long) usedBytes + Math.min(usedBytes / 4, MapBlock.BYTES_MAX);
        long sizeBytes = Records.sizeBytes(Records.PUT, key.prefixLength(), capacity);
        checkLength(sizeBytes);
        return (int) sizeBytes;
    }

    private static void initRecord(long record, int sizeBytes, KeyBuffer key, int kind) {
        int prefixLength = key.prefixLength();
        Records.init(record, sizeBytes, key.array(), prefixLength, prefixLength, kind, 0);
    }

    private void begin(int target, boolean isComplete, boolean isRead) {
        writer.begin(segments.address(target), isComplete, isRead);
    }

    /**
     * Copies entries of the located block; into another generation without what it says of its own.
     */
    private void copy(long from, long to, boolean keepsFlags) {
        // What is in files and hides nothing that a read could come to is not needed any more.
        boolean dropsTombstones =
                !keepsFlags && isMapComplete() && conditionOf(ref) == Condition.CLEAN;
        writer.copy(from, to, keepsFlags, dropsTombstones);
    }

    // ------------------------------------------------------------------------------------- read

    @Override
    public int find(KeyBuffer key, ValueBuffer out, Lookup lookup) {
        if (!locate(key)) {
            return complete ? ABSENT : UNKNOWN;
        }
        noteRead(block);
        long found = search(key);
        if (found < 0) {
            return isMapComplete() ? ABSENT : UNKNOWN;
        }
        if (MapBlock.isDelete(found)) {
            return ABSENT;
        }
        out.setAddress(MapBlock.valueAddress(found), MapBlock.valueLength(found));
        return FOUND;
    }

    @Override
    public boolean gather(KeyBuffer key, Lookup lookup) {
        if (!locate(key)) {
            return !complete;
        }
        long found = search(key);
        if (found < 0) {
            return !isMapComplete();
        }
        EntryKind kind = MapBlock.isDelete(found) ? EntryKind.DELETE : EntryKind.PUT;
        lookup.offer(kind, MapBlock.viewValue(found, view));
        return false;
    }

    @Override
    public int contains(KeyBuffer key) {
        access.lock();
        try {
            if (!locate(key)) {
                return complete ? ABSENT : UNKNOWN;
            }
            noteRead(block);
            long found = search(key);
            if (found < 0) {
                return isMapComplete() ? ABSENT : UNKNOWN;
            }
            return MapBlock.isDelete(found) ? ABSENT : FOUND;
        } finally {
            access.unlock();
        }
    }

    private static void noteRead(long record) {
        if (!Records.has(record, Records.READ)) {
            Records.set(record, Records.READ);
        }
    }

    @Override
    public boolean keepIf(BooleanSupplier isCurrent, KeyBuffer key, ValueBuffer value) {
        if (key.length() + value.length() > KEPT_BYTES_MAX) {
            return true;
        }
        access.lock();
        try {
            return !isCurrent.getAsBoolean()
                    || keepOne(key, value.array(), 0, value.length()) != Kept.NO_ROOM
                    || isFirstMiss(key.hash());
        } finally {
            access.unlock();
        }
    }

    private Kept keepOne(KeyBuffer key, byte[] value, int from, int byteCount) {
        if (closed) {
            return Kept.NO;
        }
        if (!locate(key) && !createKept(key)) {
            return Kept.NO_ROOM;
        }
        long found = search(key);
        if (found >= 0) {
            return Kept.YES;
        }
        boolean isOpen = isOpen(ref);
        if (!isOpen && conditionOf(ref) != Condition.CLEAN) {
            return Kept.NO;
        }
        // A cursor may still read a clean block, as it was.
        boolean isInPlace = isOpen || segments.of(ref).owner().isUnread();
        return change(key, found, 0, value, from, byteCount, isInPlace, isOpen)
                ? Kept.YES
                : Kept.NO_ROOM;
    }

    /** Makes and locates the first block of a map of which nothing is in memory. */
    private boolean createKept(KeyBuffer key) {
        int created = index.prepare(key.prefixHash()) ? allocateKept(key, CREATED_BYTES) : NO_REF;
        if (created == NO_REF) {
            return false;
        }
        begin(created, false, false);
        writer.end();
        index.insert(key.prefixHash(), created);
        return locate(key);
    }

    // ------------------------------------------------------------------------------------- maps

    /**
     * Copies the live entries with the prefix, or those with keys above {@code after}, to the
     * buffer, in key order, each as the bytes of what follows the prefix in its key (4,
     * big-endian), those of its value (4), and both. Any thread.
     *
     * @param entriesMax the page ends with so many entries, at least 1
     * @param bytesMax or when it has so many bytes
     * @return {@link #UNKNOWN} if there may be entries in files alone; {@link #ABSENT} if no
     *     entries are left behind the page, {@link #FOUND} if some may be
     */
    public int readPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ValueBuffer out) {
        access.lock();
        try {
            if (!locate(prefix, after == null ? prefix : after)) {
                out.clear();
                return complete ? ABSENT : UNKNOWN;
            }
            if (!isMapComplete()) {
                return UNKNOWN;
            }
            out.clear();
            long entry = firstAbove(prefix, after);
            int entries = 0;
            while (true) {
                noteRead(block);
                long end = MapBlock.end(block);
                for (; entry < end; entry = MapBlock.next(entry)) {
                    if (MapBlock.isDelete(entry)) {
                        continue;
                    }
                    if (entries >= entriesMax || out.length() >= bytesMax) {
                        return FOUND;
                    }
                    entries++;
                    int suffixLength = MapBlock.suffixLength(entry);
                    int valueLength = MapBlock.valueLength(entry);
                    out.appendInt(suffixLength).appendInt(valueLength);
                    // The value stands right behind the suffix.
                    out.appendAddress(MapBlock.suffixAddress(entry), suffixLength + valueLength);
                }
                if (!goToNextBlock()) {
                    return ABSENT;
                }
                entry = MapBlock.first(block);
            }
        } finally {
            access.unlock();
        }
    }

    /** The first entry of the located block that is above the key, or is any if that is null. */
    private long firstAbove(KeyBuffer prefix, @Nullable KeyBuffer after) {
        if (after == null) {
            return MapBlock.first(block);
        }
        int prefixLength = prefix.length();
        long found =
                MapBlock.search(block, after.array(), prefixLength, after.length() - prefixLength);
        return found < 0 ? ~found : MapBlock.next(found);
    }

    /** Locates the next block of the map; false if there is none. */
    private boolean goToNextBlock() {
        if (isLastBlock()) {
            return false;
        }
        if (++blockIndex == MapDirectory.count(part)) {
            part = segments.address(MapDirectory.ref(directory, ++partIndex));
            blockIndex = 0;
        }
        ref = MapDirectory.ref(part, blockIndex);
        block = segments.address(ref);
        return true;
    }

    /**
     * No file has anything of the key's map, and neither has the tier: if the map is written next,
     * it is complete from its first entry on; writer only.
     */
    public void noteNewMap(KeyBuffer key) {
        access.lock();
        try {
            if (!locate(key)) {
                newMap.set(key.array(), 0, key.prefixLength());
                isNewMapKnown = true;
            }
        } finally {
            access.unlock();
        }
    }

    /** Whether nothing of the key's map is in memory; writer only. */
    public boolean isMapUnknown(KeyBuffer key) {
        access.lock();
        try {
            return !complete && !locate(key);
        } finally {
            access.unlock();
        }
    }

    /** Whether there are live entries with the prefix: FOUND, ABSENT or UNKNOWN. Any thread. */
    public int hasPrefix(KeyBuffer prefix) {
        access.lock();
        try {
            if (!locate(prefix)) {
                return complete ? ABSENT : UNKNOWN;
            }
            do {
                noteRead(block);
                if (MapBlock.hasLive(block)) {
                    return FOUND;
                }
            } while (goToNextBlock());
            return isMapComplete() ? ABSENT : UNKNOWN;
        } finally {
            access.unlock();
        }
    }

    /**
     * The entries with the prefix, above {@code after} if it is not null, that are in memory, as
     * one source that is newer than all files: in key order, each once. Needs the lock; what is
     * returned is a copy.
     *
     * @param entriesMax the copy is cut behind so many entries, at least 1
     * @param bytesMax or when it has so many bytes
     */
    public PrefixCopy copyPrefix(
            KeyBuffer prefix, @Nullable KeyBuffer after, int entriesMax, int bytesMax) {
        if (!locate(prefix, after == null ? prefix : after)) {
            return new PrefixCopy(complete);
        }
        PrefixCopy copy = new PrefixCopy(isMapComplete());
        long entry = firstAbove(prefix, after);
        int entries = 0;
        do {
            long end = MapBlock.end(block);
            for (; entry < end; entry = MapBlock.next(entry)) {
                if (entries >= entriesMax || copy.length() >= bytesMax) {
                    copy.cut();
                    return copy;
                }
                copy.add(block, entry);
                entries++;
            }
            entry = goToNextBlock() ? MapBlock.first(block) : 0;
        } while (entry != 0);
        return copy;
    }

    /**
     * Keeps live entries of a map that were just read from all sources; writer only. Page by page,
     * from the first to the last, the map becomes complete, unless one of its blocks is evicted
     * meanwhile.
     *
     * @param after the key that the page began behind, or null if it is the first one
     * @param page as {@link #readPage} gives it
     * @param isLast whether there is nothing behind the page
     * @return false if memory should be evicted for it, and the call repeated
     */
    public boolean keepPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            ValueBuffer page,
            boolean isLast,
            KeyBuffer scratch) {
        return keepPageIf(ALWAYS, prefix, after, page, isLast, scratch);
    }

    /**
     * Like {@link #keepPage}, of a page that was read some time ago; see {@link #keepIf}. A page
     * that is not kept ends the run of pages.
     */
    public boolean keepPageIf(
            BooleanSupplier isCurrent,
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            ValueBuffer page,
            boolean isLast,
            KeyBuffer scratch) {
        access.lock();
        try {
            if (!isCurrent.getAsBoolean()) {
                run = null;
                return true;
            }
            if (closed || !begins(after, page)) {
                return true;
            }
            runBytes += page.length();
            scratch.set(prefix.array(), 0, prefix.length(), prefix.length());
            Kept kept = locate(prefix) || createKept(prefix) ? Kept.YES : Kept.NO_ROOM;
            if (kept == Kept.YES && after == null) {
                setMapFlags(isMapComplete(), true);
            }
            for (int at = 0; at < page.length() && kept == Kept.YES; ) {
                int suffixLength = page.getInt(at);
                int valueLength = page.getInt(at + Integer.BYTES);
                at += 2 * Integer.BYTES;
                scratch.setSuffix(page.array(), at, suffixLength);
                at += suffixLength;
                kept = keepOne(scratch, page.array(), at, valueLength);
                at += valueLength;
            }
            if (kept != Kept.YES) {
                run = null;
                return kept == Kept.NO || isFirstMiss(prefix.prefixHash());
            }
            run = isLast ? null : scratch.toOwned();
            if (isLast && locate(prefix)) {
                // A map that has lost a block since the first page is not marked as being read.
                setMapFlags(isMapComplete() || isMapRead(), false);
            }
            return true;
        } finally {
            access.unlock();
        }
    }

    /** Whether the page goes on where the last one ended that was kept, and is not too much. */
    private boolean begins(@Nullable KeyBuffer after, ValueBuffer page) {
        if (after == null) {
            runBytes = 0;
        } else if (run == null || after.slice().compareTo(run) != 0) {
            return false;
        }
        return runBytes + page.length()
                <= Math.max(KEPT_BYTES_MAX, segments.budget().limitBytes() / 64);
    }

    /** Whether all of the map was kept so far that was read since its first page. */
    private boolean isMapRead() {
        return directory == 0 ? MapBlock.isRead(block) : MapDirectory.isRead(directory);
    }

    private void setMapFlags(boolean isComplete, boolean isRead) {
        if (directory == 0) {
            MapBlock.setFlags(block, isComplete, isRead);
        } else {
            MapDirectory.setFlags(directory, isComplete, isRead);
        }
    }

    // ------------------------------------------------------------------------------------ eviction

    @Override
    void drop(KeyBuffer key) {
        isNewMapKnown = false;
        if (locate(key)) {
            setMapFlags(false, false);
            becomeGarbage(ref, Records.OLD);
            unlink();
        }
    }

    @Override
    boolean isWorthSparing(long record) {
        return true;
    }

    @Override
    int trimmedBytes(long record) {
        return Records.kind(record) == Records.DIRECTORY
                ? Records.sizeBytes(record)
                : Records.trimmedBytes(record);
    }

    @Override
    void forget(long record, int forgotten) {
        boolean hasLive = MapBlock.hasLive(record);
        locate(record, forgotten);
        if (hasLive) {
            setMapFlags(false, false);
            complete = false;
        }
        unlink();
    }

    @Override
    void move(long record, int moved, int target, int byteCount) {
        // Who points here must be found before the bytes go.
        locate(record, moved);
        boolean isPart = Records.kind(record) == Records.DIRECTORY;
        Records.move(record, segments.address(target), byteCount);
        if (directory == 0) {
            RecordIndex.setRef(slot, target);
        } else if (isPart) {
            MapDirectory.setRef(directory, partIndex, target);
        } else {
            MapDirectory.setRef(part, blockIndex, target);
        }
    }

    /** Locates a block or directory that is found; it is the map's own if there is no directory. */
    private void locate(long record, int wanted) {
        int length = Records.keyLength(record);
        slot = index.findAt(Records.keyAddress(record), length, Records.keyHash(record, length));
        if (slot == 0) {
            throw new AssertionError("a block or directory that the index does not have");
        }
        ref = wanted;
        block = record;
        directory = 0;
        int found = RecordIndex.ref(slot);
        if (found == wanted) {
            return;
        }
        directory = segments.address(found);
        part = directory;
        boolean isPart = Records.kind(record) == Records.DIRECTORY;
        long first = isPart ? segments.address(MapDirectory.ref(record, 0)) : record;
        if (MapDirectory.isParted(directory)) {
            partIndex = MapDirectory.indexOf(segments, directory, first);
            found = MapDirectory.ref(directory, partIndex);
            part = segments.address(found);
        }
        if (!isPart) {
            blockIndex = MapDirectory.indexOf(segments, part, first);
            found = MapDirectory.ref(part, blockIndex);
        }
        if (found != wanted) {
            throw new AssertionError("a directory has lost a block or part: ref=" + wanted);
        }
    }
}
