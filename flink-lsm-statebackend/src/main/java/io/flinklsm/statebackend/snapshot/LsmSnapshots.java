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
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.RegisteredState;
import io.flinklsm.statebackend.registry.StateRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SavepointResources;
import org.apache.flink.runtime.state.SnapshotExecutionType;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.SnapshotStrategyRunner;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;

/**
 * The part of a keyed backend that takes snapshots. All methods are called by the task thread; what
 * they return runs elsewhere. Holds leases of the backend's life while such work is under way.
 *
 * @param <K> type of the keys
 */
public final class LsmSnapshots<K> {

    private final SnapshotContext<K> context;
    private final LsmStore store;
    private final StateRegistry registry;
    private final BackendLife life;
    private final UploadedSstables uploaded;
    private final SnapshotStrategyRunner<KeyedStateHandle, CheckpointResources<K>> runner;

    /**
     * @param uploaded what the checkpoint that was restored has on the checkpoint storage
     */
    public LsmSnapshots(
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
        this.runner =
                new SnapshotStrategyRunner<>(
                        "LSM snapshot",
                        new LsmSnapshotStrategy<>(context, store, registry, life, uploaded),
                        context.transfers().cancelRegistry(),
                        SnapshotExecutionType.ASYNCHRONOUS);
    }

    /** A checkpoint or a native savepoint; the synchronous part happens in this call. */
    public RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot(
            long checkpointId,
            long timestampMillis,
            CheckpointStreamFactory streamFactory,
            CheckpointOptions options)
            throws Exception {
        return runner.snapshot(checkpointId, timestampMillis, streamFactory, options);
    }

    /** What Flink's canonical savepoint writer needs. */
    public SavepointResources<K> savepoint() throws Exception {
        BackendLife.Lease lease = life.acquire();
        try {
            TypeSerializer<K> keySerializer = context.keys().serializer().duplicate();
            List<StateMetaInfoSnapshot> metaInfos = new ArrayList<>();
            List<CanonicalIterator.Source> sources = new ArrayList<>();
            for (RegisteredState state : registry.all()) {
                metaInfos.add(state.snapshotMetaInfo());
                sources.add(
                        new CanonicalIterator.Source(
                                state.tree().name(), SavepointTransforms.of(state)));
            }
            // Last: nothing after it can fail and leave it open.
            return new SavepointResources<>(
                    new CanonicalSavepoint<>(
                            context, keySerializer, metaInfos, sources, store.view(), lease),
                    SnapshotExecutionType.ASYNCHRONOUS);
        } catch (Throwable failure) {
            // Errors too: a lease that never comes back would hold up dispose for ever.
            Cleanup.undo(failure, lease);
            throw failure;
        }
    }

    /** May be late, out of order, or about an id never seen; so for the other two. */
    public void checkpointCompleted(long checkpointId) {
        uploaded.completed(checkpointId, context.files().homes());
        context.files().homes().completed(checkpointId);
    }

    public void checkpointAborted(long checkpointId) {
        uploaded.aborted(checkpointId);
        context.files().homes().aborted(checkpointId);
    }

    /** Nothing: what a subsumed checkpoint had on the storage is the job manager's to delete. */
    public void checkpointSubsumed(long checkpointId) {}
}
