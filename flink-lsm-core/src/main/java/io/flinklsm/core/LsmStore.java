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

import io.flinklsm.core.checkpoint.CheckpointImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All LSM state of one Flink subtask, or of any program: named trees over one storage, with shared
 * background work. One thread writes and opens views; see {@link LsmTree}. Nothing is durable
 * before a checkpoint (there is no write-ahead log: Flink replays its sources).
 */
public final class LsmStore implements AutoCloseable {

    LsmStore() {}

    /** An empty store. Files that others keep in the storage are left alone. */
    public static LsmStore create(
            Storage storage, LsmStoreOptions options, StoreResources resources) {
        throw new UnsupportedOperationException();
    }

    /**
     * A store with the content of images whose files are in the storage. Opens and verifies every
     * file's tail.
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
        throw new UnsupportedOperationException();
    }

    /** Restores from a manifest file that {@link #writeManifest} wrote to the storage. */
    public static LsmStore open(
            Storage storage, LsmStoreOptions options, StoreResources resources, String manifestName)
            throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Writes the image's manifest to the storage; returns its name, MANIFEST-(checkpoint
     * id)-(unique).
     */
    public String writeManifest(CheckpointImage image) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Creates the tree, or configures the existing (perhaps restored) one. */
    public LsmTree openTree(String name, TreeOptions options) throws IOException {
        throw new UnsupportedOperationException();
    }

    public @Nullable LsmTree tree(String name) {
        throw new UnsupportedOperationException();
    }

    public Set<String> treeNames() {
        throw new UnsupportedOperationException();
    }

    /** Removes the tree and its entries; its files go when nobody pins them. */
    public void dropTree(String name) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** The synchronous part of a checkpoint: freezes every tree; O(trees). Writer thread only. */
    public PendingCheckpoint beginCheckpoint(long checkpointId) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Every tree as of now, for full scans. Freezes every tree. Writer thread only. */
    public StoreView view() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Throws if background work has failed. */
    public void checkHealthy() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Waits until no flush or compaction is due; for tests and tools. */
    public void awaitIdle() throws IOException, InterruptedException {
        throw new UnsupportedOperationException();
    }

    public List<TreeStats> stats() {
        throw new UnsupportedOperationException();
    }

    /**
     * Stops background work (waits for the job that runs to notice) and releases memory and files
     * handles; deletes no file. Views and pending checkpoints must be closed first. Idempotent.
     */
    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
