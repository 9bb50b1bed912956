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
import io.flinklsm.core.bytes.Unicode;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.MapTier;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.restore.StoreRestorer;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.view.ScanView;
import io.flinklsm.core.write.FreezeRule;
import io.flinklsm.core.write.MemoryWait;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
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

    /**
     * A store whose memtables hold less than this part of its share has nothing to give: freezing
     * them would make small SSTables and hardly any room.
     */
    private static final int PARTS_OF_SHARE = 16;

    /** A refused write makes room for its entry and for what comes next. */
    private static final long ROOM_BEYOND_ENTRY_BYTES = 1 << 20;

    /** A segment is this part of what tiers may take, at most. */
    private static final int SEGMENTS_OF_TIERS = 64;

    /** An entry above this part of what memtables may have goes past them. */
    private static final int LARGE_ENTRIES_IN_MEMTABLES = 4;

    /** So does one above this: it gains nothing from being in memory. */
    private static final long LARGE_ENTRY_BYTES_MAX = 32 << 20;

    // Immutable.
    private final LsmStoreOptions options;
    private final StoreResources resources;
    private final OpenSstables openSstables;
    final Upkeep upkeep;
    private final FreezeRule freezeRule;
    private final Stalls stalls;
    private final Manifests manifests;
    private final long largeEntryBytes;

    // Changed by the writer thread under upkeep.lock; read by others under it.
    private final Map<String, LsmTree> trees = new LinkedHashMap<>();

    // Written by the writer thread only.
    private long nextGeneration;
    private long barrier;
    private long activeBytes;

    // Any thread.
    private volatile boolean flushRequested;
    private volatile long requestedFromBytes;
    private volatile boolean closed;

    private LsmStore(Storage storage, LsmStoreOptions options, StoreResources resources) {
        this.options = options;
        this.resources = resources;
        this.openSstables =
                new OpenSstables(
                        storage,
                        resources.cacheBudget(),
                        resources.blockCache(),
                        options.maxOpenFiles());
        ObsoleteFiles obsoleteFiles = new ObsoleteFiles();
        this.upkeep = new Upkeep(storage, openSstables, options, resources, obsoleteFiles);
        this.freezeRule = new FreezeRule(options.memtableBytes());
        this.stalls = new Stalls(upkeep, options.stallRule());
        this.manifests = new Manifests(upkeep);
        this.largeEntryBytes =
                Math.min(
                        resources.tierMemory().dirtyLimitBytes() / LARGE_ENTRIES_IN_MEMTABLES,
                        LARGE_ENTRY_BYTES_MAX);
    }

    // --------------------------------------------------------------------------------------- open

    /** An empty store. Files that others keep in the storage are left alone. */
    public static LsmStore create(
            Storage storage, LsmStoreOptions options, StoreResources resources) {
        LsmStore store = new LsmStore(storage, options, resources);
        try {
            resources.register(store);
            resources.memory().addReclaimer(store.openSstables);
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
        StoreRestorer.Restored restored = StoreRestorer.restore(sources, openSstables);
        if (verifyNow) {
            for (Version version : restored.trees().values()) {
                for (SstableMeta sstable : version.metas()) {
                    openSstables.verifyUnlessOpen(sstable);
                }
            }
        }
        nextGeneration = restored.nextGeneration();
        Deque<SstableMeta> unverified = new ArrayDeque<>();
        upkeep.lock.lock();
        try {
            for (Map.Entry<String, Version> tree : restored.trees().entrySet()) {
                addTree(tree.getKey(), TreeOptions.DEFAULTS, tree.getValue()).untouched = true;
                if (!verifyNow) {
                    unverified.addAll(tree.getValue().metas());
                }
            }
            upkeep.scheduleVerification(unverified);
        } finally {
            upkeep.lock.unlock();
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
            upkeep.lock.lock();
            try {
                existing.opened = true;
                upkeep.scheduleCompaction(existing);
            } finally {
                upkeep.lock.unlock();
            }
            return existing;
        }
        upkeep.lock.lock();
        try {
            LsmTree tree = addTree(name, treeOptions, Version.EMPTY);
            tree.opened = true;
            return tree;
        } finally {
            upkeep.lock.unlock();
        }
    }

    /** Needs the lock. */
    private LsmTree addTree(String name, TreeOptions treeOptions, Version version) {
        VersionSet versions = new VersionSet(name, openSstables, upkeep.obsoleteFiles(), version);
        LsmTree tree =
                new LsmTree(this, name, treeOptions, versions, newTier(treeOptions, version));
        trees.put(name, tree);
        upkeep.installView(tree);
        return tree;
    }

    /** What a tree of this kind keeps entries in; complete if the tree has no files. */
    private HotTier newTier(TreeOptions treeOptions, Version version) {
        TierMemory memory = resources.tierMemory();
        boolean isComplete = version.isEmpty();
        long nowMillis = resources.clock().currentTimeMillis();
        long generation = nextGeneration++;
        return switch (treeOptions.memtableKind()) {
            case MAPS -> new MapTier(memory, generation, isComplete, nowMillis);
            case ENTRIES ->
                    new EntryTier(
                            memory, generation, treeOptions.operator(), isComplete, nowMillis);
        };
    }

    public @Nullable LsmTree tree(String name) {
        return trees.get(name);
    }

    public Set<String> treeNames() {
        upkeep.lock.lock();
        try {
            return Set.copyOf(trees.keySet());
        } finally {
            upkeep.lock.unlock();
        }
    }

    /**
     * Removes the tree and its entries; its files go when nobody pins them, its memtables when the
     * views that read them are closed. Writer thread only.
     */
    public void dropTree(String name) throws IOException {
        checkOpen();
        LsmTree tree = trees.get(name);
        if (tree == null) {
            return;
        }
        upkeep.lock.lock();
        try {
            tree.dropped = true;
            trees.remove(name);
        } finally {
            upkeep.lock.unlock();
        }
        upkeep.awaitQuiet(tree);
        activeBytes -= tree.accountedBytes();
        upkeep.release(tree);
        upkeep.lock.lock();
        try {
            tree.versions.clear();
            upkeep.scheduleDeletion();
        } finally {
            upkeep.lock.unlock();
        }
    }

    // ------------------------------------------------------------------------ the writer's chores

    /** Called before every write: {@link #attend}, and rests if the writer is too fast. */
    void attendWrite() throws IOException {
        attend();
        if (stalls.isOwing()) {
            stalls.pay();
        }
    }

    /**
     * Called before every access of the writer: fails if the store has, and frees memory if
     * somebody asked for it.
     */
    void attend() throws IOException {
        if (upkeep.hasFailed() || closed || flushRequested) {
            checkOpen();
            if (flushRequested) {
                flushRequested = false;
                if (activeBytes >= requestedFromBytes) {
                    freezeLargest();
                }
            }
        }
    }

    /** Throws if background work has failed. */
    public void checkHealthy() throws IOException {
        upkeep.checkHealthy();
    }

    private void checkOpen() throws IOException {
        upkeep.checkHealthy();
        if (closed) {
            throw new IllegalStateException("[store] is closed; open another");
        }
    }

    /**
     * Any thread: what is frozen is flushed now. If nothing is, the writer freezes its largest
     * memtable at its next access.
     *
     * @param fromBytes unless its memtables hold less than this together
     */
    void requestFlush(long fromBytes) {
        upkeep.lock.lock();
        try {
            trees.values().forEach(upkeep::scheduleFlush);
        } finally {
            upkeep.lock.unlock();
        }
        if (!isAnyFrozen()) {
            requestedFromBytes = fromBytes;
            flushRequested = true;
        }
    }

    /** The tree's open generation has taken another segment of memory. */
    void grown(LsmTree tree, long usedBytes, long grownBytes) throws IOException {
        activeBytes += grownBytes;
        resources.tierMemory().addDirty(grownBytes);
        if (freezeRule.isTreeFull(usedBytes)) {
            freezeFull(tree);
        } else if (freezeRule.isStoreFull(activeBytes, resources.memtableShareBytes())) {
            freezeLargest();
        }
        stalls.owe(tree, grownBytes);
    }

    private void freezeLargest() throws IOException {
        LsmTree largest = largest();
        if (largest != null) {
            freezeFull(largest);
        }
    }

    /** The tree with the largest open generation; null if all of them are empty. */
    private @Nullable LsmTree largest() {
        LsmTree largest = null;
        for (LsmTree tree : trees.values()) {
            if (largest == null || tree.accountedBytes() > largest.accountedBytes()) {
                largest = tree;
            }
        }
        return largest == null || largest.openBytes() == 0 ? null : largest;
    }

    /** Entries above this do not go into a memtable, but by {@link #writeLarge}. */
    long largeEntryBytes() {
        return largeEntryBytes;
    }

    /**
     * Writes an entry into an SSTable of its own, here. What is older is flushed before, so that
     * the SSTable is the newest of level 0; it has a generation of its own, and what is written
     * behind it a newer one.
     */
    void writeLarge(LsmTree tree, KeyBuffer key, EntryKind kind, LargeValue value)
            throws IOException {
        try {
            flush(tree);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "[tree "
                                            + tree.name()
                                            + "] interrupted while an entry was written: bytes="
                                            + value.length()
                                            + "; the task is being stopped, so there is nothing to"
                                            + " do")
                            .initCause(e);
        }
        // Everything older is in files: what is written now gets a generation, what follows others.
        upkeep.flushes().writeLarge(tree, nextGeneration++, key.slice(), kind, value);
        tree.tier().skip(key, nextGeneration++, resources.clock().currentTimeMillis());
        stalls.owe(tree, value.length());
        stalls.awaitRoomBehind(tree);
    }

    void freezeFull(LsmTree tree) throws IOException {
        freeze(tree, true);
        stalls.awaitRoomBehind(tree);
    }

    /** What is written from now on is of a new generation; the old one waits for its flush. */
    private void freeze(LsmTree tree, boolean flushSoon) {
        if (tree.openBytes() == 0) {
            return;
        }
        Generation frozen =
                tree.tier().freeze(nextGeneration, resources.clock().currentTimeMillis());
        nextGeneration++;
        // What was taken for writes that then found no room is accounted for here.
        long openBytes = frozen == null ? 0 : frozen.usedBytes();
        resources.tierMemory().addDirty(openBytes - tree.accountedBytes());
        activeBytes -= tree.accountedBytes();
        upkeep.lock.lock();
        try {
            tree.resetAccount();
            if (frozen != null) {
                tree.frozenOldestFirst.add(new FrozenGeneration(frozen, barrier));
                if (flushSoon) {
                    upkeep.scheduleFlush(tree);
                }
            }
        } finally {
            upkeep.lock.unlock();
        }
    }

    /** A scan needs a frozen generation. It is flushed once that is worth a file. */
    void freezeForScan(LsmTree tree) throws IOException {
        if (tree.openEntryCount() == 0) {
            return;
        }
        freeze(tree, tree.openBytes() >= options.memtableBytes() / 4);
        boolean queueIsLong;
        upkeep.lock.lock();
        try {
            queueIsLong =
                    tree.frozenOldestFirst.size() >= Math.max(2, options.maxFrozenMemtables() / 2);
            if (queueIsLong) {
                upkeep.scheduleFlush(tree);
            }
        } finally {
            upkeep.lock.unlock();
        }
        if (queueIsLong) {
            stalls.awaitRoomBehind(tree);
        }
    }

    /** The tree's options ask for another way to find keys: what is in memory goes to files. */
    void replaceMemory(LsmTree tree) throws IOException {
        try {
            flush(tree);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException(
                                    "[tree "
                                            + tree.name()
                                            + "] interrupted in a flush; the task is being stopped,"
                                            + " so there is nothing to do")
                            .initCause(e);
        }
        renewMemory(tree);
    }

    /**
     * The tree begins anew: with nothing in memory, complete if it has no files. Everything that
     * was in memory is in files, or is not wanted.
     */
    private void renewMemory(LsmTree tree) {
        HotTier oldTier = tree.tier();
        ReadView old;
        upkeep.lock.lock();
        try {
            resources.tierMemory().addDirty(-tree.accountedBytes());
            activeBytes -= tree.accountedBytes();
            tree.setTier(newTier(tree.options(), tree.versions.current()));
            old = upkeep.installView(tree);
        } finally {
            upkeep.lock.unlock();
        }
        Upkeep.releaseOld(old);
        oldTier.close();
    }

    /** Operands that are written from now on are folded in another way. */
    void replaceOperator(LsmTree tree) {
        freeze(tree, false);
        // No tier of another kind has an operator.
        ((EntryTier) tree.tier()).setOperator(tree.operator());
    }

    /** Everything but the open generation, for a scan, with a reference for the caller. */
    ScanView scanView(LsmTree tree) {
        upkeep.lock.lock();
        try {
            return upkeep.newScanView(tree);
        } finally {
            upkeep.lock.unlock();
        }
    }

    /**
     * Leaves the tree without entries; gives the live ones that it had. They stand in files alone:
     * a checkpoint that is pending needs nothing of this tree any more.
     */
    EntryCursor takeContent(LsmTree tree) throws IOException, InterruptedException {
        flush(tree);
        upkeep.compactions().pause(tree);
        try {
            ScanView before = scanView(tree);
            try {
                EntryCursor content = before.scan(KeyRange.ALL, tree.operator(), false);
                try {
                    upkeep.lock.lock();
                    try {
                        tree.versions.clear();
                    } finally {
                        upkeep.lock.unlock();
                    }
                    renewMemory(tree);
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
            upkeep.compactions().resume(tree);
        }
    }

    /**
     * Stops the store: what it holds is not right any more, or cannot be read. The next call of the
     * writer says so. Any thread.
     */
    public void fail(Throwable cause) {
        upkeep.fail(cause);
    }

    /**
     * The budget had no room for an entry: evict, flush, wait, in this order.
     *
     * @param earlier what the last call for this entry returned; null at its first
     */
    MemoryWait makeRoom(LsmTree tree, long entryBytes, @Nullable MemoryWait earlier)
            throws IOException {
        checkOpen();
        MemoryWait wait = earlier == null ? new MemoryWait(resources.clock()) : earlier;
        long wantedBytes = entryBytes + ROOM_BEYOND_ENTRY_BYTES;
        // What is dirty has a bound of its own: no eviction makes room beyond it.
        boolean hasDirtyRoom = resources.tierMemory().hasDirtyRoom(entryBytes);
        if (hasDirtyRoom && makeCleanRoom(entryBytes, earlier == null)) {
            return wait;
        }
        long worthBytes = worthFreezingBytes(entryBytes, wait);
        LsmTree largest = largest();
        if (largest != null && activeBytes >= worthBytes && !isAnyFrozen()) {
            freeze(largest, true);
        }
        if (wait.isTimeToAsk()) {
            resources.askOthersToFlush(this, worthBytes);
        }
        if (hasDirtyRoom && earlier != null && evict(wantedBytes) > 0) {
            return wait;
        }
        boolean neverFits = entryBytes > resources.tierBudget().limitBytes();
        if (neverFits || wait.isOver()) {
            throw new IOException(
                    "[tree "
                            + tree.name()
                            + "] no memory for an entry: entryBytes="
                            + entryBytes
                            + ", usedBytes="
                            + resources.memory().usedBytes()
                            + ", limitBytes="
                            + resources.memory().limitBytes()
                            + ", waitedMillis="
                            + wait.waitedMillis()
                            + "; raise the memory of the state backend");
        }
        stalls.awaitMemory(tree, trees.values(), hasDirtyRoom ? 0 : wantedBytes);
        return wait;
    }

    /**
     * Evicts what a write needs: its entry's bytes at first, since most entries fit into what is
     * begun; a whole segment after that. While anything gives way, nothing is frozen: small
     * SSTables would be flushed, and merged again and again.
     */
    private boolean makeCleanRoom(long entryBytes, boolean isFirst) {
        if (isFirst) {
            return evict(entryBytes) > 0;
        }
        MemoryBudget tiers = resources.tierBudget();
        long wantedBytes =
                entryBytes
                        + Math.min(ROOM_BEYOND_ENTRY_BYTES, tiers.limitBytes() / SEGMENTS_OF_TIERS);
        if (resources.tierMemory().reclaim(wantedBytes) > 0) {
            return true;
        }
        // What blocks give back is of no use to tiers that are at their own limit.
        return tiers.usedBytes() + wantedBytes <= tiers.limitBytes()
                && resources.blockCache().reclaim(wantedBytes) > 0;
    }

    /**
     * What a store's memtables must hold for one of them to be frozen: a writer that waits while
     * the memory is elsewhere would cut them into one small SSTable after another.
     */
    private long worthFreezingBytes(long entryBytes, MemoryWait wait) {
        long worthBytes = resources.memtableShareBytes() / PARTS_OF_SHARE;
        return entryBytes >= worthBytes || wait.isLong() ? 0 : worthBytes;
    }

    /**
     * Whether a flush will soon make room: then what is active need not be cut into small files.
     */
    private boolean isAnyFrozen() {
        upkeep.lock.lock();
        try {
            return trees.values().stream().anyMatch(tree -> !tree.frozenOldestFirst.isEmpty());
        } finally {
            upkeep.lock.unlock();
        }
    }

    /**
     * Clean entries first, then blocks: they are cheaper to read again than filters and indexes.
     */
    private long evict(long bytes) {
        long evicted = resources.tierMemory().reclaim(bytes);
        if (evicted < bytes) {
            evicted += resources.blockCache().reclaim(bytes - evicted);
        }
        return evicted >= bytes ? evicted : evicted + openSstables.reclaim(bytes - evicted);
    }

    /** An entry that was read from files is worth to be kept instead of others. */
    void makeRoomToRead() {
        resources.tierMemory().reclaim(1);
    }

    // --------------------------------------------------------------------------------- checkpoint

    /** The synchronous part of a checkpoint: freezes every tree; O(trees). Writer thread only. */
    public PendingCheckpoint beginCheckpoint(long checkpointId) throws IOException {
        checkOpen();
        trees.values().forEach(tree -> freeze(tree, false));
        barrier++;
        long createdMillis = resources.clock().currentTimeMillis();
        upkeep.lock.lock();
        try {
            List<PendingCheckpoint.PendingTree> pending = new ArrayList<>();
            try {
                for (LsmTree tree : trees.values()) {
                    pending.add(
                            new PendingCheckpoint.PendingTree(
                                    tree,
                                    tree.versions.pinCurrent(),
                                    new ArrayList<>(tree.frozenOldestFirst)));
                    touch(tree);
                }
                PendingCheckpoint checkpoint =
                        new PendingCheckpoint(upkeep, checkpointId, createdMillis, pending);
                upkeep.addPending(checkpoint);
                return checkpoint;
            } catch (Throwable failure) {
                pending.forEach(tree -> Cleanup.undo(failure, tree::unpin));
                throw failure;
            }
        } finally {
            upkeep.lock.unlock();
        }
    }

    /** A checkpoint is taken: the restore is over. Needs the lock. */
    private void touch(LsmTree tree) {
        if (tree.untouched) {
            tree.untouched = false;
            upkeep.scheduleCompaction(tree);
        }
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
                freezeForScan(tree);
                views.put(tree.name(), new StoreView.TreeView(scanView(tree), tree.operator()));
            }
            return view;
        } catch (Throwable failure) {
            Cleanup.undo(failure, view);
            throw failure;
        }
    }

    // -------------------------------------------------------------------------------- maintenance

    void flush(LsmTree tree) throws IOException, InterruptedException {
        checkOpen();
        freeze(tree, true);
        List<FrozenGeneration> queue;
        upkeep.lock.lock();
        try {
            queue = List.copyOf(tree.frozenOldestFirst);
        } finally {
            upkeep.lock.unlock();
        }
        upkeep.flushes()
                .flushThrough(tree, () -> Collections.disjoint(tree.frozenOldestFirst, queue));
    }

    void compactAll(LsmTree tree) throws IOException, InterruptedException {
        flush(tree);
        upkeep.compactions().compactAll(tree);
    }

    /** Waits until no flush or compaction is due or runs; for tests and tools. */
    public void awaitIdle() throws IOException, InterruptedException {
        checkOpen();
        upkeep.awaitIdle(trees.values());
    }

    /**
     * Who is told of flushes, compactions and stalls; called by the thread that did them, without
     * locks held.
     */
    public void setListener(LsmEventListener listener) {
        upkeep.setListener(listener);
    }

    public List<TreeStats> stats() {
        List<LsmTree> all;
        upkeep.lock.lock();
        try {
            all = List.copyOf(trees.values());
        } finally {
            upkeep.lock.unlock();
        }
        return all.stream().map(this::stats).toList();
    }

    TreeStats stats(LsmTree tree) {
        upkeep.lock.lock();
        try {
            long memtableBytes = tree.dropped || closed ? 0 : tree.openBytes();
            for (FrozenGeneration frozen : tree.frozenOldestFirst) {
                memtableBytes += frozen.generation().usedBytes();
            }
            return TreeStats.of(
                    tree.name(),
                    memtableBytes,
                    tree.frozenOldestFirst.size(),
                    tree.filterFailures.get(),
                    tree.versions.current());
        } finally {
            upkeep.lock.unlock();
        }
    }

    /**
     * Stops background work (waits for the job that runs to notice) and releases memory and file
     * handles; deletes no file that a manifest lists. Views and pending checkpoints that are still
     * open fail from now on; close them too. Idempotent.
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        upkeep.stop();
        List<AutoCloseable> parts = new ArrayList<>();
        trees.values().forEach(tree -> parts.add(() -> upkeep.release(tree)));
        parts.add(() -> resources.memory().removeReclaimer(openSstables));
        parts.add(openSstables);
        parts.add(() -> resources.unregister(this));
        Cleanup.closeAll(parts);
    }
}
