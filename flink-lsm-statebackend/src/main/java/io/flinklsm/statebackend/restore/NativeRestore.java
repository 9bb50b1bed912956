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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.checkpoint.CheckpointImage;
import io.flinklsm.core.checkpoint.ManifestCodec;
import io.flinklsm.core.checkpoint.TreeImage;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.statebackend.key.KeyGroupRanges;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.MetaFile;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.metrics.MetricNames;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.util.StateMigrationException;

/**
 * Restores checkpoints of this backend: downloads the SSTables that hold keys of ours, each once,
 * and opens the store on them. Nothing is rewritten: an SSTable that also holds foreign key groups
 * is read through a clip until a compaction drops them.
 */
final class NativeRestore<K> {

    /** One handle, read and checked. */
    private record Part(
            Map<String, RemoteFile> files,
            RestoreSource source,
            List<StateMetaInfoSnapshot> states) {}

    private final RestoreContext context;
    private final KeySerializerCheck<K> keySerializerCheck;

    NativeRestore(RestoreContext context, KeySerializerCheck<K> keySerializerCheck) {
        this.context = context;
        this.keySerializerCheck = keySerializerCheck;
    }

    RestoredBackend restore(List<IncrementalKeyedStateHandle> handles)
            throws IOException, InterruptedException, StateMigrationException {
        List<Part> parts = new ArrayList<>();
        for (IncrementalKeyedStateHandle handle : handles) {
            KeyGroupRange ours = context.keyGroupRange().getIntersection(handle.getKeyGroupRange());
            parts.add(read(handle, ours));
        }
        download(parts);
        List<RestoreSource> sources = new ArrayList<>();
        for (Part part : parts) {
            if (!part.source().clip().isEmpty()) {
                sources.add(part.source());
            }
        }
        LsmStore store =
                LsmStore.restore(
                        context.storage(),
                        context.storeOptions(),
                        context.storeResources(),
                        sources);
        try {
            StateRegistry registry = new StateRegistry(store);
            for (Part part : parts) {
                for (StateMetaInfoSnapshot state : part.states()) {
                    registry.restore(state);
                }
            }
            return handOver(handles, store, registry);
        } catch (Throwable failure) {
            Cleanup.undo(failure, store);
            throw failure;
        }
    }

    /** A checkpoint that is ours alone and whole lives on: its files count as uploaded by us. */
    private RestoredBackend handOver(
            List<IncrementalKeyedStateHandle> handles, LsmStore store, StateRegistry registry) {
        IncrementalKeyedStateHandle first = handles.get(0);
        if (handles.size() > 1 || !first.getKeyGroupRange().equals(context.keyGroupRange())) {
            return new RestoredBackend(store, registry, UUID.randomUUID(), UploadedSstables.none());
        }
        Map<String, StreamStateHandle> shared = new HashMap<>();
        for (HandleAndLocalPath file : first.getSharedStateHandles()) {
            shared.put(file.getLocalPath(), file.getHandle());
        }
        return new RestoredBackend(
                store, registry, first.getBackendIdentifier(), UploadedSstables.restored(shared));
    }

    private Part read(IncrementalKeyedStateHandle handle, KeyGroupRange ours)
            throws IOException, StateMigrationException {
        Map<String, RemoteFile> files = CheckpointLayout.files(handle, context.cancelRegistry());
        RemoteFile manifestFile = CheckpointLayout.manifest(files, handle);
        byte[] manifest = manifestFile.readAll();
        CheckpointImage image = ManifestCodec.decode(manifest, manifestFile.describe());
        RemoteFile metaFile =
                new RemoteFile("meta", handle.getMetaDataStateHandle(), context.cancelRegistry());
        byte[] meta = metaFile.readAll();
        int bodyLength = MetaFile.check(meta, manifest, metaFile.describe());

        KeyedBackendSerializationProxy<K> proxy =
                new KeyedBackendSerializationProxy<>(context.userClassLoader());
        proxy.read(new DataInputDeserializer(meta, 0, bodyLength));
        keySerializerCheck.check(proxy.getKeySerializerSnapshot());

        KeyRange clip = KeyGroupRanges.keyRange(ours, context.keyGroupBytes());
        return new Part(
                files,
                new RestoreSource(overlapping(image, clip), clip),
                proxy.getStateMetaInfoSnapshots());
    }

    /** The image without the SSTables that hold nothing of ours. */
    private static CheckpointImage overlapping(CheckpointImage image, KeyRange clip) {
        List<TreeImage> trees = new ArrayList<>(image.trees().size());
        for (TreeImage tree : image.trees()) {
            List<SstableMeta> sstables = new ArrayList<>();
            for (SstableMeta sstable : tree.sstables()) {
                if (sstable.overlaps(clip)) {
                    sstables.add(sstable);
                }
            }
            trees.add(new TreeImage(tree.treeName(), sstables));
        }
        return new CheckpointImage(image.checkpointId(), image.createdMillis(), trees);
    }

    private void download(List<Part> parts) throws IOException, InterruptedException {
        long begin = context.storeResources().clock().nanoTime();
        Map<String, Downloads.Download> downloads = new LinkedHashMap<>();
        for (Part part : parts) {
            for (TreeImage tree : part.source().image().trees()) {
                for (SstableMeta sstable : tree.sstables()) {
                    RemoteFile file = part.files().get(sstable.fileName());
                    if (file == null) {
                        throw new CorruptionException(
                                "["
                                        + sstable.fileName()
                                        + "] the checkpoint's manifest lists an SSTable that is not"
                                        + " in its handle: tree="
                                        + tree.treeName()
                                        + ", files="
                                        + part.files().size()
                                        + "; restore an earlier checkpoint.");
                    }
                    // Names are unique in the world: the same name is the same content.
                    downloads.putIfAbsent(
                            sstable.fileName(), new Downloads.Download(file, sstable.sizeBytes()));
                }
            }
        }
        Downloads.run(context, downloads.values());
        context.metrics()
                .addMetric(
                        MetricNames.DOWNLOAD_STATE_DURATION,
                        TimeUnit.NANOSECONDS.toMillis(
                                context.storeResources().clock().nanoTime() - begin));
    }
}
