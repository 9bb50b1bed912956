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
package org.apache.flink.test.state;

import io.flinklsm.statebackend.LsmStateBackend;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.test.state.BackendSwitchSpecs.BackendSwitchSpec;
import org.apache.flink.testutils.junit.extensions.parameterized.ParameterizedTestExtension;
import org.apache.flink.testutils.junit.extensions.parameterized.Parameters;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Flink's test of canonical savepoints from one backend to another, with ours as one of the two.
 */
@ExtendWith(ParameterizedTestExtension.class)
class LsmSavepointBackendSwitchIT extends SavepointStateBackendSwitchTestBase {

    public LsmSavepointBackendSwitchIT(BackendSwitchSpec from, BackendSwitchSpec to) {
        super(from, to);
    }

    @Parameters(name = "from: {0}, to: {1}")
    public static Collection<BackendSwitchSpec[]> pairs() {
        List<BackendSwitchSpec[]> pairs = new ArrayList<>();
        pairs.add(new BackendSwitchSpec[] {new LsmSpec(), new LsmSpec()});
        for (BackendSwitchSpec other :
                List.of(
                        BackendSwitchSpecs.HEAP,
                        BackendSwitchSpecs.ROCKS,
                        BackendSwitchSpecs.ROCKS_HEAP_TIMERS)) {
            pairs.add(new BackendSwitchSpec[] {new LsmSpec(), other});
            pairs.add(new BackendSwitchSpec[] {other, new LsmSpec()});
        }
        return pairs;
    }

    private static final class LsmSpec implements BackendSwitchSpec {

        private final List<AutoCloseable> made = new ArrayList<>();

        @Override
        public CheckpointableKeyedStateBackend<String> createBackend(
                KeyGroupRange range, int keyGroups, Collection<KeyedStateHandle> handles)
                throws Exception {
            MockEnvironment environment =
                    new MockEnvironmentBuilder().setManagedMemorySize(32L << 20).build();
            made.add(environment);
            CheckpointableKeyedStateBackend<String> backend =
                    new LsmStateBackend()
                            .createKeyedStateBackend(
                                    new KeyedStateBackendParametersImpl<>(
                                            environment,
                                            new JobID(),
                                            "switch",
                                            StringSerializer.INSTANCE,
                                            keyGroups,
                                            range,
                                            null,
                                            TtlTimeProvider.DEFAULT,
                                            UnregisteredMetricsGroup.createOperatorMetricGroup(),
                                            (name, value) -> {},
                                            handles,
                                            new CloseableRegistry(),
                                            1.0));
            made.add(0, backend::dispose);
            return backend;
        }

        @Override
        public void close() throws Exception {
            for (AutoCloseable resource : made) {
                resource.close();
            }
            made.clear();
        }

        @Override
        public String toString() {
            return "LSM";
        }
    }
}
