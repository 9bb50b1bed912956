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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.Generation.Condition;
import io.flinklsm.core.merge.Lookup;
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
 * <p>{@link MapPath} leads from the index to a block and keeps the directories on the way, {@link
 * BlockEditor} changes blocks, and {@link MapCompleteness} remembers what makes a map complete.
 *
 * <p>There is no merge operator here. Every key is given with its prefix.
 */
public final class MapTier extends HotTier {

    /** What became of an entry that was to be kept. */
    private enum Kept {
        YES,
        NO_ROOM,
        /** It belongs into a block that a flush reads now. */
        NO
    }

    // Guarded by access.
    private final MapPath path = new MapPath(this, segments, index);
    private final BlockEditor blocks = new BlockEditor(this, segments, index, path);
    private final MapCompleteness completeness = new MapCompleteness();
    private final Slice view = new Slice();

    /** The entry that {@link #look} has found. */
    private long seen;

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
        return write(key, 0, value, from, byteCount);
    }

    @Override
    public boolean delete(KeyBuffer key) {
        checkLengths(key, 0);
        return write(key, MapBlock.DELETE, NO_BYTES, 0, 0);
    }

    /**
     * Writes an entry, or a tombstone. In one piece: it is longer than what the just-in-time
     * compiler copies into callers ({@code CodeSizesTest}), so that it is compiled once, and not
     * again with each of the five methods that a state's put comes through.
     *
     * @param kind 0 or {@link MapBlock#DELETE}
     */
    private boolean write(KeyBuffer key, int kind, byte[] value, int from, int byteCount) {
        boolean isDelete = kind == MapBlock.DELETE;
        access.lock();
        try {
            prepareWrite();
            int head = kind | MapBlock.DIRTY;
            if (!path.find(key)) {
                // The first entry of a map.
                boolean isNew = isAbsent(key.prefixHash()) || completeness.isNewMap(key);
                if (isDelete && isNew) {
                    return true;
                }
                if (isNew && !isDelete) {
                    head |= MapBlock.FIRST;
                }
                if (!blocks.create(key, isNew, head, value, from, byteCount)) {
                    return false;
                }
                open.addEntry();
                completeness.forgetNewMap();
                return true;
            }
            long found = path.search(key);
            boolean isInPlace = isOpen(path.ref());
            boolean wasDirty = false;
            if (found >= 0) {
                int before = MapBlock.head(found);
                if (isDelete && (before & MapBlock.DELETE) != 0) {
                    return true;
                }
                if (isInPlace) {
                    if (isDelete && (before & MapBlock.FIRST) != 0) {
                        removeTrace(found);
                        return true;
                    }
                    wasDirty = (before & MapBlock.DIRTY) != 0;
                    head |= before & MapBlock.FIRST;
                }
            } else if (path.isMapComplete()) {
                if (isDelete) {
                    return true;
                }
                head |= MapBlock.FIRST;
            }
            if (!blocks.change(key, found, head, value, from, byteCount, isInPlace, true)) {
                return false;
            }
            if (!wasDirty) {
                open.addEntry();
            }
            return true;
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

    /** Takes an entry that no file ever had out of its block, which is of the open generation. */
    private void removeTrace(long entry) {
        boolean isLast = MapBlock.count(path.block()) == 1;
        if (isLast && !path.hasDirectory() && path.isMapComplete()) {
            completeness.noteNewMap(Records.viewKey(path.block(), view));
        }
        blocks.remove(entry);
        open.removeEntry();
    }

    // ------------------------------------------------------------------------------------- read

    @Override
    public int find(KeyBuffer key, ValueBuffer out, Lookup lookup) {
        int answer = look(key);
        if (answer == FOUND) {
            out.setAddress(MapBlock.valueAddress(seen), MapBlock.valueLength(seen));
        }
        return answer;
    }

    /** Looks the key up, and leaves where its live entry is. */
    private int look(KeyBuffer key) {
        if (!path.find(key)) {
            return whenUnfound(key.prefixHash());
        }
        path.noteRead();
        seen = path.search(key);
        if (seen < 0) {
            return path.isMapComplete() ? ABSENT : UNKNOWN;
        }
        return MapBlock.isDelete(seen) ? ABSENT : FOUND;
    }

    @Override
    public boolean gather(KeyBuffer key, Lookup lookup) {
        if (!path.find(key)) {
            return !isAbsent(key.prefixHash());
        }
        long found = path.search(key);
        if (found < 0) {
            return !path.isMapComplete();
        }
        EntryKind kind = MapBlock.isDelete(found) ? EntryKind.DELETE : EntryKind.PUT;
        lookup.offer(kind, MapBlock.viewValue(found, view));
        return false;
    }

    @Override
    public int contains(KeyBuffer key) {
        access.lock();
        try {
            return look(key);
        } finally {
            access.unlock();
        }
    }

    @Override
    public boolean keepIf(BooleanSupplier isCurrent, KeyBuffer key, ValueBuffer value) {
        if (key.length() + value.length() > KEPT_BYTES_MAX) {
            return true;
        }
        access.lock();
        try {
            if (!isCurrent.getAsBoolean()
                    || !isWorthKeeping(key.hash())
                    || keepOne(key, value.array(), 0, value.length()) != Kept.NO_ROOM) {
                return true;
            }
            noteNoRoom(key.hash());
            return false;
        } finally {
            access.unlock();
        }
    }

    private Kept keepOne(KeyBuffer key, byte[] value, int from, int byteCount) {
        if (closed) {
            return Kept.NO;
        }
        if (!path.find(key) && !blocks.createKept(key)) {
            return Kept.NO_ROOM;
        }
        long found = path.search(key);
        if (found >= 0) {
            return Kept.YES;
        }
        boolean isOpen = isOpen(path.ref());
        if (!isOpen && conditionOf(path.ref()) != Condition.CLEAN) {
            return Kept.NO;
        }
        // A cursor may still read a clean block, as it was.
        boolean isInPlace = isOpen || segments.of(path.ref()).owner().isUnread();
        return blocks.change(key, found, 0, value, from, byteCount, isInPlace, isOpen)
                ? Kept.YES
                : Kept.NO_ROOM;
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
            if (!path.find(prefix, after == null ? prefix : after)) {
                out.clear();
                return whenUnfound(prefix.prefixHash());
            }
            if (!path.isMapComplete()) {
                return UNKNOWN;
            }
            out.clear();
            long entry = path.firstAbove(prefix, after);
            int entries = 0;
            while (true) {
                path.noteRead();
                long end = MapBlock.end(path.block());
                while (entry < end) {
                    int suffixLength = MapBlock.suffixLength(entry);
                    int valueLength = MapBlock.valueLength(entry);
                    long suffix = MapBlock.suffixAddress(entry);
                    if (!MapBlock.isDelete(entry)) {
                        if (entries >= entriesMax || out.length() >= bytesMax) {
                            return FOUND;
                        }
                        entries++;
                        // The value stands right behind the suffix.
                        out.appendPair(suffixLength, valueLength, suffix);
                    }
                    entry = suffix + suffixLength + valueLength;
                }
                if (!path.next()) {
                    return ABSENT;
                }
                entry = MapBlock.first(path.block());
            }
        } finally {
            access.unlock();
        }
    }

    /**
     * No file has anything of the key's map, and neither has the tier: if the map is written next,
     * it is complete from its first entry on; writer only.
     */
    public void noteNewMap(KeyBuffer key) {
        access.lock();
        try {
            if (!path.find(key)) {
                completeness.noteNewMap(key);
            }
        } finally {
            access.unlock();
        }
    }

    /** Whether nothing of the key's map is in memory; writer only. */
    public boolean isMapUnknown(KeyBuffer key) {
        access.lock();
        try {
            return !isAbsent(key.prefixHash()) && !path.find(key);
        } finally {
            access.unlock();
        }
    }

    /** Whether there are live entries with the prefix: FOUND, ABSENT or UNKNOWN. Any thread. */
    public int hasPrefix(KeyBuffer prefix) {
        access.lock();
        try {
            if (!path.find(prefix)) {
                return whenUnfound(prefix.prefixHash());
            }
            do {
                path.noteRead();
                if (MapBlock.hasLive(path.block())) {
                    return FOUND;
                }
            } while (path.next());
            return path.isMapComplete() ? ABSENT : UNKNOWN;
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
        if (!path.find(prefix, after == null ? prefix : after)) {
            return new PrefixCopy(isAbsent(prefix.prefixHash()));
        }
        PrefixCopy copy = new PrefixCopy(path.isMapComplete());
        long entry = path.firstAbove(prefix, after);
        int entries = 0;
        do {
            long end = MapBlock.end(path.block());
            for (; entry < end; entry = MapBlock.next(entry)) {
                if (entries >= entriesMax || copy.length() >= bytesMax) {
                    copy.cut();
                    return copy;
                }
                copy.add(path.block(), entry);
                entries++;
            }
            entry = path.next() ? MapBlock.first(path.block()) : 0;
        } while (entry != 0);
        return copy;
    }

    /**
     * Keeps live entries of a map that were read from all sources; writer only. Page by page, from
     * the first to the last, the map becomes complete, unless one of its blocks is evicted
     * meanwhile. A page that is not kept ends the run of pages.
     *
     * @param isCurrent as in {@link #keepIf}; {@link #ALWAYS} if the page was just read
     * @param after the key that the page began behind, or null if it is the first one
     * @param page as {@link #readPage} gives it
     * @param isLast whether there is nothing behind the page
     * @return false if memory should be evicted for it, and the call repeated
     */
    public boolean keepPage(
            BooleanSupplier isCurrent,
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            ValueBuffer page,
            boolean isLast,
            KeyBuffer scratch) {
        access.lock();
        try {
            if (!isCurrent.getAsBoolean()) {
                completeness.endRun();
                return true;
            }
            long limitBytes = Math.max(KEPT_BYTES_MAX, segments.budget().limitBytes() / 64);
            boolean isBegun = after != null || isWorthKeeping(prefix.prefixHash());
            if (closed || !isBegun || !completeness.add(after, page, limitBytes)) {
                return true;
            }
            scratch.set(prefix.array(), 0, prefix.length(), prefix.length());
            Kept kept = path.find(prefix) || blocks.createKept(prefix) ? Kept.YES : Kept.NO_ROOM;
            if (kept == Kept.YES && after == null) {
                path.setMapFlags(path.isMapComplete(), true);
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
                completeness.endRun();
                if (kept == Kept.NO) {
                    return true;
                }
                noteNoRoom(prefix.prefixHash());
                return false;
            }
            if (!isLast) {
                completeness.goOnBehind(scratch.toOwned());
                return true;
            }
            completeness.endRun();
            if (path.find(prefix)) {
                // A map that has lost a block since the first page is not marked as being read.
                path.setMapFlags(path.isMapComplete() || path.isMapRead(), false);
            }
            return true;
        } finally {
            access.unlock();
        }
    }

    // ------------------------------------------------------------------------------------ eviction

    @Override
    void drop(KeyBuffer key) {
        completeness.forgetNewMap();
        if (path.find(key)) {
            path.setMapFlags(false, false);
            becomeGarbage(path.ref(), Records.OLD);
            path.unlink();
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
        path.findRecord(record, forgotten);
        if (hasLive) {
            path.setMapFlags(false, false);
            noteEvicted(Records.keyHash(record, Records.keyLength(record)));
        }
        path.unlink();
    }

    @Override
    void move(long record, int moved, int target, int byteCount) {
        // Who points here must be found before the bytes go.
        path.findRecord(record, moved);
        boolean isDirectory = Records.kind(record) == Records.DIRECTORY;
        Records.move(record, segments.address(target), byteCount);
        path.pointMoved(isDirectory, target);
    }
}
