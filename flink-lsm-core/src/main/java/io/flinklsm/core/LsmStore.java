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

import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.checkpoint.Deletions;
import io.flinklsm.core.checkpoint.Manifests;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.compaction.Compactions;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.flush.Flushes;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.restore.StoreRestorer;
import io.flinklsm.core.restore.Verification;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.tree.ReadCounters;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.ScanView;
import io.flinklsm.core.write.StallRule;
import io.flinklsm.core.write.StoreWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All LSM state of one Flink subtask, or of any program: named trees over one storage, with shared
 * background work. One thread writes and opens views; see {@link LsmTree}. Nothing is durable
 * before a checkpoint (there is no write-ahead log: Flink replays its sources).
 */
public final class LsmStore implements AutoCloseable {

    // Immutable.
    private final Slot slot;
    private final StoreFiles files;
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final StoreWriter writer;
    private final Compactions compactions;
    private final Manifests manifests;

    // The writer thread's.
    private boolean countsReads = true;

    // Changed by the writer thread under the lock; read by others under it.
    private final Map<String, LsmTree> trees = new LinkedHashMap<>();

    private LsmStore(Storage storage, LsmStoreOptions options, StoreResources resources) {
        this.slot = resources.slot();
        OpenSstables openSstables =
                new OpenSstables(
                        storage, slot.cacheBudget(), slot.blockCache(), options.maxOpenFiles());
        this.files =
                new StoreFiles(
                        storage,
                        openSstables,
                        new ObsoleteFiles(),
                        options.sstable().fittedTo(slot.writerBudgets().bytesEach()),
                        options.sstableOfTrees(slot.writerBudgets().bytesEach()),
                        slot.memory().limitBytes());
        this.upkeep = new Upkeep();
        this.lock = upkeep.lock();
        StallRule stallRule = options.stallRule();
        this.writer =
                new StoreWriter(
                        upkeep,
                        slot,
                        files,
                        stallRule,
                        resources.flushPace(),
                        options.memtableBytes());
        this.compactions =
                new Compactions(
                        upkeep,
                        slot,
                        files,
                        options.compactionPickers(),
                        stallRule::pressure,
                        resources.flushPace(),
                        options.compaction().targetFileBytes());
        this.manifests = new Manifests(upkeep, files);
        upkeep.connect(
                new StorePaths(
                        new Flushes(
                                upkeep,
                                slot,
                                files,
                                resources.flushPace(),
                                options.memtableBytes()),
                        compactions,
                        new Deletions(upkeep, slot.background(), files)));
    }

    // --------------------------------------------------------------------------------------- open

    /** An empty store. Files that others keep in the storage are left alone. */
    public static LsmStore create(
            Storage storage, LsmStoreOptions options, StoreResources resources) {
        LsmStore store = new LsmStore(storage, options, resources);
        try {
            store.slot.register(store.writer);
            store.slot.memory().addReclaimer(store.files.openSstables());
            return store;
        } catch (Throwable failure) {
            Cleanup.undo(failure, store);
            throw failure;
        }
    }

    /**
     * A store with the content of images whose files are in the storage. Checks that every file is
     * there and the one that its image lists; the checksums of their tails are checked in the
     * background, and before a file is used: damage stops the store as a failed flush does.
     *
     * @throws io.flinklsm.core.errors.CorruptionException if a file is missing or not what its
     *     image says
     */
    public static LsmStore restore(
            Storage storage,
            LsmStoreOptions options,
            StoreResources resources,
            List<RestoreSource> sources)
            throws IOException {
        return restore(storage, options, resources, sources, false);
    }

    /**
     * Like {@link #restore(Storage, LsmStoreOptions, StoreResources, List)}.
     *
     * @param verifyNow whether the tails of all files are checked before anything else, for a
     *     caller that has another copy to restore from
     */
    public static LsmStore restore(
            Storage storage,
            LsmStoreOptions options,
            StoreResources resources,
            List<RestoreSource> sources,
            boolean verifyNow)
            throws IOException {
        LsmStore store = create(storage, options, resources);
        try {
            store.adopt(sources, verifyNow);
            return store;
        } catch (Throwable failure) {
            Cleanup.undo(failure, store);
            throw failure;
        }
    }

    /**
     * Restores from a manifest file that {@link #writeManifest} wrote to the storage; the files it
     * lists stay until it is deleted with {@link #deleteManifest}.
     */
    public static LsmStore open(
            Storage storage, LsmStoreOptions options, StoreResources resources, String manifestName)
            throws IOException {
        CheckpointImage image = readManifest(storage, manifestName);
        LsmStore store =
                restore(
                        storage,
                        options,
                        resources,
                        List.of(new RestoreSource(image, KeyRange.ALL)));
        try {
            store.manifests.pin(manifestName, image);
            return store;
        } catch (Throwable failure) {
            Cleanup.undo(failure, store);
            throw failure;
        }
    }

