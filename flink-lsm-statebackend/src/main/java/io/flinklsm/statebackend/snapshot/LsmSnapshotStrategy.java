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
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.StateRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.apache.flink.runtime.state.StateHandleID;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint or native savepoint.
 *
 * <ol>
 *   <li>Task thread: freeze the store, note the states.
 *   <li>Task thread: decide what earlier files may be referred to ({@link UploadedSstables}).
 *   <li>Elsewhere: flush what was frozen, one tree after the other, then write manifest and meta
 *       file. Beside that, other threads upload the SSTables that are new, those of each flush as
 *       soon as it has ended; this one helps them in the end. If anything fails, delete what was
 *       uploaded.
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
    private final LargeUploads largeUploads;

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
        this.largeUploads = new LargeUploads(context.owner(), uploaded.isRestored());
    }

    @Override
    public CheckpointResources<K> syncPrepareResources(long checkpointId) throws IOException {
        BackendLife.Lease lease = life.acquire();
        try {
            TypeSerializer<K> keySerializer = context.keys().serializer().duplicate();
            List<StateMetaInfoSnapshot> states = registry.snapshotMetaInfos();
            // Last: nothing after it can fail and leave it open.
            PendingCheckpoint pending =
                    states.isEmpty() ? null : store.beginCheckpoint(checkpointId);
            return new CheckpointResources<>(keySerializer, states, pending, lease);
        } catch (Throwable failure) {
            // Errors too: a lease that never comes back would hold up dispose for ever.
            Cleanup.undo(failure, lease);
            throw failure;
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
                    context.files().incremental() && sharing != SharingFilesStrategy.NO_SHARING;
            Map<String, StreamStateHandle> reusable =
                    remembered
                            ? uploaded.begin(
                                    checkpointId,
                                    sharing,
                                    streamFactory::couldReuseStateHandle,
                                    context.files().homes())
                            : Map.of();
            Attempt attempt =
                    new Attempt(
                            resources,
                            pending,
                            checkpointId,
                            streamFactory,
                            reusable,
                            uploaded.isRestored(),
                            sharing,
                            remembered,
                            options.getCheckpointType().isSavepoint());
            resources.onRelease(attempt::forgetUnlessFinished);
            return attempt::write;
        } catch (Throwable failure) {
            // Flink releases the resources only from here on.
            Cleanup.undo(failure, resources::release);
            throw failure;
        }
    }

    /** The asynchronous part of one checkpoint. */
    private final class Attempt {

        private final CheckpointResources<K> resources;
        private final PendingCheckpoint pending;
        private final long checkpointId;
        private final CheckpointStreamFactory streamFactory;
        private final Map<String, StreamStateHandle> reusable;
        private final boolean reusesRestored;
        private final SharingFilesStrategy sharing;
        private final boolean remembered;
        private final boolean isSavepoint;
        private volatile boolean finished;

        Attempt(
                CheckpointResources<K> resources,
                PendingCheckpoint pending,
                long checkpointId,
                CheckpointStreamFactory streamFactory,
                Map<String, StreamStateHandle> reusable,
                boolean reusesRestored,
                SharingFilesStrategy sharing,
                boolean remembered,
                boolean isSavepoint) {
            this.resources = resources;
            this.pending = pending;
            this.checkpointId = checkpointId;
            this.streamFactory = streamFactory;
            this.reusable = reusable;
            this.reusesRestored = reusesRestored;
            this.sharing = sharing;
            this.remembered = remembered;
            this.isSavepoint = isSavepoint;
        }

        void forgetUnlessFinished() {
            if (remembered && !finished) {
                notWritten();
            }
        }

        private void notWritten() {
            uploaded.failed(checkpointId);
            context.files().homes().notWritten(checkpointId);
        }

        SnapshotResult<KeyedStateHandle> write(CloseableRegistry closeables) throws Exception {
            CheckpointFiles files =
                    new CheckpointFiles(streamFactory, closeables, isSavepoint, context.counters());
            try {
                return write(files);
            } catch (Throwable e) {
                files.discard();
                throw e;
            }
        }

        private SnapshotResult<KeyedStateHandle> write(CheckpointFiles files)
                throws IOException, InterruptedException {
            bringHere();
            Map<String, StreamStateHandle> written = new ConcurrentHashMap<>();
            // What is there already goes up while the generations become files.
            Transfers transfers =
                    Transfers.start(
                            uploads(files, distinct(pending.pinned()), written),
                            context.transfers().executor(),
                            context.transfers().count() - 1);
            CheckpointImage image;
            byte[] manifest;
            StreamStateHandle manifestHandle;
            byte[] meta;
            StreamStateHandle metaHandle;
            try {
                image =
                        pending.complete(
                                flushed ->
                                        uploads(files, distinct(flushed), written)
                                                .forEach(transfers::add));
                manifest = ManifestCodec.encode(image, context.operatorId());
                manifestHandle = files.write(CheckpointNames.MANIFEST, manifest);
                meta = MetaFile.encode(metaBody(), manifest);
                metaHandle = files.write(CheckpointNames.META, meta);
            } catch (Throwable e) {
                transfers.stop(e);
                throw e;
            }
            transfers.finish();
            Map<String, SstableMeta> sstables = distinct(sstables(image));
            checkAllThere(sstables.keySet(), written.keySet());
            UploadedSstables.Listed listed =
                    remembered
                            ? uploaded.list(
                                    checkpointId,
                                    reusable,
                                    sstables.keySet(),
                                    context.files().homes())
                            : UploadedSstables.Listed.NOTHING;
            Map<String, StreamStateHandle> reused = listed.files();

            context.counters().reused(reused.size());
            KeyedStateHandle handle =
                    stateHandle(files, listed, written, manifestHandle, metaHandle);
            KeyedStateHandle local =
                    keepLocally(sstables.keySet(), reused, written, manifest, meta);
            streamFactory.reusePreviousStateHandle(reused.values());
            if (remembered) {
                uploaded.finished(checkpointId, reused.keySet(), written);
                written.forEach(
                        (name, file) ->
                                context.files().homes().uploadedAgain(checkpointId, name, file));
            }
            finished = true;
            if (!isSavepoint) {
                largeUploads.written(
                        checkpointId,
                        context.files().incremental(),
                        sharing,
                        !reusable.isEmpty(),
                        sstables.values(),
                        written.keySet());
            }
            return local == null
                    ? SnapshotResult.of(handle)
                    : SnapshotResult.withLocalState(handle, local);
        }

        /**
         * Without a file the checkpoint could not be restored, and that would be found out then.
         */
        private void checkAllThere(Set<String> sstables, Set<String> written) {
            for (String fileName : sstables) {
                if (!reusable.containsKey(fileName) && !written.contains(fileName)) {
                    throw new AssertionError(
                            "a checkpoint lacks a file of its image: checkpoint="
                                    + checkpointId
                                    + ", file="
                                    + fileName);
                }
            }
        }

        /**
         * Once this checkpoint is complete, the job manager deletes what it does not list: files
         * that the store reads where an earlier one has them, and that cannot be listed, become
         * local before. If they are to stay remote, those of the image are uploaded from there, and
         * read at the new place as well. A savepoint makes nothing go.
         */
        private void bringHere() throws IOException, InterruptedException {
            if (sharing == SharingFilesStrategy.NO_SHARING) {
                return;
            }
            Set<String> stay =
                    remembered && context.files().homes().stayRemote()
                            ? distinct(pending.pinned()).keySet()
                            : Set.of();
            List<Transfers.Transfer> transfers = new ArrayList<>();
            for (String fileName : context.files().homes().names()) {
                if (!reusable.containsKey(fileName) && !stay.contains(fileName)) {
                    transfers.add(() -> context.files().homes().forget(fileName));
                }
            }
            Transfers.run(transfers, context.transfers().executor(), context.transfers().count());
        }

        /** Null if the checkpoint has no local copy. */
        private @Nullable KeyedStateHandle keepLocally(
                Set<String> sstables,
                Map<String, StreamStateHandle> reused,
                Map<String, StreamStateHandle> written,
                byte[] manifest,
                byte[] meta) {
            LocalBackup backup = context.files().localBackup();
            if (backup == null || isSavepoint) {
                return null;
            }
            List<HandleAndLocalPath> shared = new ArrayList<>();
            if (context.files().incremental()) {
                reused.forEach((name, file) -> shared.add(HandleAndLocalPath.of(file, name)));
                written.forEach((name, file) -> shared.add(HandleAndLocalPath.of(file, name)));
            }
            return backup.keep(
                    context.backendId(),
                    context.keys().groups(),
                    checkpointId,
                    sstables,
                    manifest,
                    meta,
                    shared);
        }

        /** Uploads of what no earlier checkpoint holds and {@code written} has not yet. */
        private List<Transfers.Transfer> uploads(
                CheckpointFiles files,
                Map<String, SstableMeta> sstables,
                Map<String, StreamStateHandle> written) {
            CheckpointedStateScope scope =
                    remembered ? CheckpointedStateScope.SHARED : CheckpointedStateScope.EXCLUSIVE;
            List<Transfers.Transfer> transfers = new ArrayList<>(sstables.size());
            Map<String, SstableMeta> there = new LinkedHashMap<>();
            Map<String, StreamStateHandle> sources = new HashMap<>();
            Map<String, StreamStateHandle> known = uploaded.known();
            Map<String, StreamStateHandle> early = context.files().homes().uploadedEarly();
            for (SstableMeta sstable : sstables.values()) {
                String fileName = sstable.fileName();
                if (!reusable.containsKey(fileName) && !written.containsKey(fileName)) {
                    StreamStateHandle source = known.get(fileName);
                    if (source == null) {
                        source = early.get(fileName);
                    }
                    if (source != null
                            && source.getStateSize() == sstable.sizeBytes()
                            && files.mayCopyThere(source, scope)) {
                        there.put(fileName, sstable);
                        sources.put(fileName, source);
                    } else {
                        transfers.add(() -> upload(files, sstable, scope, written));
                    }
                }
            }
            for (Map<String, SstableMeta> batch : batches(there, context.transfers().count())) {
                transfers.add(() -> copyThere(files, batch, sources, scope, written));
            }
            return transfers;
        }

        private void upload(
                CheckpointFiles files,
                SstableMeta sstable,
                CheckpointedStateScope scope,
                Map<String, StreamStateHandle> written)
                throws IOException {
            written.put(
                    sstable.fileName(),
                    files.copy(
                            context.files().storage(),
                            sstable.fileName(),
                            sstable.sizeBytes(),
                            scope));
        }

        /** What the checkpoint storage does not copy itself is uploaded. */
        private void copyThere(
                CheckpointFiles files,
                Map<String, SstableMeta> sstables,
                Map<String, StreamStateHandle> sources,
                CheckpointedStateScope scope,
                Map<String, StreamStateHandle> written)
                throws IOException {
            Map<String, StreamStateHandle> ours = new LinkedHashMap<>(sources);
            ours.keySet().retainAll(sstables.keySet());
            written.putAll(files.copyThere(ours, scope));
            for (SstableMeta sstable : sstables.values()) {
                if (!written.containsKey(sstable.fileName())) {
                    upload(files, sstable, scope, written);
                }
            }
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
                UploadedSstables.Listed listed,
                Map<String, StreamStateHandle> written,
                StreamStateHandle manifest,
                StreamStateHandle meta) {
            Map<String, StreamStateHandle> reused = listed.files();
            List<HandleAndLocalPath> sstables = new ArrayList<>(reused.size() + written.size());
            List<HandleAndLocalPath> fresh = new ArrayList<>(written.size());
            reused.forEach(
                    (name, handle) ->
                            sstables.add(
                                    HandleAndLocalPath.of(
                                            reusesRestored || listed.early().contains(name)
                                                    ? handle
                                                    : placeholder(handle),
                                            name)));
            written.forEach((name, handle) -> fresh.add(HandleAndLocalPath.of(handle, name)));
            sstables.addAll(fresh);

            List<HandleAndLocalPath> shared = new ArrayList<>();
            List<HandleAndLocalPath> own = new ArrayList<>();
            (context.files().incremental() ? shared : own).addAll(sstables);
            own.add(HandleAndLocalPath.of(manifest, CheckpointNames.MANIFEST));
            if (reusesRestored && !reused.isEmpty() || !listed.early().isEmpty()) {
                return new ReusingStateHandle(
                        context.backendId(),
                        context.keys().groups(),
                        checkpointId,
                        shared,
                        fresh,
                        own,
                        meta,
                        files.writtenBytes(),
                        StateHandleID.randomStateHandleId(),
                        this::notWritten);
            }
            return new IncrementalRemoteKeyedStateHandle(
                    context.backendId(),
                    context.keys().groups(),
                    checkpointId,
                    shared,
                    own,
                    meta,
                    files.writtenBytes());
        }
    }

    /** A file may be in a tree twice, with two clips. */
    private static List<SstableMeta> sstables(CheckpointImage image) {
        List<SstableMeta> sstables = new ArrayList<>();
        for (TreeImage tree : image.trees()) {
            sstables.addAll(tree.sstables());
        }
        return sstables;
    }

    /** By file: two clips of one file are one file. */
    private static Map<String, SstableMeta> distinct(List<SstableMeta> sstables) {
        Map<String, SstableMeta> distinct = new LinkedHashMap<>();
        for (SstableMeta sstable : sstables) {
            distinct.putIfAbsent(sstable.fileName(), sstable);
        }
        return distinct;
    }

    /** The same files in so many parts, or fewer. */
    private static List<Map<String, SstableMeta>> batches(
            Map<String, SstableMeta> sstables, int count) {
        List<Map<String, SstableMeta>> batches = new ArrayList<>();
        int next = 0;
        for (Map.Entry<String, SstableMeta> sstable : sstables.entrySet()) {
            if (batches.size() < count) {
                batches.add(new LinkedHashMap<>());
            }
            batches.get(next++ % count).put(sstable.getKey(), sstable.getValue());
        }
        return batches;
    }

    /** The job manager puts the handle that it has in its place. */
    private static StreamStateHandle placeholder(StreamStateHandle handle) {
        return new PlaceholderStreamStateHandle(
                handle.getStreamStateHandleID(),
                handle.getStateSize(),
                FileMergingSnapshotManager.isFileMergingHandle(handle));
    }
}
