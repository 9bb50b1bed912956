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
package io.flinklsm.core.cache;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.KeyBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What the keys with one prefix have in a tree, whatever sources they stand in: one probe instead
 * of a merge. For maps that are iterated again and again. Confined to the tree's writer, but for
 * {@link #close}; the memory may be taken away by any thread at any time.
 *
 * <pre>
 * page         key bytes behind the prefix 4 | value bytes 4 | key behind the prefix | value | ...
 *              live entries in key order, big-endian
 *
 * kept as      entry of the {@link EntryCache}: prefix, version 8, last key of the page before
 *              value: bytes in use 4 | page | room
 * </pre>
 *
 * <p>Why a page that is found is right. The version is a count in the slot that the prefix hashes
 * to, and part of the page's key: whoever raises it forgets all pages of the slot. A write changes
 * the page in its place if the page is all there is under the prefix ({@link #WHOLE}), or raises
 * the version. It may leave both only if no page of the prefix is kept: the slot says that none of
 * its pages is, or that all are whole and this prefix's is not found, the shard's lock being held.
 * Flushes and compactions leave as they are what a reader sees, or drop what has expired. A page
 * begins behind a key, not at a number, so an iteration may go on with the pages of a newer
 * version.
 */
public final class PrefixPages implements AutoCloseable {

    /** No page is kept. */
    public static final int UNKNOWN = -1;

    /** More keys with the prefix may follow. */
    public static final int MORE = 0;

    /** The last entry of the prefix is in the page, or before it. */
    public static final int LAST = 1;

    private static final int WHOLE = 2;

    /** A reader that makes a page to be kept ends it when it has so many bytes. */
    public static final int PAGE_BYTES = 6 << 10;

    /** With what is in front of it and room for more. */
    private static final int KEPT_BYTES_MAX = 7 << 10;

    private static final int USED_OFFSET = 0;
    private static final int PAGE_OFFSET = 4;
    private static final int ROOM_BYTES_MIN = 64;

    /** In an entry of a page, behind the two lengths. */
    private static final int ENTRY_KEY_OFFSET = 8;

    private static final int SLOTS_MIN = 1 << 10;
    private static final int SLOTS_MAX = 1 << 15;

    // A slot: what is known of the prefixes that hash to it, above it the writes to their pages
    // since one was found, and above that the version.
    private static final long SMALL_SCANNED = 1;
    private static final long LARGE_SCANNED = 2;
    private static final long WHOLE_KEPT = 4;
    private static final long PARTS_KEPT = 8;
    private static final long ONE_WRITE = 16;
    private static final int VERSION_SHIFT = 8;

    /**
     * Pages that are written so often and never read are not worth it: the next write ends them.
     */
    private static final long WRITES_UNREAD = 7 * ONE_WRITE;

    private static final long WRITE_MATTERS = LARGE_SCANNED | WHOLE_KEPT | PARTS_KEPT;

    private final BlockCache cache;
    private final FileBlocks kept;
    private final long[] slots;
    private final AtomicBoolean closed = new AtomicBoolean();

    // Scratch of a call.
    private final ValueBuffer pageKey = new ValueBuffer();
    private final Slice pageKeyView = new Slice();
    private final ValueBuffer image = new ValueBuffer();
    private final Slice found = new Slice();

    private PrefixPages(BlockCache cache, int slotCount) {
        this.cache = cache;
        this.kept = cache.open(0);
        this.slots = new long[slotCount];
    }

    /** For one tree; null if there is no memory for it now. */
    static @Nullable PrefixPages open(BlockCache cache, long limitBytes) {
        // A thousandth of the budget.
        long wanted = Long.highestOneBit(Math.max(1, (limitBytes >> 10) / Long.BYTES));
        int slotCount = (int) Math.max(SLOTS_MIN, Math.min(SLOTS_MAX, wanted));
        long bytes = (long) slotCount * Long.BYTES;
        if (!cache.tryReserve(bytes)) {
            return null;
        }
        try {
            return new PrefixPages(cache, slotCount);
        } catch (Throwable failure) {
            Cleanup.undo(failure, () -> cache.unreserve(bytes));
            throw failure;
        }
    }

    /**
     * Copies the page of the prefix's first keys, or of those above {@code after} (what follows the
     * prefix in a key), to the buffer, replacing its content.
     *
     * @return {@link #UNKNOWN} if it is not kept, and then the buffer is as it was; {@link #MORE}
     *     or {@link #LAST}
     */
    public int find(KeyBuffer prefix, @Nullable Slice after, ValueBuffer out) {
        long slot = slots[slotOf(prefix)];
        if ((slot & (after == null ? WHOLE_KEPT | PARTS_KEPT : PARTS_KEPT)) == 0) {
            return UNKNOWN;
        }
        long hash = locate(prefix, slot, after);
        int kind = kept.findEntry(hash, pageKeyView, found);
        if (kind < 0) {
            return UNKNOWN;
        }
        if ((slot & WRITES_UNREAD) != 0) {
            slots[slotOf(prefix)] = slot & ~WRITES_UNREAD;
        }
        long address = found.rawOffset();
        int used = RawMemory.getInt(null, address + USED_OFFSET);
        out.set(found.setAddress(address + PAGE_OFFSET, used));
        kept.endEntry(hash);
        return kind == MORE ? MORE : LAST;
    }

    /** Whether the prefix has live entries: 1 or 0, or {@link #UNKNOWN}. */
    public int hasEntries(KeyBuffer prefix) {
        long slot = slots[slotOf(prefix)];
        if ((slot & (WHOLE_KEPT | PARTS_KEPT)) == 0) {
            return UNKNOWN;
        }
        long hash = locate(prefix, slot, null);
        if (kept.findEntry(hash, pageKeyView, found) < 0) {
            return UNKNOWN;
        }
        int used = RawMemory.getInt(null, found.rawOffset() + USED_OFFSET);
        kept.endEntry(hash);
        return used == 0 ? 0 : 1;
    }

    /** Whether a page that was not found should be made small enough to be kept, and added. */
    public boolean isWanted(KeyBuffer prefix, boolean isFirst) {
        long slot = slots[slotOf(prefix)];
        return (slot & (isFirst ? SMALL_SCANNED | LARGE_SCANNED : PARTS_KEPT)) != 0;
    }

    /**
     * Takes notice that the first page was not found and has been read from the sources.
     *
     * @param isLast whether it has all entries of the prefix
     */
    public void scanned(KeyBuffer prefix, int pageBytes, boolean isLast) {
        boolean isSmall = isLast && pageBytes <= PAGE_BYTES;
        slots[slotOf(prefix)] |= isSmall ? SMALL_SCANNED : LARGE_SCANNED;
    }

    /** Keeps a copy of a page that is wanted, if there is room. */
    public void add(KeyBuffer prefix, @Nullable Slice after, ValueBuffer page, boolean isLast) {
        int index = slotOf(prefix);
        boolean isWhole = after == null && isLast;
        int rest = KEPT_BYTES_MAX - PAGE_OFFSET - page.length();
        if (closed.get() || rest < 0) {
            // Large values: pages of a few entries would cost more than they save.
            slots[index] &= ~(SMALL_SCANNED | LARGE_SCANNED);
            return;
        }
        if (!isWhole && after == null && (slots[index] & LARGE_SCANNED) == 0) {
            slots[index] |= LARGE_SCANNED;
            return;
        }
        slots[index] |= isWhole ? WHOLE_KEPT : PARTS_KEPT;
        image.clear().appendZeros(PAGE_OFFSET);
        image.append(page);
        if (isWhole) {
            image.appendZeros(Math.min(rest, Math.max(ROOM_BYTES_MIN, page.length() / 4)));
        }
        RawMemory.putInt(image.array(), RawMemory.BYTE_ARRAY_OFFSET + USED_OFFSET, page.length());
        long hash = locate(prefix, slots[index], after);
        int kind = isWhole ? WHOLE : isLast ? LAST : MORE;
        kept.addEntry(hash, pageKeyView, kind, image.view(found));
    }

    /** After a PUT. */
    public void put(KeyBuffer key, byte[] value, int from, int byteCount) {
        long slot = slots[slotOf(key)];
        if ((slot & WRITE_MATTERS) != 0) {
            written(key, slot, value, from, byteCount);
        }
    }

    /** After a DELETE. */
    public void delete(KeyBuffer key) {
        long slot = slots[slotOf(key)];
        if ((slot & WRITE_MATTERS) != 0) {
            written(key, slot, null, 0, 0);
        }
    }

    /** After anything else: what is kept of the key's prefix is void. */
    public void forget(KeyBuffer key) {
        int index = slotOf(key);
        slots[index] = nextVersion(slots[index]);
    }

    /** Any thread; idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            kept.drop();
            cache.unreserve((long) slots.length * Long.BYTES);
        }
    }

    private void written(
            KeyBuffer key, long slot, byte @Nullable [] value, int from, int byteCount) {
        int index = slotOf(key);
        if ((slot & PARTS_KEPT) != 0) {
            slots[index] = nextVersion(slot);
            return;
        }
        if ((slot & WHOLE_KEPT) == 0) {
            slots[index] = slot & ~LARGE_SCANNED;
            return;
        }
        if ((slot & WRITES_UNREAD) == WRITES_UNREAD) {
            slots[index] = nextVersion(slot) | SMALL_SCANNED;
            return;
        }
        long hash = locate(key, slot, null);
        int kind = kept.findEntryToChange(hash, pageKeyView, found);
        if (kind < 0) {
            return;
        }
        boolean changed;
        try {
            changed = changePage(found.rawOffset(), found.length(), key, value, from, byteCount);
        } finally {
            kept.endEntry(hash);
        }
        // A page that has grown too long is made anew when it is read next.
        slots[index] = changed ? slot + ONE_WRITE : nextVersion(slot) | SMALL_SCANNED;
    }

    /** Puts the entry into the page, or takes it out; false if there is no room for it. */
    private static boolean changePage(
            long kept, int keptBytes, KeyBuffer key, byte @Nullable [] value, int from, int count) {
        int suffixLength = key.length() - key.prefixLength();
        long suffixOffset = RawMemory.BYTE_ARRAY_OFFSET + key.prefixLength();
        long page = kept + PAGE_OFFSET;
        int used = RawMemory.getInt(null, kept + USED_OFFSET);
        int at = 0;
        int replaced = 0;
        while (at < used) {
            int keyBytes = intAt(page + at);
            int valueBytes = intAt(page + at + Integer.BYTES);
            int order =
                    RawMemory.compare(
                            null,
                            page + at + ENTRY_KEY_OFFSET,
                            keyBytes,
                            key.array(),
                            suffixOffset,
                            suffixLength);
            int entryBytes = ENTRY_KEY_OFFSET + keyBytes + valueBytes;
            if (order >= 0) {
                replaced = order == 0 ? entryBytes : 0;
                break;
            }
            at += entryBytes;
        }
        int inserted = value == null ? 0 : ENTRY_KEY_OFFSET + suffixLength + count;
        int longer = used + inserted - replaced;
        if (inserted < 0 || longer > keptBytes - PAGE_OFFSET) {
            return false;
        }
        int behind = used - at - replaced;
        if (inserted != replaced && behind > 0) {
            RawMemory.move(page + at + replaced, page + at + inserted, behind);
        }
        if (value != null) {
            putIntAt(page + at, suffixLength);
            putIntAt(page + at + Integer.BYTES, count);
            long target = page + at + ENTRY_KEY_OFFSET;
            RawMemory.copy(key.array(), suffixOffset, null, target, suffixLength);
            RawMemory.copy(
                    value, RawMemory.BYTE_ARRAY_OFFSET + from, null, target + suffixLength, count);
        }
        RawMemory.putInt(null, kept + USED_OFFSET, longer);
        return true;
    }

    /** Writes the key of a page to the scratch; gives its hash. */
    private long locate(KeyBuffer prefix, long slot, @Nullable Slice after) {
        long version = slot >>> VERSION_SHIFT;
        pageKey.clear().append(prefix.array(), 0, prefix.prefixLength()).appendLong(version);
        long hash = prefix.prefixHash() + version * 0x9E3779B97F4A7C15L;
        if (after != null) {
            pageKey.append(after);
            hash ^= after.hash64();
        }
        pageKey.view(pageKeyView);
        return hash;
    }

    private int slotOf(KeyBuffer key) {
        return (int) key.prefixHash() & (slots.length - 1);
    }

    /** Nothing is known of the slot's prefixes, and what was kept is not found any more. */
    private static long nextVersion(long slot) {
        return ((slot >>> VERSION_SHIFT) + 1) << VERSION_SHIFT;
    }

    private static int intAt(long address) {
        return Integer.reverseBytes(RawMemory.getIntLittleEndian(null, address));
    }

    private static void putIntAt(long address, int value) {
        RawMemory.putIntLittleEndian(null, address, Integer.reverseBytes(value));
    }
}
