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
import org.jspecify.annotations.Nullable;

/**
 * The way from the index of a {@link MapTier} to one block, as it was last found, and the upkeep of
 * the directories on it. A map has one block, or a directory of blocks, or a directory of parts
 * that are directories of blocks:
 *
 * <pre>
 * slot → block
 * slot → directory (is the part, too) → block
 * slot → directory → part → block
 * </pre>
 *
 * <p>There is one way at a time: finding another block forgets the one before. What is said here of
 * a map or block is said of the one that was found last. Guarded by the tier's lock.
 */
final class MapPath {

    private static final int DIRECTORY_CAPACITY_MIN = 4;

    private final HotTier tier;
    private final Segments segments;
    private final RecordIndex index;

    private long slot;

    /** The map's directory, or 0. */
    private long directory;

    /** The directory that has the block itself. */
    private long part;

    private int partIndex;
    private int blockIndex;
    private int ref;
    private long block;

    MapPath(HotTier tier, Segments segments, RecordIndex index) {
        this.tier = tier;
        this.segments = segments;
        this.index = index;
    }

    // --------------------------------------------------------------------------------- to a block

    /** Finds the block in which the key stands, or would; false if nothing is here of its map. */
    boolean find(KeyBuffer key) {
        return find(key, key);
    }

    /** Finds the block of the map with this prefix in which a key stands, or would. */
    boolean find(KeyBuffer prefix, KeyBuffer key) {
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
                partIndex = indexOf(prefixLength, key, directory);
                part = segments.address(MapDirectory.ref(directory, partIndex));
            }
            blockIndex = indexOf(prefixLength, key, part);
            ref = MapDirectory.ref(part, blockIndex);
            block = segments.address(ref);
        }
        return true;
    }

    private int indexOf(int prefixLength, KeyBuffer key, long record) {
        int suffixLength = key.length() - prefixLength;
        return MapDirectory.find(segments, record, key.array(), prefixLength, suffixLength);
    }

    /**
     * Finds the way to a block or directory that the map has.
     *
     * @throws AssertionError if the map does not have it
     */
    void findRecord(long record, int wanted) {
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

    /** Goes to the next block of the map; false if there is none. */
    boolean next() {
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

    /** Whether no block of the map stands behind this one. */
    boolean isLastBlock() {
        return directory == 0
                || (blockIndex == MapDirectory.count(part) - 1
                        && (part == directory || partIndex == MapDirectory.count(directory) - 1));
    }

    /** Whether the map has a directory. */
    boolean hasDirectory() {
        return directory != 0;
    }

    int ref() {
        return ref;
    }

    /** The block's address. */
    long block() {
        return block;
    }

    /** As {@link MapBlock#search}. */
    long search(KeyBuffer key) {
        int prefixLength = key.prefixLength();
        return MapBlock.search(block, key.array(), prefixLength, key.length() - prefixLength);
    }

    /** The first entry of the block that is above the key, or is any if that is null. */
    long firstAbove(KeyBuffer prefix, @Nullable KeyBuffer after) {
        if (after == null) {
            return MapBlock.first(block);
        }
        int prefixLength = prefix.length();
        long found =
                MapBlock.search(block, after.array(), prefixLength, after.length() - prefixLength);
        return found < 0 ? ~found : MapBlock.next(found);
    }

    /** The block was read: it is spared by the next eviction. */
    void noteRead() {
        if (!Records.has(block, Records.READ)) {
            Records.set(block, Records.READ);
        }
    }

    // ------------------------------------------------------------------------------ of the whole
    // map

    /** Whether all live entries of the map are in memory. */
    boolean isMapComplete() {
        return directory == 0 ? MapBlock.isComplete(block) : MapDirectory.isComplete(directory);
    }

    /** Whether all of the map was kept so far that was read since its first page. */
    boolean isMapRead() {
        return directory == 0 ? MapBlock.isRead(block) : MapDirectory.isRead(directory);
    }

    void setMapFlags(boolean isComplete, boolean isRead) {
        if (directory == 0) {
            MapBlock.setFlags(block, isComplete, isRead);
        } else {
            MapDirectory.setFlags(directory, isComplete, isRead);
        }
    }

    // ----------------------------------------------------------------------------- what leads here

    /**
     * The map finds the block here from now on that took this one's place, or is this one with
     * another first entry.
     */
    void point(int target) {
        Invariants.check(
                target != Segments.NO_REF && slot != 0, "a map leads to nothing", "ref", target);
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

    /** Bytes of a record that was found with {@link #findRecord} are elsewhere, as they were. */
    void pointMoved(boolean isDirectory, int target) {
        if (directory == 0) {
            RecordIndex.setRef(slot, target);
        } else if (isDirectory) {
            MapDirectory.setRef(directory, partIndex, target);
        } else {
            MapDirectory.setRef(part, blockIndex, target);
        }
    }

    /** The map has lost the block. */
    void unlink() {
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
            tier.becomeGarbage(MapDirectory.ref(directory, partIndex), Records.OLD);
            MapDirectory.remove(directory, partIndex);
        }
        if (MapDirectory.count(directory) == 0) {
            tier.becomeGarbage(RecordIndex.ref(slot), Records.OLD);
            index.remove(slot);
        }
    }

    // -------------------------------------------------------------------------------- directories

    /** The map has another block behind this one; there is a place for it. */
    void insertBehind(int next) {
        Invariants.check(directory != 0, "a map without a directory is given a block", "n", next);
        long window = MapBlock.firstWindow(segments.address(next));
        MapDirectory.insert(part, blockIndex + 1, next, window);
    }

    /**
     * Makes sure that the map has a directory with a place behind the block.
     *
     * @return false if there is no room for it
     */
    boolean reservePlace(KeyBuffer key) {
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
        int created = allocate(key, DIRECTORY_CAPACITY_MIN);
        if (created == Segments.NO_REF) {
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
        int larger = allocate(key, 2 * MapDirectory.count(directory));
        if (larger == Segments.NO_REF) {
            return false;
        }
        long record = segments.address(larger);
        MapDirectory.init(record, isMapComplete(), isMapRead(), MapDirectory.isParted(directory));
        MapDirectory.moveFrom(directory, 0, record);
        tier.becomeGarbage(RecordIndex.ref(slot), Records.OLD);
        RecordIndex.setRef(slot, larger);
        part = part == directory ? record : part;
        directory = record;
        return true;
    }

    /** The map's directory of blocks becomes the only part of one that has parts. */
    private boolean partDirectory(KeyBuffer key) {
        int upper = allocate(key, DIRECTORY_CAPACITY_MIN);
        if (upper == Segments.NO_REF) {
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

    /** The part of the block, which is full, becomes two. */
    private boolean splitPart(KeyBuffer key) {
        int next = allocate(key, MapDirectory.BLOCKS_MAX);
        if (next == Segments.NO_REF) {
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

    private int allocate(KeyBuffer key, int capacity) {
        int valueBytes = MapDirectory.valueBytes(capacity);
        long sizeBytes = Records.sizeBytes(Records.DIRECTORY, key.prefixLength(), valueBytes);
        HotTier.checkLength(sizeBytes);
        int created = tier.allocateDirectory((int) sizeBytes);
        if (created != Segments.NO_REF) {
            Records.initMap(segments.address(created), (int) sizeBytes, key, Records.DIRECTORY);
        }
        return created;
    }
}
