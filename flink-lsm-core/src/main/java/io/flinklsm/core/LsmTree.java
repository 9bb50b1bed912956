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
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.read.TreeReader;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.tree.Lookups;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.view.ScanView;
import io.flinklsm.core.write.StoreWriter;
import io.flinklsm.core.write.TreeWriter;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
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
    public static final int KEY_BYTES_MAX = TreeWriter.KEY_BYTES_MAX;

    /**
     * Bound of a value's length: with a key, a page's header and a list's next elements it still
     * fits into an array.
     */
    public static final int VALUE_BYTES_MAX = TreeWriter.VALUE_BYTES_MAX;

    /**
     * Bound of what operands make a value of. What is between the two bounds is for the operands
     * that are folded in before anyone asks how long the value has become.
     */
    public static final int APPENDED_VALUE_BYTES_MAX = TreeWriter.APPENDED_VALUE_BYTES_MAX;

    private final LsmStore store;
    private final StoreWriter storeWriter;
    private final TreeState state;
    private final TreeWriter writer;
    private final TreeReader reader;

    LsmTree(LsmStore store, StoreWriter storeWriter, TreeState state, Upkeep upkeep, Slot slot) {
        Lookups lookups = new Lookups(state);
        this.store = store;
        this.storeWriter = storeWriter;
        this.state = state;
        this.writer = new TreeWriter(storeWriter, state, lookups);
        this.reader = new TreeReader(state, upkeep, slot.tierMemory(), lookups, this::scan);
    }

    public String name() {
        return state.name();
    }

    public TreeOptions options() {
        return state.options();
    }

    /**
     * Replaces the options; freezes what is in memory if it cannot go on with them, and flushes it
     * if keys are to be found in another way. Writer thread only.
     */
    public void configure(TreeOptions newOptions) throws IOException {
        TreeOptions oldOptions = state.options();
        state.setOptions(newOptions);
        if (newOptions.memtableKind() != oldOptions.memtableKind()) {
            storeWriter.replaceMemory(state);
        } else if (!Objects.equals(newOptions.operator(), oldOptions.operator())) {
            storeWriter.replaceOperator(state);
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
                                    + name()
                                    + "] not all of its entries were rewritten: cause="
                                    + failure
                                    + "; restore the last checkpoint",
                            failure));
            throw failure;
        }
    }

    // ------------------------------------------------------------------------------------ write

    public void put(KeyBuffer key, byte[] value, int from, int byteCount) throws IOException {
        writer.put(key, value, from, byteCount);
    }

    public void delete(KeyBuffer key) throws IOException {
        writer.delete(key);
    }

    /**
     * Folds an operand into the key's value without reading it; needs the tree's merge operator.
     */
    public void merge(KeyBuffer key, byte[] operand, int from, int byteCount) throws IOException {
        writer.merge(key, operand, from, byteCount);
    }

    /**
     * Moves a value behind another key's, as an operand that is merged there, and deletes the key:
     * for an operator that appends. However long it is, it need not be in memory. Nothing happens
     * if the key has no value. Writer thread only.
     */
    public void moveBehind(KeyBuffer target, KeyBuffer source) throws IOException {
        writer.moveBehind(target, source);
    }

    // ------------------------------------------------------------------------------------- read

    /**
     * Copies the key's value to the buffer (replacing its content), merge operands folded in.
     *
     * @return false if the key has no value; the buffer is then empty
     */
    public boolean get(KeyBuffer key, ValueBuffer out) throws IOException {
        return reader.get(key, out);
    }

    /** Like {@link #get}, writer thread only: what is read from files is kept in memory. */
    public boolean getAsWriter(KeyBuffer key, ValueBuffer out) throws IOException {
        storeWriter.attend();
        return reader.getAsWriter(key, out);
    }

    /** Whether the key has a value. Writer thread only. */
    public boolean contains(KeyBuffer key) throws IOException {
        storeWriter.attend();
        return reader.contains(key);
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
        // Not attend(), which may freeze: this may be a thread that only reads.
        return reader.scanPrefix(prefix);
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
        storeWriter.attend();
        return reader.readPage(prefix, after, entriesMax, bytesMax, out);
    }

    /** Whether there are live entries with the prefix; as {@link #readPage}. */
    public boolean hasPrefix(KeyBuffer prefix) throws IOException {
        storeWriter.attend();
        return reader.hasPrefix(prefix);
    }

    // -------------------------------------------------------------------------- read elsewhere

    /**
     * Looks the key up in memory, and leaves the files to the batch, of which other threads read
     * them. Writer thread only.
     *
     * @return null if memory has answered, with the value in the batch; else what the value is to
     *     be in, as it is now, whatever is written afterwards
     */
    public <W> BatchGet.@Nullable Miss<W> find(KeyBuffer key, BatchGet<W> batch)
            throws IOException {
        storeWriter.attend();
        return reader.find(key, batch);
    }

    /** Splits what was missed into parts for other threads; see {@link BatchGet#split}. */
    public static <W> List<BatchGet.Part<W>> split(BatchGet<W> batch, int max, int atHandMax) {
        return batch.split(max, atHandMax);
    }

    /**
     * Keeps a value that was read elsewhere in memory, unless it may be out of date: then files
     * have come or gone since. Writer thread only.
     */
    public void keep(BatchGet.Miss<?> miss) throws IOException {
        reader.keep(miss);
    }

    /**
     * Like {@link #readPage}, but leaves the files to another thread. For trees of maps; writer
     * thread only.
     *
     * @return a page that memory has given, or that is to be read, and released
     */
    public PageRead findPage(
            KeyBuffer prefix, @Nullable KeyBuffer after, int entriesMax, int bytesMax)
            throws IOException {
        storeWriter.attend();
        return reader.findPage(prefix, after, entriesMax, bytesMax);
    }

    /**
     * The page behind one that was cut, as of now; for a reader to whom that one gave nothing. Any
     * thread.
     */
    public PageRead findPageBehind(PageRead read, int entriesMax, int bytesMax) throws IOException {
        return reader.findPageBehind(read, entriesMax, bytesMax);
    }

    /**
     * Whether memory knows of live entries with the prefix. For trees of maps; writer thread only.
     *
     * @return null if the files would have to be asked
     */
    public @Nullable Boolean findPrefix(KeyBuffer prefix) throws IOException {
        storeWriter.attend();
        return reader.findPrefix(prefix);
    }

    /** Like {@link #keep(BatchGet.Miss)}, for a page. */
    public void keep(PageRead read) {
        reader.keep(read);
    }

    // -------------------------------------------------------------------------------------- scan

    /**
     * The live entries in the range at the time of the call: a stable view, later writes do not
     * show. Freezes the open generation unless it is empty. Pins files until it is closed, and
     * generations only until they are flushed: it may stay open for long.
     */
    public EntryCursor scan(KeyRange range) throws IOException {
        storeWriter.attend();
        storeWriter.freezeForScan(state);
        ScanView pinned = state.scanView();
        try {
            return pinned.scan(range, state.operator());
        } finally {
            pinned.release();
        }
    }

    // ------------------------------------------------------------------------------ maintenance

    /** Flushes what is in memory and waits; for tests and tools. Writer thread only. */
    public void flush() throws IOException, InterruptedException {
        storeWriter.flush(state);
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
        return store.stats(state);
    }

    TreeState state() {
        return state;
    }
}
