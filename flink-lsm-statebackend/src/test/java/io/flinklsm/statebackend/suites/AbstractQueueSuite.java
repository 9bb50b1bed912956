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
package io.flinklsm.statebackend.suites;

import io.flinklsm.statebackend.LsmKeyedStateBackend;
import java.util.List;
import java.util.UUID;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.state.InternalPriorityQueue;
import org.apache.flink.runtime.state.InternalPriorityQueueTestBase;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Flink's suite for priority queues, in one variant of the backend. */
abstract class AbstractQueueSuite extends InternalPriorityQueueTestBase {

    private final Variant variant;
    private MockEnvironment environment;
    private LsmKeyedStateBackend<Long> backend;

    AbstractQueueSuite(Variant variant) {
        this.variant = variant;
    }

    @BeforeEach
    void openBackend() throws Exception {
        environment = MockEnvironment.builder().build();
        backend =
                (LsmKeyedStateBackend<Long>)
                        variant.newBackend()
                                .createKeyedStateBackend(
                                        new KeyedStateBackendParametersImpl<>(
                                                environment,
                                                new JobID(),
                                                "queue",
                                                LongSerializer.INSTANCE,
                                                KEY_GROUP_RANGE.getNumberOfKeyGroups(),
                                                KEY_GROUP_RANGE,
                                                environment.getTaskKvStateRegistry(),
                                                TtlTimeProvider.DEFAULT,
                                                new UnregisteredMetricsGroup(),
                                                List.of(),
                                                new CloseableRegistry()));
    }

    @AfterEach
    void closeBackend() throws Exception {
        backend.close();
        backend.dispose();
        environment.close();
    }

    @Override
    protected InternalPriorityQueue<TestElement> newPriorityQueue(int initialCapacity) {
        return backend.create(UUID.randomUUID().toString(), TestElementSerializer.INSTANCE);
    }

    @Override
    protected boolean testSetSemanticsAgainstDuplicateElements() {
        return true;
    }
}