    private void adopt(List<RestoreSource> sources, boolean verifyNow) throws IOException {
        StoreRestorer.Restored restored = StoreRestorer.restore(sources, files.openSstables());
        List<SstableMeta> metas = new ArrayList<>();
        restored.trees().values().forEach(version -> metas.addAll(version.metas()));
        if (verifyNow) {
            for (SstableMeta sstable : metas) {
                files.openSstables().verifyUnlessOpen(sstable);
            }
        }
        writer.setNextGeneration(restored.nextGeneration());
        lock.lock();
        try {
            restored.trees()
                    .forEach((name, version) -> addTree(name, TreeOptions.DEFAULTS, version, true));
            if (!verifyNow) {
                new Verification(upkeep, slot.background(), files, metas).schedule();
            }
        } finally {
            lock.unlock();
        }
    }

    // -------------------------------------------------------------------------------------- trees

    /**
     * Creates the tree, or configures the existing (perhaps restored) one. Writer thread only.
     *
     * @throws IllegalArgumentException if the name has half a surrogate pair, which no file can say
     */
    public LsmTree openTree(String name, TreeOptions treeOptions) throws IOException {
        checkOpen();
        if (!Unicode.isWellFormed(name)) {
            throw new IllegalArgumentException(
                    "[tree "
                            + Unicode.escape(name)
                            + "] the tree's name has half a surrogate pair; escape it.");
        }
        LsmTree existing = trees.get(name);
        if (existing != null) {
            existing.configure(treeOptions);
            lock.lock();
            try {
                existing.state().open();
                upkeep.scheduleCompaction(existing.state());
            } finally {
                lock.unlock();
            }
            return existing;
        }
        lock.lock();
        try {
            LsmTree tree = addTree(name, treeOptions, Version.EMPTY, false);
            tree.state().open();
            return tree;
        } finally {
            lock.unlock();
        }
    }

    /** Needs the lock. */
    private LsmTree addTree(
            String name, TreeOptions treeOptions, Version version, boolean restored) {
        TreeState state =
                new TreeState(
                        name,
                        treeOptions,
                        new VersionSet(name, files.openSstables(), files.obsoleteFiles(), version),
                        writer.newTier(treeOptions, version.isEmpty()),
                        upkeep,
                        files.obsoleteFiles(),
                        slot.tierMemory(),
                        restored);
        state.setReads(new ReadCounters(countsReads));
        LsmTree tree = new LsmTree(this, writer, state, upkeep, slot);
        LsmTree before = trees.put(name, tree);
        Invariants.check(before == null, "a tree is opened twice", "trees", trees.size());
        writer.add(state);
        return tree;
    }

    public @Nullable LsmTree tree(String name) {
        return trees.get(name);
    }

