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
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.restore.RestoreSource;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.statebackend.key.KeyGroupRanges;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.MetaFile;
import io.flinklsm.statebackend.snapshot.Transfers;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.runtime.metrics.MetricNames;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalLocalKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.util.StateMigrationException;

/**
 * Restores checkpoints of this backend: opens the store on the SSTables that hold keys of ours.
 * Those on the same disk are linked; others are read where the checkpoint has them and fetched in
 * the background (lazy), or downloaded first (eager). Nothing is rewritten: an SSTable that also
 * holds foreign key groups is read through a clip until a compaction drops them.
 */
final class NativeRestore<K> {

    /**
     * One handle, read and checked.
     *
     * @param isLocalCopy whether it is in Flink's task-local directory, which the next checkpoint
     *     may clear: nothing is read there for long
     */
    private record Part(
            boolean isLocalCopy,
            Map<String, RemoteFile> files,
            RestoreSource source,
            List<StateMetaInfoSnapshot> states) {}

    /** An SSTable, and where the checkpoint has it. */
    private record Wanted(boolean inLocalCopy, RemoteFile file, SstableMeta sstable) {}

    private static final Comparator<Wanted> FETCH_ORDER =
            Comparator.<Wanted>comparingInt(wanted -> wanted.sstable().level())
                    .thenComparing(
                            wanted -> wanted.sstable().generation(), Comparator.reverseOrder());

    private final RestoreContext context;
    private final KeySerializerCheck<K> keySerializerCheck;

    NativeRestore(RestoreContext context, KeySerializerCheck<K> keySerializerCheck) {
        this.context = context;
        this.keySerializerCheck = keySerializerCheck;
    }

    RestoredBackend restore(List<IncrementalKeyedStateHandle> handles)
            throws IOException, InterruptedException, StateMigrationException {
        List<Part> parts = new ArrayList<>();
        for (Small small : readSmall(handles)) {
            KeyGroupRange ours =
                    context.keys().groups().getIntersection(small.handle.getKeyGroupRange());
            parts.add(read(small, ours));
        }
        Set<String> fileNames = bring(parts);
        List<RestoreSource> sources = new ArrayList<>();
        for (Part part : parts) {
            if (!part.source().clip().isEmpty()) {
                sources.add(part.source());
            }
        }
        LsmStore store =
                LsmStore.restore(
                        context.files().storage(),
                        context.storeOptions(),
                        context.storeResources(),
                        sources,
                        // What is wrong with a local copy is found while the remote one can be
                        // taken instead.
                        parts.stream().anyMatch(Part::isLocalCopy));
        try {
            StateRegistry registry = new StateRegistry(store);
            for (Part part : parts) {
                for (StateMetaInfoSnapshot state : part.states()) {
                    registry.restore(state);
                }
            }
            return handOver(handles, fileNames, store, registry);
        } catch (Throwable failure) {
            // The check of a tail may wait for remote storage, and the store for the check.
            Cleanup.undo(failure, context.files().remote()::stop, store);
            throw failure;
        }
    }

    /**
     * A checkpoint that is ours alone and whole lives on. In any case its shared files count as
     * uploaded: the job manager has registered them all, whichever job wrote them.
     */
    private RestoredBackend handOver(
            List<IncrementalKeyedStateHandle> handles,
            Set<String> fileNames,
            LsmStore store,
            StateRegistry registry) {
        Map<String, StreamStateHandle> shared = new HashMap<>();
        for (IncrementalKeyedStateHandle handle : handles) {
            for (HandleAndLocalPath file : handle.getSharedStateHandles()) {
                if (fileNames.contains(file.getLocalPath())) {
                    shared.putIfAbsent(file.getLocalPath(), file.getHandle());
                }
            }
        }
        IncrementalKeyedStateHandle first = handles.get(0);
        boolean isWhole =
                handles.size() == 1 && first.getKeyGroupRange().equals(context.keys().groups());
        return new RestoredBackend(
                store,
                registry,
                isWhole ? first.getBackendIdentifier() : UUID.randomUUID(),
                UploadedSstables.restored(shared));
    }

    /** The small files of one handle, each of which is read with one request. */
    private static final class Small {

        private final IncrementalKeyedStateHandle handle;
        private final Map<String, RemoteFile> files;
        private final RemoteFile manifestFile;
        private final RemoteFile metaFile;

