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
package io.flinklsm.core.tree;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.version.VersionSet;
import io.flinklsm.core.view.FrozenSource;
import io.flinklsm.core.view.ReadView;
import io.flinklsm.core.view.ScanView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a tree is at this moment: its tier, the queue of its frozen generations, its Version, and
 * the views of them. The paths change it, by the verbs of this class and in no other way.
 *
 * <pre>
 *              enqueue            beginFlush … installFlushed            install
 * tier: open ──────────► frozen ─────────────────────────────► Version ──────────► Version
 *                          └─────────────── scan view ────────────┘
 * </pre>
 *
 * <p>The lock is the store's. A verb that needs it checks that it is held, and does no I/O.
 */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class TreeState {

    // Immutable. The versions change under the lock only, and any thread may ask which is current.
    private final String name;
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final ObsoleteFiles obsoleteFiles;
    private final TierMemory tierMemory;
    private final VersionSet versions;

    // Written by the writer thread only.
    private HotTier tier;
    private long accountedBytes;

    // Written under the lock, or before the tree is known, and read by any thread.
    private volatile TreeOptions options;
    private volatile @Nullable ReadView view;
    private volatile boolean dropped;

    // Set before anything is read.
    private ReadCounters reads = new ReadCounters(true);

    // Counted by compactions.
    private final AtomicLong filterFailures = new AtomicLong();

    @GuardedBy("lock")
    private final List<FrozenGeneration> frozenOldestFirst = new ArrayList<>();

    @GuardedBy("lock")
    private final OpenViews openViews = new OpenViews();

    /** Whether a task that flushes the queue waits for its thread, or runs. */
    @GuardedBy("lock")
    private boolean flushScheduled;

    /** Whether a task was asked for while a flush ran that no task had begun. */
    @GuardedBy("lock")
    private boolean flushWanted;

    /** What is being flushed; null if nothing is. */
    @GuardedBy("lock")
    private @Nullable FlushPlan flushing;

    @GuardedBy("lock")
    private boolean opened;

    /** Restored, and neither flushed nor checkpointed since: what compactions are due may wait. */
    @GuardedBy("lock")
    private boolean untouched;

    /**
     * A tree that has a view already. Needs the lock.
     *
     * @param restored whether it comes from a checkpoint
     */
    public TreeState(
            String name,
            TreeOptions options,
            VersionSet versions,
            HotTier tier,
            Upkeep upkeep,
            ObsoleteFiles obsoleteFiles,
            TierMemory tierMemory,
            boolean restored) {
        this.name = name;
        this.options = options;
        this.versions = versions;
        this.tier = tier;
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.obsoleteFiles = obsoleteFiles;
        this.tierMemory = tierMemory;
        this.untouched = restored;
        lock.checkHeld();
        this.view = newView();
    }

    // ------------------------------------------------------------------------------ any thread

    public String name() {
        return name;
    }

    public TreeOptions options() {
        return options;
    }

    public @Nullable MergeOperator operator() {
        return options.operator();
    }

    /** Its files are safe to read only for a thread that holds a pin. */
    public Version version() {
        return versions.current();
    }

    public boolean isDropped() {
        return dropped;
    }

    /** How often the tree's filter has thrown. */
    public long filterFailures() {
        return filterFailures.get();
    }

    /**
     * The tree's filter has thrown.
     *
     * @return whether it is the first time
     */
    public boolean filterFailed() {
        return filterFailures.getAndIncrement() == 0;
    }

    /** Counts the tree's reads. */
    public ReadCounters reads() {
        return reads;
    }

    /** Writer thread. */
    public void setReads(ReadCounters newReads) {
        reads = newReads;
    }

    public HotTier tier() {
        return tier;
    }

    /** What reads of files see at this moment, not pinned: to be compared only. Any thread. */
    public @Nullable ReadView view() {
        return view;
    }

    /** The current view with a reference for the caller. */
    public ReadView pinView() throws IOException {
        while (true) {
            ReadView current = view;
            if (current == null) {
                upkeep.checkHealthy();
                throw new IllegalStateException(
                        "[tree " + name + "] is closed or dropped; open it again");
            }
            if (current.tryRetain()) {
                return current;
            }
        }
    }

    // --------------------------------------------------------------------------- writer thread

    public void setOptions(TreeOptions newOptions) {
        options = newOptions;
    }

    /** Entries that were written since the last freeze, tombstones included. */
    public int openEntryCount() {
        return tier.openEntryCount();
    }

    /** Memory that they hold; other threads may see it a little late. */
    public long openBytes() {
        return tier.openBytes();
    }

    /** How much of the open generation's memory is counted as dirty by now. */
    public long accountedBytes() {
        return accountedBytes;
    }

    public void setAccountedBytes(long bytes) {
        Invariants.check(bytes >= 0, "fewer bytes than none are accounted for", "bytes", bytes);
        accountedBytes = bytes;
    }

    // ------------------------------------------------------------------------ life, needs the lock

    /** The tree is written or read from now on: compactions may begin. */
    public void open() {
        lock.checkHeld();
        opened = true;
    }

    public boolean isOpened() {
        lock.checkHeld();
        return opened;
    }

    /** Whether it was restored, and neither flushed nor checkpointed since. */
    public boolean isUntouched() {
        lock.checkHeld();
        return untouched;
    }

    /**
     * A flush or a checkpoint has come: the restore is over.
     *
     * @return whether it was not before
     */
    public boolean touch() {
        lock.checkHeld();
        boolean was = untouched;
        untouched = false;
        return was;
    }

    /** Nothing more is flushed or compacted; what runs comes to its end. */
    public void drop() {
        lock.checkHeld();
        dropped = true;
    }

    /** The tree has no files any more; those of before go when no pin keeps them. */
    public void clearVersion() {
        lock.checkHeld();
        versions.clear();
    }

    /**
     * Nothing is in memory from now on but what the new tier gets.
     *
     * @return the view of before; the caller releases it without the lock, and closes the old tier
     */
    public @Nullable ReadView replaceTier(HotTier newTier) {
        lock.checkHeld();
        tierMemory.addDirty(-accountedBytes);
        accountedBytes = 0;
        tier = newTier;
        return installView();
    }

    /** Releases the tree's sources, without the lock. Once no task of it runs and none will. */
    public void close() {
        ReadView old;
        lock.lock();
        try {
            old = takeSources();
        } finally {
            lock.unlock();
        }
        Cleanup.runAll(() -> release(old), tier::close);
    }

    private @Nullable ReadView takeSources() {
        lock.checkHeld();
        ReadView old = view;
        view = null;
        tierMemory.addDirty(-accountedBytes - usedBytes(frozenOldestFirst));
        frozenOldestFirst.clear();
        return old;
    }

    // ----------------------------------------------------------------------- queue, needs the lock

    /**
     * The open generation was frozen, and nothing of the new one is counted yet.
     *
     * @param frozen null if nothing was in it
     */
    public void enqueue(@Nullable FrozenGeneration frozen) {
        checkNewest(frozen);
        lock.checkHeld();
        accountedBytes = 0;
        if (frozen != null) {
            frozenOldestFirst.add(frozen);
        }
    }

    private void checkNewest(@Nullable FrozenGeneration frozen) {
        lock.checkHeld();
        if (Invariants.ENABLED && frozen != null && !frozenOldestFirst.isEmpty()) {
            FrozenGeneration last = frozenOldestFirst.get(frozenOldestFirst.size() - 1);
            Invariants.check(
                    last.generation().number() < frozen.generation().number(),
                    "a generation is frozen behind a newer one",
                    "newer",
                    last.generation().number(),
                    "frozen",
                    frozen.generation().number());
            Invariants.check(
                    last.barrier() <= frozen.barrier(),
                    "a generation is frozen before a checkpoint that was begun earlier",
                    "begun",
                    last.barrier(),
                    "barrier",
                    frozen.barrier());
        }
    }

    /** The generations that wait for their flush, or are in it, oldest first. */
    public List<FrozenGeneration> frozen() {
        lock.checkHeld();
        return List.copyOf(frozenOldestFirst);
    }

    public int frozenCount() {
        lock.checkHeld();
        return frozenOldestFirst.size();
    }

    /** Whether one of these generations still waits for its flush, or is in it. */
    public boolean isAnyFrozen(List<FrozenGeneration> generations) {
        lock.checkHeld();
        return frozenOldestFirst.stream().anyMatch(generations::contains);
    }

    /** Memory of the open generation and the frozen ones. */
    public long memoryBytes() {
        lock.checkHeld();
        return openBytes() + usedBytes(frozenOldestFirst);
    }

    /** Entries of the open generation and the frozen ones, tombstones included. */
    public long memoryEntries() {
        lock.checkHeld();
        long entries = openEntryCount();
        for (FrozenGeneration frozen : frozenOldestFirst) {
            entries += frozen.generation().entryCount();
        }
        return entries;
    }

    // ----------------------------------------------------------------------- flush, needs the lock

    /** Whether something is frozen that no task is about to flush. */
    public boolean needsFlushTask() {
        lock.checkHeld();
        return !flushScheduled && flushing == null && !frozenOldestFirst.isEmpty();
    }

    /**
     * @param isScheduled whether a task will flush the queue
     */
    public void setFlushScheduled(boolean isScheduled) {
        lock.checkHeld();
        flushScheduled = isScheduled;
    }

    /** A task is wanted; not now, while another thread flushes. */
    public void wantFlushTask() {
        lock.checkHeld();
        flushWanted |= flushing != null && !flushScheduled;
    }

    /** Whether a task was wanted while another thread flushed; asked once. */
    public boolean takeFlushWanted() {
        lock.checkHeld();
        boolean was = flushWanted;
        flushWanted = false;
        return was;
    }

    public boolean isFlushing() {
        lock.checkHeld();
        return flushing != null;
    }

    /** Whether neither a flush runs nor a task for one waits. */
    public boolean isFlushIdle() {
        lock.checkHeld();
        return flushing == null && !flushScheduled;
    }

    /**
     * Takes the oldest generations out to be flushed. They stay in the queue until then.
     *
     * @param nothingOlder whether a tombstone of theirs could hide nothing
     * @param maxBytes generations are added to the oldest until they hold as much
     * @return null if nothing is frozen
     */
    public @Nullable FlushPlan beginFlush(boolean nothingOlder, long maxBytes) {
        lock.checkHeld();
        Invariants.check(flushing == null, "two flushes of one tree at a time");
        flushing = openViews.plan(frozenOldestFirst, nothingOlder, maxBytes);
        return flushing;
    }

    /** The flush is over, whatever became of it. */
    public void endFlush() {
        lock.checkHeld();
        Invariants.check(flushing != null, "a flush ended that had not begun");
        flushing = null;
    }

    /**
     * The sources of open views that a flush has written; their files are pinned for them.
     *
     * @return the caller moves them to the run when it has given up the lock
     */
    public List<FrozenSource> flushedSources(FlushPlan plan, List<SstableMeta> written) {
        lock.checkHeld();
        List<FrozenSource> sources = openViews.flushed(plan, written);
        sources.forEach(source -> obsoleteFiles.pin(written));
        return sources;
    }

    /**
     * Puts SSTables in the place of the generations that they were made of: in one step for those
     * who read, and the memory of the generations may be used for others from then on.
     *
     * @return the view of before; the caller releases it without the lock
     */
    public @Nullable ReadView installFlushed(FlushPlan plan, List<SstableMeta> written) {
        checkFlushed(plan, written);
        lock.checkHeld();
        untouched = false;
        versions.apply(new VersionEdit(List.of(), written));
        List<FrozenGeneration> flushed = plan.oldestFirst();
        frozenOldestFirst.removeAll(flushed);
        tierMemory.addDirty(-usedBytes(flushed));
        ReadView old = view;
        List<Generation> generations = flushed.stream().map(FrozenGeneration::generation).toList();
        tier.becomeClean(generations, () -> view = newView());
        return old;
    }

    private void checkFlushed(FlushPlan plan, List<SstableMeta> written) {
        lock.checkHeld();
        if (Invariants.ENABLED) {
            int count = plan.oldestFirst().size();
            Invariants.check(
                    count <= frozenOldestFirst.size()
                            && frozenOldestFirst.subList(0, count).equals(plan.oldestFirst()),
                    "a flush wrote other generations than the oldest",
                    "flushed",
                    count,
                    "waiting",
                    frozenOldestFirst.size());
            for (SstableMeta meta : written) {
                Invariants.check(
                        meta.level() == 0 && meta.generation() == plan.generation(),
                        "a flush wrote an SSTable of another generation or level",
                        "level",
                        meta.level(),
                        "generation",
                        meta.generation());
            }
        }
    }

    // --------------------------------------------------------------------- Version, needs the lock

    /**
     * Makes the next Version current.
     *
     * @return the view of before; the caller releases it without the lock
     */
    public @Nullable ReadView install(VersionEdit edit) {
        lock.checkHeld();
        versions.apply(edit);
        return installView();
    }

    /** The current Version, to be given back with {@link #unpinVersion}. */
    public Version pinVersion() {
        lock.checkHeld();
        return versions.pinCurrent();
    }

    public void unpinVersion(Version version) {
        lock.checkHeld();
        versions.unpin(version);
    }

    // ------------------------------------------------------------------------------------- views

    private @Nullable ReadView installView() {
        ReadView old = view;
        view = newView();
        return old;
    }

    /**
     * A view of the tree's files with a reference for the caller; what its tier has is asked for
     * beside it.
     */
    private ReadView newView() {
        Version version = versions.pinCurrent();
        try {
            return new ReadView(version, () -> unpin(version));
        } catch (Throwable failure) {
            Cleanup.undo(failure, () -> versions.unpin(version));
            throw failure;
        }
    }

    private void unpin(Version version) {
        lock.lock();
        try {
            versions.unpin(version);
            upkeep.scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }

    /** Releases a view that is not current any more; without the lock. */
    public static void release(@Nullable ReadView old) {
        if (old != null) {
            old.release();
        }
    }

    /**
     * A view of the tree for scans with a reference for the caller, without the open generation.
     * Takes the lock.
     */
    public ScanView scanView() {
        lock.lock();
        try {
            return newScanView();
        } finally {
            lock.unlock();
        }
    }

    private ScanView newScanView() {
        lock.checkHeld();
        List<FrozenSource> sources = openViews.sources(frozenOldestFirst, operator(), flushing);
        Version version = null;
        try {
            version = versions.pinCurrent();
            ScanView opened = new ScanView(sources, version, this::close);
            openViews.add(opened);
            return opened;
        } catch (Throwable failure) {
            sources.forEach(source -> Cleanup.undo(failure, source::release));
            Version pinned = version;
            if (pinned != null) {
                Cleanup.undo(failure, () -> versions.unpin(pinned));
            }
            throw failure;
        }
    }

    private void close(ScanView closed) {
        lock.lock();
        try {
            forget(closed);
            upkeep.scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }

    private void forget(ScanView closed) {
        lock.checkHeld();
        obsoleteFiles.unpin(openViews.remove(closed));
        versions.unpin(closed.version());
    }

    private static long usedBytes(List<FrozenGeneration> frozen) {
        return frozen.stream().mapToLong(each -> each.generation().usedBytes()).sum();
    }
}
