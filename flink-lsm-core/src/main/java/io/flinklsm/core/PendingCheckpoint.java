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

import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.version.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A checkpoint between its two parts: every memtable is frozen, nothing is flushed. {@link
 * #complete} may run on any thread, beside writes, other checkpoints and {@link LsmStore#close}.
 * The files of the image stay until {@link #close}.
 *
 * <p>The image of a tree is the Version that was current when the checkpoint began, and the
 * SSTables that its memtables of that time become. What is written, flushed or compacted meanwhile
 * is not in it:
 *
 * <pre>
 * begin:     frozen m7 m6 | L0: 5 4 | L1: a-k l-z      pins 5 4 a-k l-z, wants m7 m6
 * meanwhile: m7+m6 → 7, m8 → 8, compaction 7 5 4 + L1 → L1'
 * image:     L0: 7 5 4 | L1: a-k l-z                   (never 8 or L1')
 * </pre>
 */
public final class PendingCheckpoint implements AutoCloseable {

    /**
     * One tree at the begin; the version is pinned.
     *
     * @param wanted memtables of the begin that are not flushed yet
     * @param flushed what those became that are
     */
    record PendingTree(
            LsmTree tree,
            Version version,
            List<FrozenGeneration> wanted,
            List<SstableMeta> flushed) {

        PendingTree(LsmTree tree, Version version, List<FrozenGeneration> wanted) {
            this(tree, version, wanted, new ArrayList<>());
        }

        /** Needs the lock. */
        void unpin() {
            tree.versions.unpin(version);
        }
    }

    // Immutable.
    private final Upkeep upkeep;
    private final long checkpointId;
    private final long createdMillis;
    private final List<PendingTree> trees;

    // Guarded by upkeep.lock, like the lists of the trees.
    private boolean closed;

    PendingCheckpoint(
            Upkeep upkeep, long checkpointId, long createdMillis, List<PendingTree> trees) {
        this.upkeep = upkeep;
        this.checkpointId = checkpointId;
        this.createdMillis = createdMillis;
        this.trees = List.copyOf(trees);
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
     * so its memtables are all ours or none is.
     */
    void flushed(LsmTree tree, FlushPlan plan, List<SstableMeta> written) {
        for (PendingTree pending : trees) {
            if (pending.tree == tree && pending.wanted.contains(plan.oldestFirst().get(0))) {
                pending.wanted.removeAll(plan.oldestFirst());
                pending.flushed.addAll(0, written);
                upkeep.obsoleteFiles().pin(written);
            }
        }
    }

    /**
     * Flushes what was frozen, and lists the files. Interruptible; after a failure it can be called
     * again.
     *
     * @throws IOException if a flush fails; the memtables stay in memory and nothing is lost
     */
    public CheckpointImage complete() throws IOException, InterruptedException {
        List<TreeImage> images = new ArrayList<>();
        for (PendingTree pending : trees) {
            // Not by what the tree still has: a store that was closed has nothing.
            upkeep.flushes().flushThrough(pending.tree, () -> closed || pending.wanted.isEmpty());
        }
        upkeep.lock.lockInterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(
                        "[checkpoint " + checkpointId + "] is closed already");
            }
            for (PendingTree pending : trees) {
                images.add(new TreeImage(pending.tree.name(), sstables(pending)));
            }
        } finally {
            upkeep.lock.unlock();
        }
        return new CheckpointImage(checkpointId, createdMillis, images);
    }

    private static List<SstableMeta> sstables(PendingTree pending) {
        List<SstableMeta> metas = new ArrayList<>(pending.flushed);
        metas.addAll(pending.version.metas());
        return metas;
    }

    /**
     * Releases the pin: files that no Version needs any more may be deleted. Idempotent; any
     * thread.
     */
    @Override
    public void close() {
        upkeep.lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            upkeep.removePending(this);
            for (PendingTree pending : trees) {
                pending.unpin();
                upkeep.obsoleteFiles().unpin(pending.flushed);
            }
            upkeep.scheduleDeletion();
        } finally {
            upkeep.lock.unlock();
        }
    }
}
