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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.MapTier;
import io.flinklsm.core.memtable.PrefixCopy;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.tree.Lookups;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one tree: the tier is asked first, and the files only if it does not know. What the
 * writer reads from files is kept in the tier. One thread reads as the writer; any thread may call
 * {@link #get}.
 */
public final class TreeReader {

    /**
     * Reads a range: for a tree whose entries in memory are not in order, they are frozen first.
     */
    @FunctionalInterface
    public interface RangeScan {

        EntryCursor scan(KeyRange range) throws IOException;
    }

    private static final int KEPT_SCRATCH_BYTES_MAX = 1 << 20;

    /** How much of a map that is in memory is first copied for a read that has no page. */
    private static final int COPIED_ENTRIES = 128;

    private static final int COPIED_BYTES = 64 << 10;

    private static final int NOT_FOUND = -1;
    private static final int NOT_IN_FILES = -2;
    private static final int FROM_MEMORY = 0;
    private static final int FROM_FILES = 1;
    private static final int FROM_BOTH = 2;

    // Immutable.
    private final TreeState tree;
    private final Upkeep upkeep;
    private final TierMemory tierMemory;
    private final Lookups lookups;
    private final RangeScan rangeScan;

    // Scratch of the writer thread.
    private final Lookup writerLookup = new Lookup();
    private final ValueBuffer containsScratch = new ValueBuffer(0);
    private final KeyBuffer keyScratch = new KeyBuffer();
    private final KeyBuffer prefixScratch = new KeyBuffer();

    public TreeReader(
            TreeState tree,
            Upkeep upkeep,
            TierMemory tierMemory,
            Lookups lookups,
            RangeScan rangeScan) {
        this.tree = tree;
        this.upkeep = upkeep;
        this.tierMemory = tierMemory;
        this.lookups = lookups;
        this.rangeScan = rangeScan;
    }

    /**
     * Copies the key's value to the buffer (replacing its content), merge operands folded in.
     *
     * @return false if the key has no value; the buffer is then empty
     */
    public boolean get(KeyBuffer key, ValueBuffer out) throws IOException {
        upkeep.checkHealthy();
        Lookup lookup = lookups.take();
        try {
            return get(tree.tier(), key, out, lookup, false) >= 0;
        } finally {
            lookups.giveBack(lookup);
        }
    }

    /** Like {@link #get}, writer thread only: what is read from files is kept in memory. */
    public boolean getAsWriter(KeyBuffer key, ValueBuffer out) throws IOException {
        HotTier hot = tree.tier();
        int found = get(hot, key, out, writerLookup, true);
        if (found > FROM_MEMORY && !keep(hot, found, key, out)) {
            makeRoom();
            keep(hot, found, key, out);
        }
        if (found == NOT_IN_FILES && hot instanceof MapTier maps) {
            isNewMap(maps, key);
        }
        return found >= 0;
    }

    private static boolean keep(HotTier hot, int found, KeyBuffer key, ValueBuffer value) {
        return found == FROM_BOTH && hot instanceof EntryTier entries
                ? entries.keepBelow(key, value)
                : hot.keep(key, value);
    }

    /**
     * Whether neither memory nor files have anything of the key's map, by the files' filters. If so
     * the tier knows that what is written of it next is all there is.
     */
    private boolean isNewMap(MapTier maps, KeyBuffer key) throws IOException {
        if (Invariants.ENABLED) {
            Invariants.check(
                    key.prefixLength() <= key.length(),
                    "a prefix is longer than its key",
                    "prefixBytes",
                    key.prefixLength(),
                    "keyBytes",
                    key.length());
        }
        if (!maps.isMapUnknown(key)) {
            return false;
        }
        KeyBuffer prefix = prefixScratch.set(key.array(), 0, key.prefixLength());
        ReadView pinned = tree.pinView();
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

    private int get(HotTier hot, KeyBuffer key, ValueBuffer out, Lookup lookup, boolean isWriter)
            throws IOException {
        ReadView pinned;
        int found;
        hot.lock();
        try {
            found = hot.find(key, out, lookup);
            if (found == HotTier.FOUND) {
                tree.reads().memory(isWriter);
                return FROM_MEMORY;
            }
            if (found == HotTier.ABSENT) {
                tree.reads().memory(isWriter);
                out.clear();
                return NOT_FOUND;
            }
            // Under the lock: no flush makes files of the operands in between.
            pinned = tree.pinView();
        } finally {
            hot.unlock();
        }
        try {
            Invariants.check(
                    found == HotTier.UNKNOWN || found == HotTier.OPERANDS,
                    "memory gave an answer that is none",
                    "found",
                    found);
            if (found == HotTier.UNKNOWN) {
                lookup.start(tree.operator(), out);
            }
            pinned.get(key, lookup);
            tree.reads().files(lookup, isWriter);
            if (!lookup.finish()) {
                return NOT_IN_FILES;
            }
            return found == HotTier.UNKNOWN ? FROM_FILES : FROM_BOTH;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            lookup.end();
            pinned.release();
        }
    }

    /** Whether the key has a value. Writer thread only. */
    public boolean contains(KeyBuffer key) throws IOException {
        int found = tree.tier().contains(key);
        if (found != HotTier.UNKNOWN) {
            tree.reads().memory(true);
            return found == HotTier.FOUND;
        }
        Lookup lookup = lookups.take();
        lookup.start(tree.operator(), containsScratch.clearAbove(KEPT_SCRATCH_BYTES_MAX));
        ReadView pinned = lookups.gather(key, lookup);
        boolean isFound;
        try {
            tree.reads().files(lookup, true);
            isFound = lookup.isFound();
        } finally {
            lookups.giveBack(lookup, pinned);
        }
        if (!isFound && tree.tier() instanceof MapTier maps) {
            isNewMap(maps, key);
        }
        return isFound;
    }

    /**
     * The live entries (all PUT) whose keys start with the prefix, as of now. Of a tree of maps any
     * thread may read them so, the prefix being one that keys were written with, while no thread
     * writes this tree; else like a scan. Writes of the same thread while the cursor is open are
     * allowed; it may or may not show them, and what it shows is borrowed only until the next of
     * them. No prefix that keys of a tree of maps are written with may be the beginning of another.
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
        upkeep.checkHealthy();
        return tree.tier() instanceof MapTier maps
                ? new PrefixCursor(tree, maps, prefix, after, entriesMax, bytesMax)
                : rangeScan.scan(ReadView.rangeOf(prefix, after));
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
        Invariants.check(
                entriesMax > 0 && bytesMax > 0,
                "a page has no room for an entry",
                "entriesMax",
                entriesMax,
                "bytesMax",
                bytesMax);
        if (!(tree.tier() instanceof MapTier maps)) {
            return scanPage(prefix, after, entriesMax, bytesMax, out);
        }
        int found = maps.readPage(prefix, after, entriesMax, bytesMax, out);
        if (found != HotTier.UNKNOWN) {
            tree.reads().memory(true);
            return found == HotTier.ABSENT;
        }
        boolean isLast = scanPage(prefix, after, entriesMax, bytesMax, out);
        if (Invariants.ENABLED) {
            Invariants.check(
                    isLast || out.length() > 0,
                    "a page is cut that has no entry",
                    "entriesMax",
                    entriesMax,
                    "bytesMax",
                    bytesMax);
        }
        if (!maps.keepPage(HotTier.ALWAYS, prefix, after, out, isLast, keyScratch)) {
            makeRoom();
            maps.keepPage(HotTier.ALWAYS, prefix, after, out, isLast, keyScratch);
        }
        return isLast;
    }

    /** Whether there are live entries with the prefix; as {@link #readPage}. */
    public boolean hasPrefix(KeyBuffer prefix) throws IOException {
        if (tree.tier() instanceof MapTier maps) {
            int found = maps.hasPrefix(prefix);
            if (found != HotTier.UNKNOWN) {
                tree.reads().memory(true);
                return found == HotTier.FOUND;
            }
            if (isNewMap(maps, prefix)) {
                return false;
            }
        }
        tree.reads().merge(true);
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
        tree.reads().merge(true);
        try (EntryCursor cursor = scanPrefix(prefix, after, entriesMax, bytesMax)) {
            return PageRead.copyEntries(cursor, prefix.length(), entriesMax, bytesMax, out);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    // -------------------------------------------------------------------------- read elsewhere

    /**
     * Looks the key up in memory, and leaves the files to the batch. Writer thread only.
     *
     * @return null if memory has answered, with the value in the batch
     */
    public <W> BatchGet.@Nullable Miss<W> find(KeyBuffer key, BatchGet<W> batch)
            throws IOException {
        HotTier hot = tree.tier();
        ReadView pinned;
        int found;
        hot.lock();
        try {
            found = hot.find(key, batch.value(), batch.lookup());
            if (found == HotTier.FOUND || found == HotTier.ABSENT) {
                tree.reads().memory(true);
                batch.answered(found == HotTier.FOUND);
                return null;
            }
            // Under the lock: no flush makes files of the operands in between.
            pinned = tree.pinView();
        } finally {
            hot.unlock();
        }
        Invariants.check(
                found == HotTier.UNKNOWN || found == HotTier.OPERANDS,
                "memory gave an answer that is none",
                "found",
                found);
        batch.countTo(tree.reads());
        return batch.missed(key, pinned, found == HotTier.OPERANDS, tree.operator());
    }

    /**
     * Keeps a value that was read elsewhere, unless files have come or gone since. Writer thread
     * only.
     */
    public void keep(BatchGet.Miss<?> miss) throws IOException {
        HotTier hot = tree.tier();
        if (!miss.isOf(tree.view())) {
            return;
        }
        if (!miss.isFound()) {
            if (hot instanceof MapTier maps) {
                isNewMap(maps, miss.key(keyScratch));
            }
        } else if (miss.isFromFiles()) {
            KeyBuffer key = miss.key(keyScratch);
            if (!hot.keepIf(() -> miss.isOf(tree.view()), key, miss.value())) {
                makeRoom();
                hot.keepIf(() -> miss.isOf(tree.view()), key, miss.value());
            }
        }
    }

    /**
     * Like {@link #readPage}, but leaves the files to another thread. For trees of maps; writer
     * thread only.
     */
    public PageRead findPage(
            KeyBuffer prefix, @Nullable KeyBuffer after, int entriesMax, int bytesMax)
            throws IOException {
        return findPage(prefix, after, entriesMax, bytesMax, true);
    }

    private PageRead findPage(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            boolean isWriter)
            throws IOException {
        if (!(tree.tier() instanceof MapTier maps)) {
            throw new IllegalStateException("[tree " + tree.name() + "] is not a tree of maps");
        }
        ValueBuffer page = new ValueBuffer();
        int found = maps.readPage(prefix, after, entriesMax, bytesMax, page);
        if (found != HotTier.UNKNOWN) {
            tree.reads().memory(isWriter);
            return PageRead.answered(prefix, page, found == HotTier.ABSENT);
        }
        PrefixCopy inMemory;
        ReadView pinned;
        maps.lock();
        try {
            inMemory =
                    maps.copyPrefix(prefix, after, Math.max(entriesMax, COPIED_ENTRIES), bytesMax);
            // Under the lock: no flush makes files of what was copied in between.
            pinned = tree.pinView();
        } finally {
            maps.unlock();
        }
        return PageRead.missed(prefix, after, entriesMax, bytesMax, pinned, inMemory);
    }

    /** The page behind one that was cut, as of now. Any thread. */
    public PageRead findPageBehind(PageRead read, int entriesMax, int bytesMax) throws IOException {
        upkeep.checkHealthy();
        KeyBuffer prefix = read.prefix(new KeyBuffer());
        byte[] behind = Objects.requireNonNull(read.cutBehind(), "the page was not cut");
        KeyBuffer after =
                new KeyBuffer()
                        .set(prefix.array(), 0, prefix.length())
                        .setSuffix(behind, 0, behind.length);
        return findPage(prefix, after, entriesMax, bytesMax, false);
    }

    /** Whether memory knows of live entries with the prefix; null if the files must be asked. */
    public @Nullable Boolean findPrefix(KeyBuffer prefix) {
        int found = tree.tier() instanceof MapTier maps ? maps.hasPrefix(prefix) : HotTier.UNKNOWN;
        if (found == HotTier.UNKNOWN) {
            return null;
        }
        tree.reads().memory(true);
        return found == HotTier.FOUND;
    }

    /** Like {@link #keep(BatchGet.Miss)}, for a page. */
    public void keep(PageRead read) {
        tree.reads().merge(true);
        if (!read.isOf(tree.view())
                || read.cutBehind() != null
                || !(tree.tier() instanceof MapTier maps)) {
            return;
        }
        KeyBuffer prefix = read.prefix(prefixScratch);
        if (!keep(maps, prefix, read)) {
            makeRoom();
            keep(maps, prefix, read);
        }
    }

    private boolean keep(MapTier maps, KeyBuffer prefix, PageRead read) {
        return maps.keepPage(
                () -> read.isOf(tree.view()),
                prefix,
                read.after(),
                read.page(),
                read.isLast(),
                keyScratch);
    }

    /** An entry that was read from files is worth to be kept instead of others. */
    private void makeRoom() {
        tierMemory.reclaim(1);
    }
}
