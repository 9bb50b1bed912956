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

import java.util.concurrent.RunnableFuture;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SavepointResources;
import org.apache.flink.runtime.state.SnapshotResult;

/**
 * The part of a keyed backend that takes snapshots. All methods are called by the task thread; what
 * they return runs elsewhere. Holds leases of the backend's life while such work is under way.
 *
 * @param <K> type of the keys
 */
public interface BackendSnapshots<K> {

    /** A checkpoint or a native savepoint; the synchronous part happens in this call. */
    RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot(
            long checkpointId,
            long timestampMillis,
            CheckpointStreamFactory streamFactory,
            CheckpointOptions options)
            throws Exception;

    /** What Flink's canonical savepoint writer needs. */
    SavepointResources<K> savepoint() throws Exception;

    /** May be late, out of order, or about an id never seen; so for the other two. */
    void checkpointCompleted(long checkpointId);

    void checkpointAborted(long checkpointId);

    void checkpointSubsumed(long checkpointId);
}
