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
package io.flinklsm.core;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.compaction.CompactionSlots;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.MapTier;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.view.ScanView;
import io.flinklsm.core.write.MemoryWait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The LSM of one Flink state: bytes in, bytes out. One thread writes (and opens scans); any thread
 * may call {@link #get}. A value is at most {@link #VALUE_BYTES_MAX} long, a key {@link
 * #KEY_BYTES_MAX}; to a value above {@link #APPENDED_VALUE_BYTES_MAX} nothing is appended.
 *
 * <p>An entry that is too large for the memory goes straight into an SSTable of its own, on the
 * writer's thread, and is read from there: see {@link LargeValue}.
 *
 * <p>Every method throws {@link io.flinklsm.core.errors.StoreFailedException} once a flush or
 * compaction has failed.
 */
public final class LsmTree {

    /** Bound of a key's length: keys stand in indexes, which are in memory. */
    public static final int KEY_BYTES_MAX = 1 << 20;

    /**
     * Bound of a value's length: with a key, a page's header and a list's next elements it still
     * fits into an array.
     */
    public static final int VALUE_BYTES_MAX = Integer.MAX_VALUE - (16 << 20);

    /**
     * Bound of what operands make a value of. What is between the two bounds is for the operands
     * that are folded in before anyone asks how long the value has become.
     */
    public static final int APPENDED_VALUE_BYTES_MAX = 3 << 29;

    /** Operands shorter than this are few enough to be added without asking that. */
    private static final int UNASKED_OPERAND_BYTES = 64 << 10;

    private static final int KEPT_SCRATCH_BYTES_MAX = 1 << 20;

    /** How much of a map that is in memory is first copied for a read that has no page. */
    private static final int COPIED_ENTRIES = 128;

    private static final int COPIED_BYTES = 64 << 10;

    /** A value so large shows in the size of its SSTable, since it is not compressed. */
    private static final long TELLING_FILE_BYTES = 512L << 20;

    // Immutable.
    private final LsmStore store;
    private final String name;

    // Spare lookup: taken by one reader at a time, others make their own.
    private final AtomicReference<@Nullable Lookup> spareLookup =
            new AtomicReference<>(new Lookup());

    // Scratch of the writer thread.
    private final Lookup writerLookup = new Lookup();
    private final ValueBuffer containsScratch = new ValueBuffer(0);
    private final KeyBuffer keyScratch = new KeyBuffer();
    private final KeyBuffer prefixScratch = new KeyBuffer();
    private final Slice suffixView = new Slice();

    // What is in memory. Written by the writer thread only.
    private HotTier tier;
    private long accountedBytes;

    // Written under the store's lock, read by any thread.
    private volatile TreeOptions options;
    private volatile @Nullable ReadView view;

    // Counted by compactions.
    final AtomicLong filterFailures = new AtomicLong();

    // Guarded by the lock of Upkeep.
    final List<FrozenGeneration> frozenOldestFirst = new ArrayList<>();

    final VersionSet versions;
    boolean flushScheduled;

    /** What is being flushed; null if nothing is. */
    @Nullable FlushPlan flushing;

    final OpenViews openViews = new OpenViews();
    final CompactionSlots compactions = new CompactionSlots();
    boolean compactionQueued;

    /** As long as there are any, no compaction starts by itself. */
    int compactionPauses;

    volatile boolean dropped;
    boolean opened;

    /** Restored, and neither flushed nor checkpointed since: what compactions are due may wait. */
    boolean untouched;

    LsmTree(LsmStore store, String name, TreeOptions options, VersionSet versions, HotTier tier) {
        this.store = store;
        this.name = name;
        this.options = options;
        this.versions = versions;
        this.tier = tier;
    }

    public String name() {
        return name;
    }

    public TreeOptions options() {
        return options;
    }

    /**
     * Replaces the options; freezes what is in memory if it cannot go on with them, and flushes it
     * if keys are to be found in another way. Writer thread only.
     */
    public void configure(TreeOptions newOptions) throws IOException {
        TreeOptions oldOptions = options;
        options = newOptions;
        if (newOptions.memtableKind() != oldOptions.memtableKind()) {
            store.replaceMemory(this);
        } else if (!Objects.equals(newOptions.operator(), oldOptions.operator())) {
            store.replaceOperator(this);
        }
    }

    /** Puts into a tree what takes the place of all its entries. */
    public interface Rewriting {

        /**
         * @param before the live entries of before (all PUT, operands folded)
         */
        void write(EntryCursor before) throws IOException;
    }

    /**
     * Takes all entries out of the tree and has others put in their place. Nothing of before is
     * left in any source of the tree afterwards, shadowed or not: so the operator, the filter and
     * the columns of the new options, and those of any later ones, never meet an entry that was
     * written before. Files of before stay for views and checkpoints that have pinned them.
     *
     * <p>A failure of {@code rewriting} stops the store as a failed flush does, since a part of a
     * tree must not get into a checkpoint. Writer thread only.
     *
     * @throws InterruptedException if the thread is interrupted before anything was taken out
     */
    public void rewrite(TreeOptions newOptions, Rewriting rewriting)
            throws IOException, InterruptedException {
        EntryCursor before = store.takeContent(this);
        try (before) {
            configure(newOptions);
            rewriting.write(before);
        } catch (Throwable failure) {
            store.fail(
                    new IOException(
                            "[tree "
                                    + name
                                    + "] not all of its entries were rewritten: cause="
                                    + failure
                                    + "; restore the last checkpoint",
                            failure));
            throw failure;
        }
    }

    // ------------------------------------------------------------------------------------ write

    public void put(KeyBuffer key, byte[] value, int from, int byteCount) throws IOException {
        store.attendWrite();
        if (isLarge(key, byteCount)) {
            putLarge(
                    key,
                    EntryKind.PUT,
                    LargeValue.of(new Slice().setBytes(value, from, byteCount)));
            return;
        }
        MemoryWait wait = null;
        while (!tier.put(key, value, from, byteCount)) {
            wait = store.makeRoom(this, entryBytes(key, byteCount), wait);
        }
        written();
    }

    public void delete(KeyBuffer key) throws IOException {
        store.attendWrite();
        checkBytes(key, 0);
        MemoryWait wait = null;
        while (!tier.delete(key)) {
            wait = store.makeRoom(this, entryBytes(key, 0), wait);
        }
        written();
    }

    /**
     * Folds an operand into the key's value without reading it; needs the tree's merge operator.
     */
    public void merge(KeyBuffer key, byte[] operand, int from, int byteCount) throws IOException {
        store.attendWrite();
        if (options.operator() == null) {
            throw new IllegalStateException(
                    "[tree "
                            + name
                            + "] has no merge operator; open it with one in its TreeOptions");
        }
        if (isLarge(key, byteCount)) {
            mergeLarge(key, LargeValue.of(new Slice().setBytes(operand, from, byteCount)));
            return;
        }
        MemoryWait wait = null;
        checkOperand(key, byteCount, byteCount);
        while (!tier.merge(key, operand, from, byteCount)) {
            if (tier.isValueFull()) {
                checkOperand(key, UNASKED_OPERAND_BYTES, byteCount);
                store.freezeFull(this);
            } else {
                wait = store.makeRoom(this, entryBytes(key, byteCount), wait);
            }
        }
        written();
    }

    /**
     * Offers what the key has in all sources to a lookup that was started.
     *
     * @return what it was read from, pinned; released by {@link #giveBack}
     */
    private ReadView gather(KeyBuffer key, Lookup lookup) throws IOException {
        HotTier hot = tier;
        ReadView pinned;
        boolean needsFiles;
        hot.lock();
        try {
            needsFiles = hot.gather(key, lookup);
            pinned = pinView();
        } finally {
            hot.unlock();
        }
        try {
            if (needsFiles) {
                pinned.get(key, lookup);
            }
            return pinned;
        } catch (Throwable failure) {
            Cleanup.undo(failure, lookup::end, pinned::release);
            throw failure;
        }
    }

    /**
     * Moves a value behind another key's, as an operand that is merged there, and deletes the key:
     * for an operator that appends. However long it is, it need not be in memory. Nothing happens
     * if the key has no value. Writer thread only.
     */
    public void moveBehind(KeyBuffer target, KeyBuffer source) throws IOException {
        store.attendWrite();
        byte[] operand = null;
        Lookup lookup = takeLookup();
        lookup.start(options.operator(), new ValueBuffer());
        ReadView pinned = gather(source, lookup);
        try {
            if (!lookup.isFound()) {
                return;
            }
            LargeValue moved = lookup.result();
            if (target.length() + moved.length() > store.largeEntryBytes()) {
                mergeLarge(target, moved);
            } else {
                operand = moved.toBytes();
            }
        } finally {
            giveBack(lookup, pinned);
        }
        if (operand != null) {
            // Without the view: it may hold the memory that the operand needs.
            merge(target, operand, 0, operand.length);
        }
        delete(source);
    }

    private void putLarge(KeyBuffer key, EntryKind kind, LargeValue value) throws IOException {
        store.writeLarge(this, key, kind, value);
    }

    private void mergeLarge(KeyBuffer key, LargeValue operand) throws IOException {
        checkBytes(key, operand.length());
        checkOperand(key, operand.length(), operand.length());
        putLarge(key, EntryKind.MERGE, operand);
    }

    /** Whether the entry is one that goes past the memtable; refuses it if it is too large. */
    private boolean isLarge(KeyBuffer key, int valueBytes) {
        checkBytes(key, valueBytes);
        return entryBytes(key, valueBytes) > store.largeEntryBytes();
    }

    private static long entryBytes(KeyBuffer key, int valueBytes) {
        return (long) key.length() + valueBytes;
    }

    private void checkBytes(KeyBuffer key, long valueBytes) {
        if (key.length() > KEY_BYTES_MAX || valueBytes > VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[tree "
                            + name
                            + "] an entry is too large: keyBytes="
                            + key.length()
                            + " of at most "
                            + KEY_BYTES_MAX
                            + ", valueBytes="
                            + valueBytes
                            + " of at most "
                            + VALUE_BYTES_MAX
                            + "; split it over several keys, as a map instead of a list");
        }
    }

    /**
     * Refuses an operand that would make the value too long for those who fold or read it. To know
     * that, all sources are asked; so it is done where much is added, or where an SSTable is so
     * large that one of its values may be, and small operands between are not counted: their sum is
     * bounded by the number of sources.
     */
    private void checkOperand(KeyBuffer key, long operandBytes, long addedBytes)
            throws IOException {
        if (operandBytes < UNASKED_OPERAND_BYTES
                && versions.current().largestFileBytes() < TELLING_FILE_BYTES) {
            return;
        }
        MergeOperator operator = options.operator();
        if (operator == null || operator.separator() == MergeOperator.NOT_APPENDING) {
            return;
        }
        long bytes = valueBytes(key) + 1 + addedBytes;
        if (bytes > APPENDED_VALUE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "[tree "
                            + name
                            + "] a value would become too large: valueBytes="
                            + bytes
                            + ", maximum="
                            + APPENDED_VALUE_BYTES_MAX
                            + "; keep less in one state entry, as a map instead of a list");
        }
    }

    /** How long the key's value is; 0 if it has none. */
    private long valueBytes(KeyBuffer key) throws IOException {
        Lookup lookup = takeLookup();
        lookup.start(options.operator(), new ValueBuffer());
        ReadView pinned = gather(key, lookup);
        try {
            return lookup.isFound() ? lookup.result().length() : 0;
        } finally {
            giveBack(lookup, pinned);
        }
    }

    private void written() throws IOException {
        long usedBytes = openBytes();
        if (usedBytes != accountedBytes) {
            long grownBytes = usedBytes - accountedBytes;
            accountedBytes = usedBytes;
            store.grown(this, usedBytes, grownBytes);
        }
    }

    // ------------------------------------------------------------------------------------- read

    /**
     * Copies the key's value to the buffer (replacing its content), merge operands folded in.
     *
     * @return false if the key has no value; the buffer is then empty
     */
    public boolean get(KeyBuffer key, ValueBuffer out) throws IOException {
        store.checkHealthy();
        Lookup lookup = takeLookup();
        try {
            return get(tier, key, out, lookup) >= 0;
        } finally {
            spareLookup.setRelease(lookup);
        }
    }

    private Lookup takeLookup() {
        Lookup lookup = spareLookup.getAndSet(null);
        return lookup == null ? new Lookup() : lookup;
    }

    private void giveBack(Lookup lookup, ReadView pinned) {
        lookup.end();
        pinned.release();
        spareLookup.setRelease(lookup);
    }

    /** Like {@link #get}, writer thread only: what is read from files is kept in memory. */
    public boolean getAsWriter(KeyBuffer key, ValueBuffer out) throws IOException {
        store.attend();
        HotTier hot = tier;
        int found = get(hot, key, out, writerLookup);
        if (found == FROM_FILES && !hot.keep(key, out)) {
            store.makeRoomToRead();
            hot.keep(key, out);
        }
        if (found == NOT_IN_FILES && hot instanceof MapTier maps) {
            isNewMap(maps, key);
        }
        return found >= 0;
    }

    /**
     * Whether neither memory nor files have anything of the key's map, by the files' filters. If so
     * the tier knows that what is written of it next is all there is.
     */
    private boolean isNewMap(MapTier maps, KeyBuffer key) throws IOException {
        if (!maps.isMapUnknown(key)) {
            return false;
        }
        KeyBuffer prefix = prefixScratch.set(key.array(), 0, key.prefixLength());
        ReadView pinned = pinView();
        try {
            if (pinned.mayHavePrefix(prefix)) {
                return false;
            }
        } finally {
            pinned.release();
        }
        maps.noteNewMap(prefix);
        return true;
    }

    private static final int NOT_FOUND = -1;
    private static final int NOT_IN_FILES = -2;
    private static final int FROM_MEMORY = 0;
    private static final int FROM_FILES = 1;

    private int get(HotTier hot, KeyBuffer key, ValueBuffer out, Lookup lookup) throws IOException {
        ReadView pinned;
        int found;
        hot.lock();
        try {
            found = hot.find(key, out, lookup);
            if (found == HotTier.FOUND) {
                return FROM_MEMORY;
            }
            if (found == HotTier.ABSENT) {
                out.clear();
                return NOT_FOUND;
            }
            // Under the lock: no flush makes files of the operands in between.
            pinned = pinView();
        } finally {
            hot.unlock();
        }
        try {
            if (found == HotTier.UNKNOWN) {
                lookup.start(options.operator(), out);
            }
            pinned.get(key, lookup);
            if (!lookup.finish()) {
                return NOT_IN_FILES;
            }
            return found == HotTier.UNKNOWN ? FROM_FILES : FROM_MEMORY;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            lookup.end();
            pinned.release();
        }
    }

    /** Whether the key has a value. Writer thread only. */
    public boolean contains(KeyBuffer key) throws IOException {
        store.attend();
        int found = tier.contains(key);
        if (found != HotTier.UNKNOWN) {
            return found == HotTier.FOUND;
        }
        Lookup lookup = takeLookup();
        lookup.start(options.operator(), containsScratch.clearAbove(KEPT_SCRATCH_BYTES_MAX));
        ReadView pinned = gather(key, lookup);
        boolean isFound;
        try {
            isFound = lookup.isFound();
        } finally {
            giveBack(lookup, pinned);
        }
        if (!isFound && tier instanceof MapTier maps) {
            isNewMap(maps, key);
        }
        return isFound;
    }

    /**
     * The live entries (all PUT) whose keys start with the prefix, as of now. Of a tree of maps any
     * thread may read them so, the prefix being one that keys were written with, while no thread
     * writes this tree; else like {@link #scan}. Writes of the same thread while the cursor is open
     * are allowed; it may or may not show them, and what it shows is borrowed only until the next
     * of them. No prefix that keys of a tree of maps are written with may be the beginning of
     * another.
     */
    public EntryCursor scanPrefix(KeyBuffer prefix) throws IOException {
        return scanPrefix(prefix, null, COPIED_ENTRIES, COPIED_BYTES);
    }

    /**
     * Like {@link #scanPrefix}, above {@code after} if it is not null.
     *
     * @param entriesMax of these and {@code bytesMax}, how much is first copied from memory
     */
    private EntryCursor scanPrefix(
            KeyBuffer prefix, @Nullable KeyBuffer after, int entriesMax, int bytesMax)
            throws IOException {
        // Not attend(), which may freeze: this may be a thread that only reads.
        store.checkHealthy();
        return tier instanceof MapTier maps
                ? new PrefixCursor(this, maps, prefix, after, entriesMax, bytesMax)
                : scan(ReadView.rangeOf(prefix, after));
    }

    /**
     * Reads the first live entries with the prefix, or the first with keys above {@code after}, to
     * the buffer, replacing its content: for each, the bytes of what follows the prefix in its key
     * (4, big-endian), those of its value (4), and both. Writer thread only.
     *
     * @param prefix as for {@link #scanPrefix}
     * @param after a key with the prefix, or null
     * @param entriesMax the page ends with so many entries, at least 1
     * @param bytesMax or when it has so many bytes
     * @return whether no entries with the prefix are left behind the page
     */
    public boolean readPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ValueBuffer out)
            throws IOException {
        if (!(tier instanceof MapTier maps)) {
            return scanPage(prefix, after, entriesMax, bytesMax, out);
        }
        store.attend();
        int found = maps.readPage(prefix, after, entriesMax, bytesMax, out);
        if (found != HotTier.UNKNOWN) {
            return found == HotTier.ABSENT;
        }
        boolean isLast = scanPage(prefix, after, entriesMax, bytesMax, out);
        if (!maps.keepPage(prefix, after, out, isLast, keyScratch)) {
            store.makeRoomToRead();
            maps.keepPage(prefix, after, out, isLast, keyScratch);
        }
        return isLast;
    }

    /** Whether there are live entries with the prefix; as {@link #readPage}. */
    public boolean hasPrefix(KeyBuffer prefix) throws IOException {
        if (tier instanceof MapTier maps) {
            store.attend();
            int found = maps.hasPrefix(prefix);
            if (found != HotTier.UNKNOWN) {
                return found == HotTier.FOUND;
            }
            if (isNewMap(maps, prefix)) {
                return false;
            }
        }
        try (EntryCursor cursor = scanPrefix(prefix)) {
            return cursor.next();
        }
    }

    private boolean scanPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ValueBuffer out)
            throws IOException {
        out.clear();
        int prefixLength = prefix.length();
        int entries = 0;
        try (EntryCursor cursor = scanPrefix(prefix, after, entriesMax, bytesMax)) {
            while (cursor.next()) {
                Slice key = cursor.key();
                int suffixLength = key.length() - prefixLength;
                suffixView.setRaw(key.rawBase(), key.rawOffset() + prefixLength, suffixLength);
                LargeValue large = cursor.largeValue();
                if (large != null) {
                    if (entries > 0) {
                        // A page of its own: nothing is copied to make room for it.
                        return false;
                    }
                    int valueBytes = Math.toIntExact(large.length());
                    out.reserve(2 * Integer.BYTES + suffixLength + valueBytes);
                    out.appendInt(suffixLength).appendInt(valueBytes).append(suffixView);
                    large.appendTo(out);
                } else {
                    Slice value = cursor.value();
                    out.appendInt(suffixLength).appendInt(value.length());
                    out.append(suffixView).append(value);
                }
                if (++entries >= entriesMax || out.length() >= bytesMax) {
                    return false;
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return true;
    }

    /**
     * The live entries in the range at the time of the call: a stable view, later writes do not
     * show. Freezes the open generation unless it is empty. Pins files until it is closed, and
     * generations only until they are flushed: it may stay open for long.
     */
    public EntryCursor scan(KeyRange range) throws IOException {
        store.attend();
        store.freezeForScan(this);
        ScanView pinned = store.scanView(this);
        try {
            return pinned.scan(range, options.operator(), false);
        } finally {
            pinned.release();
        }
    }

    /** The current view with a reference for the caller. */
    ReadView pinView() throws IOException {
        while (true) {
            ReadView current = view;
            if (current == null) {
                store.checkHealthy();
                throw new IllegalStateException(
                        "[tree " + name + "] is closed or dropped; open it again");
            }
            if (current.tryRetain()) {
                return current;
            }
        }
    }

    // ------------------------------------------------------------------------------ maintenance

    /** Flushes what is in memory and waits; for tests and tools. Writer thread only. */
    public void flush() throws IOException, InterruptedException {
        store.flush(this);
    }

    /**
     * Flushes, and merges everything into one bottom run, applying the filter; waits. For tests and
     * tools. Writer thread only.
     */
    public void compactAll() throws IOException, InterruptedException {
        store.compactAll(this);
    }

    /** {@link LsmStore#awaitIdle} of the tree's store. */
    public void awaitIdle() throws IOException, InterruptedException {
        store.awaitIdle();
    }

    public TreeStats stats() {
        return store.stats(this);
    }

    // ------------------------------------------------------------------------- for the store only

    HotTier tier() {
        return tier;
    }

    /** Entries that were written since the last freeze, tombstones included. Writer thread only. */
    int openEntryCount() {
        return tier.openEntryCount();
    }

    /** Memory that they hold. Writer thread only; others may see it a little late. */
    long openBytes() {
        return tier.openBytes();
    }

    long accountedBytes() {
        return accountedBytes;
    }

    @Nullable MergeOperator operator() {
        return options.operator();
    }

    void setTier(HotTier newTier) {
        tier = newTier;
        accountedBytes = 0;
    }

    /** A new generation is written from now on. */
    void resetAccount() {
        accountedBytes = 0;
    }

    @Nullable ReadView view() {
        return view;
    }

    void setView(@Nullable ReadView newView) {
        view = newView;
    }
}
