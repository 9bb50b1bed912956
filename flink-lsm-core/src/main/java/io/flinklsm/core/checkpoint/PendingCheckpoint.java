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
package io.flinklsm.core.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.FlushListener;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * A checkpoint between its two parts: every generation is frozen, nothing is flushed. {@link
 * #complete} may run on any thread, beside writes, other checkpoints and the close of the store.
 * The files of the image stay until {@link #close}.
 *
 * <p>The image of a tree is the Version that was current when the checkpoint began, and the
 * SSTables that its generations of that time become. What is written, flushed or compacted
 * meanwhile is not in it:
 *
 * <pre>
 * begin:     frozen m7 m6 | L0: 5 4 | L1: a-k l-z      pins 5 4 a-k l-z, wants m7 m6
 * meanwhile: m7+m6 → 7, m8 → 8, compaction 7 5 4 + L1 → L1'
 * image:     L0: 7 5 4 | L1: a-k l-z                   (never 8 or L1')
 * </pre>
 */
@SuppressWarnings("GuardedBy") // It follows no lock into a method: checkHeld() and LayoutTest do.
public final class PendingCheckpoint implements AutoCloseable {

    /**
     * One tree at the begin; the version is pinned.
     *
     * @param wanted generations of the begin that are not flushed yet
     * @param flushed what those became that are
     */
    private record PendingTree(
            TreeState tree,
            Version version,
            List<FrozenGeneration> wanted,
            List<SstableMeta> flushed) {

        /** Needs the lock. */
        static PendingTree of(TreeState tree) {
            return new PendingTree(
                    tree, tree.pinVersion(), new ArrayList<>(tree.frozen()), new ArrayList<>());
        }

        /** Needs the lock. */
        void unpin() {
            tree.unpinVersion(version);
        }
    }

    // Immutable. The lists of the trees are guarded by the lock.
    private final Upkeep upkeep;
    private final StoreLock lock;
    private final ObsoleteFiles obsoleteFiles;
    private final long checkpointId;
    private final long createdMillis;
    private final List<PendingTree> trees;

    // It hears of flushes as long as it is open.
    private final FlushListener listener = this::flushed;

    @GuardedBy("lock")
    private boolean closed;

    private PendingCheckpoint(
            Upkeep upkeep,
            ObsoleteFiles obsoleteFiles,
            long checkpointId,
            long createdMillis,
            List<PendingTree> trees) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.obsoleteFiles = obsoleteFiles;
        this.checkpointId = checkpointId;
        this.createdMillis = createdMillis;
        this.trees = List.copyOf(trees);
    }

    /**
     * Pins what the trees have in files, and remembers what they have frozen: everything that is to
     * be in the checkpoint was frozen before. Needs the lock.
     */
    public static PendingCheckpoint begin(
            Upkeep upkeep,
            ObsoleteFiles obsoleteFiles,
            long checkpointId,
            long createdMillis,
            Collection<TreeState> trees) {
        List<PendingTree> pending = new ArrayList<>();
        try {
            for (TreeState tree : trees) {
                pending.add(PendingTree.of(tree));
                if (tree.touch()) {
                    // A checkpoint is taken: the restore is over.
                    upkeep.scheduleCompaction(tree);
                }
            }
            PendingCheckpoint checkpoint =
                    new PendingCheckpoint(
                            upkeep, obsoleteFiles, checkpointId, createdMillis, pending);
            upkeep.addFlushListener(checkpoint.listener);
            return checkpoint;
        } catch (Throwable failure) {
            pending.forEach(tree -> Cleanup.undo(failure, tree::unpin));
            throw failure;
        }
    }

    public long checkpointId() {
        return checkpointId;
    }

    /**
     * The SSTables that were there when the checkpoint began. They are pinned, and part of the
     * image whatever {@link #complete} adds to them: who uploads files need not wait for it. Any
     * thread.
     */
    public List<SstableMeta> pinned() {
        List<SstableMeta> metas = new ArrayList<>();
        for (PendingTree pending : trees) {
            metas.addAll(pending.version.metas());
        }
        return metas;
    }

    /**
     * A flush of the tree has ended; needs the lock. A plan never crosses a checkpoint's barrier,
     * so its generations are all ours or none is.
     */
    private void flushed(TreeState tree, FlushPlan plan, List<SstableMeta> written) {
        lock.checkHeld();
        Invariants.check(
                !closed, "a checkpoint that is over hears of a flush", "checkpoint", checkpointId);
        for (PendingTree pending : trees) {
            if (pending.tree == tree && pending.wanted.contains(plan.oldestFirst().get(0))) {
                Invariants.check(
                        !Invariants.ENABLED || pending.wanted.containsAll(plan.oldestFirst()),
                        "a flush mixes what a checkpoint wants with what it does not",
                        "checkpoint",
                        checkpointId);
                pending.wanted.removeAll(plan.oldestFirst());
                pending.flushed.addAll(0, written);
                obsoleteFiles.pin(written);
            }
        }
    }

    /** {@link #complete(Consumer)} for a caller that waits for all files. */
    public CheckpointImage complete() throws IOException, InterruptedException {
        return complete(flushed -> {});
    }

    /**
     * Flushes what was frozen, and lists the files. Interruptible; after a failure it can be called
     * again.
     *
     * @param flushed gets the new SSTables of one tree after the other, as soon as the last flush
     *     of the tree has ended: they are pinned, and part of the image. It is called on this
     *     thread, without locks
     * @throws IOException if a flush fails; the generations stay in memory and nothing is lost
     */
    public CheckpointImage complete(Consumer<List<SstableMeta>> flushed)
            throws IOException, InterruptedException {
        List<TreeImage> images = new ArrayList<>();
        for (PendingTree pending : trees) {
            // Not by what the tree still has: a store that was closed has nothing.
            upkeep.flushThrough(pending.tree, () -> isFlushed(pending));
            List<SstableMeta> files = flushedFiles(pending);
            if (!files.isEmpty()) {
                flushed.accept(files);
            }
        }
        lock.lockInterruptibly();
        try {
            lock.checkHeld();
            if (closed) {
                throw new IllegalStateException(
                        "[checkpoint " + checkpointId + "] is closed already");
            }
            for (PendingTree pending : trees) {
                Invariants.check(
                        pending.wanted.isEmpty(),
                        "a checkpoint misses a generation",
                        "checkpoint",
                        checkpointId,
                        "missing",
                        pending.wanted.size());
                images.add(new TreeImage(pending.tree.name(), sstables(pending)));
            }
        } finally {
            lock.unlock();
        }
        return new CheckpointImage(checkpointId, createdMillis, images);
    }

    private List<SstableMeta> flushedFiles(PendingTree pending) {
        lock.lock();
        try {
            return List.copyOf(pending.flushed);
        } finally {
            lock.unlock();
        }
    }

    private boolean isFlushed(PendingTree pending) {
        lock.checkHeld();
        return closed || pending.wanted.isEmpty();
    }

    private static List<SstableMeta> sstables(PendingTree pending) {
        List<SstableMeta> metas = new ArrayList<>(pending.flushed);
        metas.addAll(pending.version.metas());
        Invariants.check(
                !Invariants.ENABLED || new HashSet<>(metas).size() == metas.size(),
                "a checkpoint lists an SSTable twice",
                "sstables",
                metas.size());
        return metas;
    }

    /**
     * Releases the pin: files that no Version needs any more may be deleted. Idempotent; any
     * thread.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            lock.checkHeld();
            if (closed) {
                return;
            }
            closed = true;
            upkeep.removeFlushListener(listener);
            for (PendingTree pending : trees) {
                pending.unpin();
                obsoleteFiles.unpin(pending.flushed);
            }
            upkeep.scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }
}
