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

import java.util.List;
import java.util.UUID;
import org.apache.flink.runtime.state.CheckpointBoundKeyedStateHandle;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StateHandleID;
import org.apache.flink.runtime.state.StreamStateHandle;

/**
 * A handle that lists files of an earlier checkpoint under their real handles, as a checkpoint
 * after a rescale must: of a placeholder the job manager has to know the file already.
 *
 * <p>As long as no registry has it, Flink's handle deletes whatever it lists when it is discarded,
 * and Flink discards it on the TaskManager whenever the checkpoint is cancelled: the files of the
 * earlier checkpoint would go with it, and those that were uploaded before any. This one deletes
 * what its own checkpoint wrote. It never leaves the TaskManager: what is serialised is Flink's
 * class, which the job manager has.
 */
final class ReusingStateHandle extends IncrementalRemoteKeyedStateHandle {

    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // It is not serialised: see writeReplace.
    private final List<HandleAndLocalPath> written;

    /** Told when it is discarded. */
    private final transient Runnable discarded;

    /**
     * @param shared all shared files
     * @param written those of them that this checkpoint wrote
     * @param discarded is run when the checkpoint is discarded that no registry has
     */
    ReusingStateHandle(
            UUID backendId,
            KeyGroupRange keyGroupRange,
            long checkpointId,
            List<HandleAndLocalPath> shared,
            List<HandleAndLocalPath> written,
            List<HandleAndLocalPath> own,
            StreamStateHandle meta,
            long writtenBytes,
            StateHandleID id,
            Runnable discarded) {
        super(backendId, keyGroupRange, checkpointId, shared, own, meta, writtenBytes, id);
        this.written = written;
        this.discarded = discarded;
    }

    @Override
    public void discardState() throws Exception {
        if (getSharedStateRegistry() == null) {
            try {
                plain(written).discardState();
            } finally {
                discarded.run();
            }
        } else {
            super.discardState();
        }
    }

    @Override
    public CheckpointBoundKeyedStateHandle rebound(long newCheckpointId) {
        return new ReusingStateHandle(
                getBackendIdentifier(),
                getKeyGroupRange(),
                newCheckpointId,
                getSharedState(),
                written,
                getPrivateState(),
                getMetaDataStateHandle(),
                getCheckpointedSize(),
                getStateHandleId(),
                discarded);
    }

    private IncrementalRemoteKeyedStateHandle plain(List<HandleAndLocalPath> shared) {
        return restore(
                getBackendIdentifier(),
                getKeyGroupRange(),
                getCheckpointId(),
                shared,
                getPrivateState(),
                getMetaDataStateHandle(),
                getCheckpointedSize(),
                getStateHandleId());
    }

    /** Java's serialisation puts the result in this one's place. */
    private Object writeReplace() {
        return plain(getSharedState());
    }
}
