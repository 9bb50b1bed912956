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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.PendingCheckpoint;
import io.flinklsm.core.checkpoint.CheckpointImage;
import io.flinklsm.core.checkpoint.ManifestCodec;
import io.flinklsm.core.checkpoint.TreeImage;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.StateRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy;
import org.apache.flink.runtime.checkpoint.filemerging.FileMergingSnapshotManager;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.PlaceholderStreamStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.SnapshotStrategy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;

/**
 * A checkpoint or native savepoint.
 *
 * <ol>
 *   <li>Task thread: freeze the store, note the states.
 *   <li>Task thread: decide what earlier files may be referred to ({@link UploadedSstables}).
 *   <li>Elsewhere: flush what was frozen, upload the SSTables that are new, then the manifest, last
 *       the meta file. If anything fails, delete what was uploaded.
 * </ol>
 *
 * Where the files go: with incremental checkpoints, SSTables are in the handle's <em>shared</em>
 * state, otherwise in its <em>private</em> state; the manifest is in the private state.
 */
final class LsmSnapshotStrategy<K>
        implements SnapshotStrategy<KeyedStateHandle, CheckpointResources<K>> {

    private final SnapshotContext<K> context;
    private final LsmStore store;
    private final StateRegistry registry;
    private final BackendLife life;
    private final UploadedSstables uploaded;

    LsmSnapshotStrategy(
            SnapshotContext<K> context,
            LsmStore store,
            StateRegistry registry,
            BackendLife life,
            UploadedSstables uploaded) {
        this.context = context;
        this.store = store;
        this.registry = registry;
        this.life = life;
        this.uploaded = uploaded;
    }

    @Override
    public CheckpointResources<K> syncPrepareResources(long checkpointId) throws IOException {
        BackendLife.Lease lease = life.acquire();
        try {
            TypeSerializer<K> keySerializer = context.keySerializer().duplicate();
            List<StateMetaInfoSnapshot> states = registry.snapshotMetaInfos();
            // Last: nothing after it can fail and leave it open.
            PendingCheckpoint pending =
                    states.isEmpty() ? null : store.beginCheckpoint(checkpointId);
            return new CheckpointResources<>(keySerializer, states, pending, lease);
        } catch (Throwable e) {
            // Errors too: a lease that never comes back would hold up dispose for ever.
            lease.close();
            throw e;
        }
    }

    @Override
    public SnapshotResultSupplier<KeyedStateHandle> asyncSnapshot(
            CheckpointResources<K> resources,
            long checkpointId,
            long timestamp,
            CheckpointStreamFactory streamFactory,
            CheckpointOptions options) {
        PendingCheckpoint pending = resources.pending();
        if (pending == null) {
            return closeables -> SnapshotResult.empty();
        }
        try {
            SharingFilesStrategy sharing = options.getCheckpointType().getSharingFilesStrategy();
            boolean remembered =
                    context.incremental() && sharing != SharingFilesStrategy.NO_SHARING;
            Map<String, StreamStateHandle> reusable =
                    remembered
                            ? uploaded.begin(
                                    checkpointId, sharing, streamFactory::couldReuseStateHandle)
                            : Map.of();
            Attempt attempt =
                    new Attempt(
                            resources, pending, checkpointId, streamFactory, reusable, remembered);
            resources.onRelease(attempt::forgetUnlessFinished);
            return attempt::write;
        } catch (RuntimeException e) {
            // Flink releases the resources only from here on.
            resources.release();
            throw e;
        }
    }

    /** The asynchronous part of one checkpoint. */
    private final class Attempt {

        private final CheckpointResources<K> resources;
        private final PendingCheckpoint pending;
        private final long checkpointId;
        private final CheckpointStreamFactory streamFactory;
        private final Map<String, StreamStateHandle> reusable;
        private final boolean remembered;
        private volatile boolean finished;

        Attempt(
                CheckpointResources<K> resources,
                PendingCheckpoint pending,
                long checkpointId,
                CheckpointStreamFactory streamFactory,
                Map<String, StreamStateHandle> reusable,
                boolean remembered) {
            this.resources = resources;
            this.pending = pending;
            this.checkpointId = checkpointId;
            this.streamFactory = streamFactory;
            this.reusable = reusable;
            this.remembered = remembered;
        }

        void forgetUnlessFinished() {
            if (remembered && !finished) {
                uploaded.failed(checkpointId);
            }
        }

        SnapshotResult<KeyedStateHandle> write(CloseableRegistry closeables) throws Exception {
            CheckpointFiles files = new CheckpointFiles(streamFactory, closeables);
            try {
                return write(files);
            } catch (Throwable e) {
                files.discard();
                throw e;
            }
        }

        private SnapshotResult<KeyedStateHandle> write(CheckpointFiles files)
                throws IOException, InterruptedException {
            CheckpointImage image = pending.complete();
            Map<String, SstableMeta> sstables = distinctSstables(image);
            Map<String, StreamStateHandle> reused = new LinkedHashMap<>();
            List<SstableMeta> missing = new ArrayList<>();
            for (SstableMeta sstable : sstables.values()) {
                StreamStateHandle handle = reusable.get(sstable.fileName());
                if (handle == null) {
                    missing.add(sstable);
                } else {
                    reused.put(sstable.fileName(), handle);
                }
            }

            Map<String, StreamStateHandle> written = upload(files, missing);
            byte[] manifest = ManifestCodec.encode(image);
            StreamStateHandle manifestHandle = files.write(CheckpointNames.MANIFEST, manifest);
            StreamStateHandle metaHandle =
                    files.write("meta", MetaFile.encode(metaBody(), manifest));

            KeyedStateHandle handle =
                    stateHandle(files, reused, written, manifestHandle, metaHandle);
            streamFactory.reusePreviousStateHandle(reused.values());
            if (remembered) {
                uploaded.finished(checkpointId, reused.keySet(), written);
            }
            finished = true;
            return SnapshotResult.of(handle);
        }

        private Map<String, StreamStateHandle> upload(
                CheckpointFiles files, List<SstableMeta> sstables)
                throws IOException, InterruptedException {
            CheckpointedStateScope scope =
                    remembered ? CheckpointedStateScope.SHARED : CheckpointedStateScope.EXCLUSIVE;
            Map<String, StreamStateHandle> handles = new ConcurrentHashMap<>();
            List<Transfers.Transfer> transfers = new ArrayList<>(sstables.size());
            for (SstableMeta sstable : sstables) {
                transfers.add(
                        () ->
                                handles.put(
                                        sstable.fileName(),
                                        files.copy(
                                                context.storage(),
                                                sstable.fileName(),
                                                sstable.sizeBytes(),
                                                scope)));
            }
            Transfers.run(transfers, context.executor(), context.transferThreads());
            return handles;
        }

        private byte[] metaBody() throws IOException {
            DataOutputSerializer out = new DataOutputSerializer(1 << 10);
            new KeyedBackendSerializationProxy<>(
                            resources.keySerializer(), resources.states(), false)
                    .write(out);
            return out.getCopyOfBuffer();
        }

        private KeyedStateHandle stateHandle(
                CheckpointFiles files,
                Map<String, StreamStateHandle> reused,
                Map<String, StreamStateHandle> written,
                StreamStateHandle manifest,
                StreamStateHandle meta) {
            List<HandleAndLocalPath> sstables = new ArrayList<>(reused.size() + written.size());
            reused.forEach(
                    (name, handle) ->
                            sstables.add(HandleAndLocalPath.of(placeholder(handle), name)));
            written.forEach((name, handle) -> sstables.add(HandleAndLocalPath.of(handle, name)));

            List<HandleAndLocalPath> shared = new ArrayList<>();
            List<HandleAndLocalPath> own = new ArrayList<>();
            (context.incremental() ? shared : own).addAll(sstables);
            own.add(HandleAndLocalPath.of(manifest, CheckpointNames.MANIFEST));
            return new IncrementalRemoteKeyedStateHandle(
                    context.backendId(),
                    context.keyGroupRange(),
                    checkpointId,
                    shared,
                    own,
                    meta,
                    files.writtenBytes());
        }
    }

    /** A file may be in a tree twice, with two clips. */
    private static Map<String, SstableMeta> distinctSstables(CheckpointImage image) {
        Map<String, SstableMeta> sstables = new LinkedHashMap<>();
        for (TreeImage tree : image.trees()) {
            for (SstableMeta sstable : tree.sstables()) {
                sstables.putIfAbsent(sstable.fileName(), sstable);
            }
        }
        return sstables;
    }

    /** The job manager puts the handle that it has in its place. */
    private static StreamStateHandle placeholder(StreamStateHandle handle) {
        return new PlaceholderStreamStateHandle(
                handle.getStreamStateHandleID(),
                handle.getStateSize(),
                FileMergingSnapshotManager.isFileMergingHandle(handle));
    }
}