        // Written by a transfer each, read when all have ended.
        private byte[] manifest = new byte[0];
        private byte[] meta = new byte[0];

        Small(IncrementalKeyedStateHandle handle, CloseableRegistry registry) throws IOException {
            this.handle = handle;
            files = CheckpointLayout.files(handle, registry);
            manifestFile = CheckpointLayout.manifest(files, handle);
            metaFile = new RemoteFile("meta", handle.getMetaDataStateHandle(), registry);
        }
    }

    /** None of them waits for another: all that come before the first record are asked for. */
    private List<Small> readSmall(List<IncrementalKeyedStateHandle> handles)
            throws IOException, InterruptedException {
        List<Small> all = new ArrayList<>();
        List<Transfers.Transfer> transfers = new ArrayList<>();
        for (IncrementalKeyedStateHandle handle : handles) {
            Small small = new Small(handle, context.transfers().cancelRegistry());
            all.add(small);
            transfers.add(() -> small.manifest = small.manifestFile.readAll());
            transfers.add(() -> small.meta = small.metaFile.readAll());
        }
        Transfers.run(transfers, context.transfers().executor(), context.transfers().count());
        return all;
    }

    private Part read(Small small, KeyGroupRange ours) throws IOException, StateMigrationException {
        Map<String, RemoteFile> files = small.files;
        CheckpointImage image = ManifestCodec.decode(small.manifest, small.manifestFile.describe());
        byte[] meta = small.meta;
        int bodyLength = MetaFile.check(meta, small.manifest, small.metaFile.describe());

        KeyedBackendSerializationProxy<K> proxy =
                new KeyedBackendSerializationProxy<>(context.userClassLoader());
        proxy.read(new DataInputDeserializer(meta, 0, bodyLength));
        keySerializerCheck.check(proxy.getKeySerializerSnapshot());

        KeyRange clip = KeyGroupRanges.keyRange(ours, context.keys().groupBytes());
        return new Part(
                small.handle instanceof IncrementalLocalKeyedStateHandle,
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

    /**
     * Makes every SSTable that the parts need one of the storage; tells their names. What is not
     * here is adopted in the order in which it is to be fetched: by level, from the newest.
     */
    private Set<String> bring(List<Part> parts) throws IOException, InterruptedException {
        long begin = context.storeResources().clock().nanoTime();
        Map<String, Wanted> wanted = new LinkedHashMap<>();
        for (Part part : parts) {
            for (TreeImage tree : part.source().image().trees()) {
                for (SstableMeta sstable : tree.sstables()) {
                    // Names are unique in the world: the same name is the same content.
                    wanted.putIfAbsent(
                            sstable.fileName(),
                            new Wanted(part.isLocalCopy(), file(part, tree, sstable), sstable));
                }
            }
        }
        List<Wanted> inOrder = new ArrayList<>(wanted.values());
        inOrder.sort(FETCH_ORDER);
        List<Downloads.Download> downloads = new ArrayList<>();
        for (Wanted each : inOrder) {
            long sizeBytes = each.sstable().sizeBytes();
            context.counters().restored(sizeBytes);
            if (context.files().lazy() && !each.inLocalCopy() && each.file().isElsewhere()) {
                each.file().checkStatedLength(sizeBytes);
                if (!each.file().linkTo(context.files().storage(), sizeBytes)) {
                    context.files()
                            .remote()
                            .adopt(
                                    each.sstable().fileName(),
                                    sizeBytes,
                                    each.sstable().tailOffset(),
                                    each.file().handle());
                }
            } else {
                downloads.add(new Downloads.Download(each.file(), sizeBytes));
            }
        }
        Downloads.run(context, downloads);
        context.metrics()
                .addMetric(
                        MetricNames.DOWNLOAD_STATE_DURATION,
                        TimeUnit.NANOSECONDS.toMillis(
                                context.storeResources().clock().nanoTime() - begin));
        return wanted.keySet();
    }

    private static RemoteFile file(Part part, TreeImage tree, SstableMeta sstable)
            throws CorruptionException {
        RemoteFile file = part.files().get(sstable.fileName());
        if (file == null) {
            throw new CorruptionException(
                    "["
                            + sstable.fileName()
                            + "] the checkpoint's manifest lists an SSTable that is not in its"
                            + " handle: tree="
                            + tree.treeName()
                            + ", files="
                            + part.files().size()
                            + "; restore an earlier checkpoint.");
        }
        return file;
    }
}
