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

import static io.flinklsm.statebackend.testing.StateSample.KEY_SERIALIZER;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.runtime.state.ttl.MockTtlTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TTL with cleanup in full snapshots: what has expired does not get into a canonical savepoint. */
class ExpiredStateInSavepointTest {

    private static final StateTtlConfig TTL =
            StateTtlConfig.newBuilder(Duration.ofMillis(100))
                    .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
                    .cleanupFullSnapshot()
                    .build();

    @TempDir Path root;

    @Test
    void onlyWhatIsStillAliveIsInTheSavepoint() throws Exception {
        MockTtlTimeProvider clock = new MockTtlTimeProvider();
        try (BackendHarness harness = new BackendHarness(root, 4, clock)) {
            States states = new States(harness, new LsmStateBackend(), null);
            clock.time = 1000;
            states.backend.setCurrentKey("both");
            states.value.update("old");
            states.list.addAll(List.of("old1", "old2"));
            states.map.put("old", "1");
            states.backend.setCurrentKey("gone");
            states.value.update("old");
            states.list.add("old");
            states.map.put("old", "1");
            clock.time = 1080;
            states.backend.setCurrentKey("both");
            states.list.add("new");
            states.map.put("new", "2");
            states.map.put("null", null);

            clock.time = 1150;
            KeyedStateHandle savepoint = harness.canonicalSavepoint(states.backend, 1);

            // With the clock turned back, nothing that is there has expired.
            clock.time = 1090;
            for (StateBackend backend : List.of(new LsmStateBackend(), new HashMapStateBackend())) {
                States restored = new States(harness, backend, savepoint);
                restored.backend.setCurrentKey("both");
                assertThat(restored.value.value()).isNull();
                assertThat(restored.list.get()).containsExactly("new");
                assertThat(restored.map.keys()).containsExactlyInAnyOrder("new", "null");
                assertThat(restored.map.get("new")).isEqualTo("2");
                restored.backend.setCurrentKey("gone");
                assertThat(restored.value.value()).isNull();
                assertThat(restored.list.get()).isNullOrEmpty();
                assertThat(restored.map.isEmpty()).isTrue();
            }
        }
    }

    private static final class States {
        final AbstractKeyedStateBackend<String> backend;
        final ValueState<String> value;
        final ListState<String> list;
        final MapState<String, String> map;

        States(BackendHarness harness, StateBackend stateBackend, KeyedStateHandle handle)
                throws Exception {
            backend =
                    harness.restore(
                            stateBackend,
                            KEY_SERIALIZER,
                            harness.allKeyGroups(),
                            handle == null ? List.of() : List.of(handle));
            value = state(new ValueStateDescriptor<>("value", String.class));
            list = state(new ListStateDescriptor<>("list", String.class));
            map = state(new MapStateDescriptor<>("map", String.class, String.class));
        }

        private <S extends State> S state(StateDescriptor<S, ?> descriptor) throws Exception {
            descriptor.enableTimeToLive(TTL);
            return backend.getPartitionedState(
                    VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
        }
    }
}
