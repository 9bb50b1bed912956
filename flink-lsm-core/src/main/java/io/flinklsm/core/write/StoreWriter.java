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
package io.flinklsm.core.write;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.EntryTier;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.memtable.MapTier;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.slot.Neighbour;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writer of a store: it numbers generations, decides when one is frozen, and rests or waits
 * when the background lags behind. Writer thread only, but for {@link #requestFlush}.
 *
 * <pre>
 * put ─► attend, rest ─► tier has room? ─ no ─► {@link MemoryRoom}: evict, freeze, wait ─► again
 *                              │ yes
 *                              └─► grown? ─► {@link FreezeRule} ─► freeze ─► {@link Stalls}
 * </pre>
 */
public final class StoreWriter implements Neighbour {

    /** An entry above this part of what may be dirty goes past the tier. */
    private static final int LARGE_ENTRIES_IN_DIRTY = 4;

    /** So does one above this: it gains nothing from being in memory. */
    private static final long LARGE_ENTRY_BYTES_MAX = 32 << 20;

    // Immutable.
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final Slot slot;
    private final TierMemory tierMemory;
    private final long memtableBytes;
    private final int maxFrozen;
    private final FreezeRule freezeRule;
    private final Stalls stalls;
    private final MemoryRoom room;
    private final long largeEntryBytes;

    // Changed by the writer thread under the lock; read by others under it.
    private final List<TreeState> trees = new ArrayList<>();

    // The writer's.
    private long nextGeneration;
    private long barrier;
    private long openBytes;

    // Any thread.
    private volatile boolean flushRequested;
    private volatile long requestedFromBytes;

    /**
     * @param memtableBytes limit of one generation
     */
    public StoreWriter(
            Upkeep upkeep,
            Slot slot,
            StoreFiles files,
            StallRule stallRule,
            FlushPace flushPace,
            long memtableBytes) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.slot = slot;
        this.tierMemory = slot.tierMemory();
        this.memtableBytes = memtableBytes;
        this.maxFrozen = stallRule.maxFrozen();
        this.freezeRule = new FreezeRule(memtableBytes);
        this.stalls = new Stalls(upkeep, slot, stallRule, flushPace);
        this.room = new MemoryRoom(this, upkeep, slot, files.openSstables(), stalls);
        this.largeEntryBytes =
                Math.min(
                        tierMemory.dirtyLimitBytes() / LARGE_ENTRIES_IN_DIRTY,
                        LARGE_ENTRY_BYTES_MAX);
    }

    // ------------------------------------------------------------------------------------- trees

    /** The tree is written from now on. Needs the lock. */
    public void add(TreeState tree) {
        lock.checkHeld();
        if (Invariants.ENABLED) {
            Invariants.check(!trees.contains(tree), "a tree is added twice", "trees", trees.size());
        }
        trees.add(tree);
    }

    /** The tree is not written any more. Needs the lock. */
    public void remove(TreeState tree) {
        lock.checkHeld();
        trees.remove(tree);
    }

    /** The tree is about to be closed: nothing of it is dirty any more. */
    public void forget(TreeState tree) {
        openBytes -= tree.accountedBytes();
    }

    /**
     * What a tree of this kind keeps entries in.
     *
     * @param isComplete whether the tree has no files
     */
    public HotTier newTier(TreeOptions options, boolean isComplete) {
        long nowMillis = slot.clock().currentTimeMillis();
        long generation = nextGeneration++;
        return switch (options.memtableKind()) {
            case MAPS -> new MapTier(tierMemory, generation, isComplete, nowMillis);
            case ENTRIES ->
                    new EntryTier(
                            tierMemory, generation, options.operator(), isComplete, nowMillis);
        };
    }

    /** A restored store goes on with this generation. */
    public void setNextGeneration(long generation) {
        Invariants.check(
                generation >= nextGeneration,
                "generations go back",
                "next",
                nextGeneration,
                "wanted",
                generation);
        nextGeneration = generation;
    }

    List<TreeState> trees() {
        return trees;
    }

    // ------------------------------------------------------------------------------------ attend

    /** Called before every write: {@link #attend}, and rests if the writer is too fast. */
    public void attendWrite() throws IOException {
        attend();
        if (stalls.isOwing()) {
            stalls.pay();
        }
    }

    /**
     * Called before every access of the writer: fails if the store has, and frees memory if another
     * store asked for it.
     */
    public void attend() throws IOException {
        if (upkeep.hasFailed() || upkeep.isStopped() || flushRequested) {
            upkeep.checkOpen();
            if (flushRequested) {
                flushRequested = false;
                if (openBytes >= requestedFromBytes) {
                    freezeLargest();
                }
            }
        }
    }

    @Override
    public void requestFlush(long fromBytes) {
        Invariants.check(
                fromBytes >= 0,
                "a flush of less than nothing is asked for",
                "fromBytes",
                fromBytes);
        lock.lock();
        try {
            trees.forEach(upkeep::scheduleFlush);
        } finally {
            lock.unlock();
        }
        if (!isAnyFrozen()) {
            requestedFromBytes = fromBytes;
            flushRequested = true;
        }
    }

    /** Whether a flush will soon make room: then what is open need not be cut into small files. */
    boolean isAnyFrozen() {
        lock.lock();
        try {
            return trees.stream().anyMatch(tree -> tree.frozenCount() > 0);
        } finally {
            lock.unlock();
        }
    }

    // ---------------------------------------------------------------------------- room and
    // freezing

    /** See {@link MemoryRoom#make}. */
    MemoryWait makeRoom(TreeState tree, long entryBytes, @Nullable MemoryWait earlier)
            throws IOException {
        return room.make(tree, entryBytes, earlier);
    }

    /** The tree's open generation has taken another segment of memory. */
    void grown(TreeState tree, long usedBytes, long grownBytes) throws IOException {
        Invariants.check(usedBytes >= 0, "a tree uses less than nothing", "usedBytes", usedBytes);
        openBytes += grownBytes;
        Invariants.check(
                openBytes >= 0, "the trees hold less than nothing", "openBytes", openBytes);
        tierMemory.addDirty(grownBytes);
        if (freezeRule.isTreeFull(usedBytes)) {
            freezeFull(tree);
        } else if (freezeRule.isStoreFull(openBytes, slot.memtableShareBytes())) {
            freezeLargest();
        }
        stalls.owe(tree, grownBytes);
    }

    private void freezeLargest() throws IOException {
        TreeState largest = largest();
        if (largest != null) {
            freezeFull(largest);
        }
    }

    /** The tree with the largest open generation; null if all of them are empty. */
    @Nullable TreeState largest() {
        TreeState largest = null;
        for (TreeState tree : trees) {
            if (largest == null || tree.accountedBytes() > largest.accountedBytes()) {
                largest = tree;
            }
        }
        return largest == null || largest.openBytes() == 0 ? null : largest;
    }

    /** What all open generations of the store hold. */
    long openBytes() {
        return openBytes;
    }

    /** Freezes what is open, and waits if too much is frozen already. */
    void freezeFull(TreeState tree) throws IOException {
        freeze(tree, true);
        stalls.awaitRoomBehind(tree);
    }

    /**
     * What is written from now on is of a new generation; the old one waits for its flush.
     *
     * @param flushSoon whether that is scheduled; else the queue waits for the next flush
     */
    void freeze(TreeState tree, boolean flushSoon) {
        if (tree.openBytes() == 0) {
            return;
        }
        Generation frozen = tree.tier().freeze(nextGeneration, slot.clock().currentTimeMillis());
        nextGeneration++;
        // What was taken for writes that then found no room is accounted for here.
        long frozenBytes = frozen == null ? 0 : frozen.usedBytes();
        tierMemory.addDirty(frozenBytes - tree.accountedBytes());
        if (Invariants.ENABLED) {
            Invariants.check(
                    openBytes >= tree.accountedBytes(),
                    "a tree holds more than all of them",
                    "all",
                    openBytes,
                    "tree",
                    tree.accountedBytes());
        }
        openBytes -= tree.accountedBytes();
        lock.lock();
        try {
            tree.enqueue(frozen == null ? null : new FrozenGeneration(frozen, barrier));
            if (frozen != null && flushSoon) {
                upkeep.scheduleFlush(tree);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Freezes every tree for a checkpoint: no flush will mix what is before it and behind it. */
    public void freezeAll() {
        trees.forEach(tree -> freeze(tree, false));
        barrier++;
    }

    /** A scan needs a frozen generation. It is flushed once that is worth a file. */
    public void freezeForScan(TreeState tree) throws IOException {
        if (tree.openEntryCount() == 0) {
            return;
        }
        freeze(tree, tree.openBytes() >= memtableBytes / 4);
        boolean queueIsLong;
        lock.lock();
        try {
            queueIsLong = tree.frozenCount() >= Math.max(2, maxFrozen / 2);
            if (queueIsLong) {
                upkeep.scheduleFlush(tree);
            }
        } finally {
            lock.unlock();
        }
        if (queueIsLong) {
            stalls.awaitRoomBehind(tree);
        }
    }

    // ------------------------------------------------------------------------------------- flush

    /** Flushes what the tree has in memory, and waits for it. */
    public void flush(TreeState tree) throws IOException, InterruptedException {
        upkeep.checkOpen();
        freeze(tree, true);
        List<FrozenGeneration> queue;
        lock.lock();
        try {
            queue = tree.frozen();
        } finally {
            lock.unlock();
        }
        upkeep.flushThrough(tree, () -> !tree.isAnyFrozen(queue));
    }

    /** Entries above this do not go into the tier, but by {@link #writeLarge}. */
    long largeEntryBytes() {
        return largeEntryBytes;
    }

    /**
     * Writes an entry into an SSTable of its own, here. What is older is flushed before, so that
     * the SSTable is the newest of level 0; it has a generation of its own, and what is written
     * behind it a newer one.
     */
    void writeLarge(TreeState tree, KeyBuffer key, EntryKind kind, LargeValue value)
            throws IOException {
        if (Invariants.ENABLED) {
            Invariants.check(
                    value.length() >= 0,
                    "a value has fewer bytes than none",
                    "bytes",
                    value.length());
        }
        try {
            flush(tree);
        } catch (InterruptedException e) {
            throw interrupted(
                    "[tree "
                            + tree.name()
                            + "] interrupted while an entry was written: bytes="
                            + value.length(),
                    e);
        }
        // Everything older is in files: what is written now gets a generation, what follows others.
        upkeep.writeLarge(tree, nextGeneration++, key.slice(), kind, value);
        tree.tier().skip(key, nextGeneration++, slot.clock().currentTimeMillis());
        stalls.owe(tree, value.length());
        stalls.awaitRoomBehind(tree);
    }

    // ------------------------------------------------------------------------------------ options

    /** The tree's options ask for another way to find keys: what is in memory goes to files. */
    public void replaceMemory(TreeState tree) throws IOException {
        try {
            flush(tree);
        } catch (InterruptedException e) {
            throw interrupted("[tree " + tree.name() + "] interrupted in a flush", e);
        }
        renewMemory(tree);
    }

    private static IOException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return (IOException)
                new InterruptedIOException(
                                what + "; the task is being stopped, so there is nothing to do")
                        .initCause(cause);
    }

    /**
     * The tree begins anew: with nothing in memory, complete if it has no files. Everything that
     * was in memory is in files, or is not wanted.
     */
    public void renewMemory(TreeState tree) {
        HotTier oldTier = tree.tier();
        ReadView old;
        lock.lock();
        try {
            openBytes -= tree.accountedBytes();
            old = tree.replaceTier(newTier(tree.options(), tree.version().isEmpty()));
        } finally {
            lock.unlock();
        }
        TreeState.release(old);
        oldTier.close();
    }

    /** Operands that are written from now on are folded in another way. */
    public void replaceOperator(TreeState tree) {
        freeze(tree, false);
        // No tier of another kind has an operator.
        ((EntryTier) tree.tier()).setOperator(tree.operator());
    }
}
