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
package io.flinklsm.statebackend;

import io.flinklsm.statebackend.key.TaskKeyContext;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.LsmSnapshots;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.query.TaskKvStateRegistry;
import org.apache.flink.runtime.state.StreamCompressionDecorator;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;

/**
 * What a {@link LsmKeyedStateBackend} is made of. The builder makes it after restore.
 *
 * @param task what Flink gives the backends of a task
 * @param keySerializer of the current schema, as reconfigured by restore
 * @param registry with every restored state in it
 * @param timerHeads timers of a key group that a queue keeps at hand
 * @param life releases store, memory and working directory, each once
 * @param backendIdentifier what SQL asks for to choose its fast paths
 */
record LsmBackendParts<K>(
        OfTask task,
        TypeSerializer<K> keySerializer,
        TaskKeyContext<K> keyContext,
        StateRegistry registry,
        LsmSnapshots<K> snapshots,
        int timerHeads,
        BackendLife life,
        String backendIdentifier) {

    /**
     * What Flink gives the backends of a task.
     *
     * @param cancelRegistry closed when the backend is closed; snapshots register their streams in
     *     it
     */
    record OfTask(
            TaskKvStateRegistry kvStateRegistry,
            ClassLoader userClassLoader,
            ExecutionConfig executionConfig,
            TtlTimeProvider ttlTimeProvider,
            LatencyTrackingStateConfig latencyTracking,
            SizeTrackingStateConfig sizeTracking,
            CloseableRegistry cancelRegistry,
            StreamCompressionDecorator compression) {}
}
