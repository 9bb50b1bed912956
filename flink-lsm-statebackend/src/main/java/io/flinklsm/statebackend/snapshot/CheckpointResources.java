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

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.checkpoint.PendingCheckpoint;
import io.flinklsm.statebackend.life.BackendLife;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.SnapshotResources;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * What the synchronous part of a checkpoint hands to the asynchronous one: the frozen store and the
 * states as of then. Released exactly once, whatever becomes of the checkpoint.
 */
final class CheckpointResources<K> implements SnapshotResources {

    private final TypeSerializer<K> keySerializer;
    private final List<StateMetaInfoSnapshot> states;
    private final @Nullable PendingCheckpoint pending;
    private final BackendLife.Lease lease;
    private @Nullable Runnable onRelease;

    /**
     * @param pending null if there are no states
     */
    CheckpointResources(
            TypeSerializer<K> keySerializer,
            List<StateMetaInfoSnapshot> states,
            @Nullable PendingCheckpoint pending,
            BackendLife.Lease lease) {
        this.keySerializer = keySerializer;
        this.states = List.copyOf(states);
        this.pending = pending;
        this.lease = lease;
    }

    TypeSerializer<K> keySerializer() {
        return keySerializer;
    }

    List<StateMetaInfoSnapshot> states() {
        return states;
    }

    @Nullable PendingCheckpoint pending() {
        return pending;
    }

    void onRelease(Runnable action) {
        onRelease = action;
    }

    @Override
    public void release() {
        Runnable first = onRelease;
        Cleanup.runAll(
                () -> {
                    if (first != null) {
                        first.run();
                    }
                },
                () -> {
                    if (pending != null) {
                        pending.close();
                    }
                },
                lease::close);
    }
}