    public Set<String> treeNames() {
        lock.lock();
        try {
            return Set.copyOf(trees.keySet());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes the tree and its entries; its files go when no pin keeps them, its generations when
     * the views that read them are closed. Writer thread only.
     */
    public void dropTree(String name) throws IOException {
        checkOpen();
        LsmTree tree = trees.get(name);
        if (tree == null) {
            return;
        }
        TreeState state = tree.state();
        lock.lock();
        try {
            state.drop();
            trees.remove(name);
            writer.remove(state);
            while (!state.isFlushIdle() || !compactions.isIdle(state)) {
                lock.awaitProgressUninterruptibly();
            }
            compactions.forget(state);
        } finally {
            lock.unlock();
        }
        writer.forget(state);
        state.close();
        lock.lock();
        try {
            state.clearVersion();
            upkeep.scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Leaves the tree without entries; gives the live ones that it had. They stand in files alone:
     * a checkpoint that is pending needs nothing of this tree any more.
     */
    EntryCursor takeContent(LsmTree tree) throws IOException, InterruptedException {
        TreeState state = tree.state();
        writer.flush(state);
        compactions.pause(state);
        try {
            ScanView before = state.scanView();
            try {
                EntryCursor content = before.scan(KeyRange.ALL, state.operator());
                try {
                    lock.lock();
                    try {
                        state.clearVersion();
                    } finally {
                        lock.unlock();
                    }
                    writer.renewMemory(state);
                    return content;
                } catch (Throwable failure) {
                    // A tree that may be empty must not get into a checkpoint.
                    Cleanup.undo(failure, content);
                    fail(failure);
                    throw failure;
                }
            } finally {
                before.release();
            }
        } finally {
            compactions.resume(state);
        }
    }

    /** Throws if background work has failed. */
    public void checkHealthy() throws IOException {
        upkeep.checkHealthy();
    }

    private void checkOpen() throws IOException {
        upkeep.checkOpen();
    }

    /**
     * Stops the store: what it holds is not right any more, or cannot be read. The next call of the
     * writer says so. Any thread.
     */
    public void fail(Throwable cause) {
        upkeep.fail(cause);
    }

    // --------------------------------------------------------------------------------- checkpoint

    /** The synchronous part of a checkpoint: freezes every tree; O(trees). Writer thread only. */
    public PendingCheckpoint beginCheckpoint(long checkpointId) throws IOException {
        checkOpen();
        writer.freezeAll();
        long createdMillis = slot.clock().currentTimeMillis();
        lock.lock();
        try {
            return PendingCheckpoint.begin(
                    upkeep, files.obsoleteFiles(), checkpointId, createdMillis, states());
        } finally {
            lock.unlock();
        }
    }

    private List<TreeState> states() {
        return trees.values().stream().map(LsmTree::state).toList();
    }

    /**
     * Writes the image's manifest to the storage; returns its name, {@code MANIFEST-(checkpoint
     * id)-(unique)}. The image's pending checkpoint must still be open; from now on the manifest
     * pins the files.
     */
    public String writeManifest(CheckpointImage image) throws IOException {
        checkOpen();
        return manifests.write(image);
    }

    /** Deletes a manifest, and the files that only it needs. */
    public void deleteManifest(String name) throws IOException {
        checkOpen();
        manifests.delete(name);
    }

    /** Reads and checks a manifest file. */
    public static CheckpointImage readManifest(Storage storage, String name) throws IOException {
        return Manifests.read(storage, name);
    }

    /** Every tree as of now, for full scans. Freezes every tree. Writer thread only. */
    public StoreView view() throws IOException {
        checkOpen();
        Map<String, StoreView.TreeView> views = new LinkedHashMap<>();
        StoreView view = new StoreView(views);
        try {
            for (LsmTree tree : trees.values()) {
                TreeState state = tree.state();
                writer.freezeForScan(state);
                views.put(tree.name(), new StoreView.TreeView(state.scanView(), state.operator()));
            }
            return view;
        } catch (Throwable failure) {
            Cleanup.undo(failure, view);
            throw failure;
        }
    }

    // -------------------------------------------------------------------------------- maintenance

    void compactAll(LsmTree tree) throws IOException, InterruptedException {
        writer.flush(tree.state());
        compactions.compactAll(tree.state());
    }

    /** Waits until no flush or compaction is due or runs; for tests and tools. */
    public void awaitIdle() throws IOException, InterruptedException {
        checkOpen();
        upkeep.awaitIdle(states());
    }

    /**
     * Who is told of flushes, compactions and stalls; called by the thread that did them, without
     * locks held.
     */
    public void setListener(LsmEventListener listener) {
        upkeep.setListener(listener);
    }

    /** Whether reads are counted; they are unless a caller says otherwise. Writer thread only. */
    public void setCountsReads(boolean counts) {
        countsReads = counts;
        states().forEach(state -> state.setReads(new ReadCounters(counts)));
    }

    /** For tests that wake the threads that wait. */
    StoreLock lock() {
        return lock;
    }

    public List<TreeStats> stats() {
        List<TreeState> all;
        lock.lock();
        try {
            all = states();
        } finally {
            lock.unlock();
        }
        return all.stream().map(this::stats).toList();
    }

    TreeStats stats(TreeState tree) {
        TreeStats.Moment moment;
        lock.lock();
        try {
            boolean isGone = tree.isDropped() || upkeep.isStopped();
            moment =
                    new TreeStats.Moment(
                            new TreeStats.Memory(
                                    isGone ? 0 : tree.memoryBytes(),
                                    isGone ? 0 : tree.memoryEntries(),
                                    tree.frozenCount()),
                            tree.isFlushing(),
                            compactions.running(tree),
                            compactions.isPending(tree),
                            tree.reads().stats(),
                            tree.version());
        } finally {
            lock.unlock();
        }
        // Without the lock: there may be thousands of files.
        return TreeStats.of(
                tree.name(),
                moment,
                tree.filterFailures(),
                compactions.debtBytes(tree, moment.version()));
    }

    /** Whether background work has failed, and the store is to be restored. */
    public boolean hasFailed() {
        return upkeep.hasFailed();
    }

    /** How many SSTables are open. */
    public int openSstables() {
        return files.openSstables().openCount();
    }

    /** Native memory of filters and indexes of the SSTables that are open. */
    public long filterAndIndexBytes() {
        return files.openSstables().residentBytes();
    }

    /** Length of the SSTables that are open: those on the local disk are mapped into memory. */
    public long openSstableBytes() {
        return files.openSstables().openBytes();
    }

    /**
     * Stops background work (waits for the job that runs to notice) and releases memory and file
     * handles; deletes no file that a manifest lists. Views and pending checkpoints that are still
     * open fail from now on; close them too. Idempotent.
     */
    @Override
    public void close() throws IOException {
        if (upkeep.isStopped()) {
            return;
        }
        upkeep.stop();
        List<AutoCloseable> parts = new ArrayList<>();
        states().forEach(state -> parts.add(state::close));
        parts.add(() -> slot.memory().removeReclaimer(files.openSstables()));
        parts.add(files.openSstables());
        parts.add(() -> slot.unregister(writer));
        Cleanup.closeAll(parts);
    }
}
