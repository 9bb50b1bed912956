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

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.suites.Variant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.internal.InternalKvState;

/** One fresh keyed backend with a clock that the test sets. Close it: it leaves nothing. */
public final class KeyedBackendFixture<K> implements AutoCloseable {

    private final MockEnvironment environment;
    private final AtomicLong nowMillis = new AtomicLong(1_000);
    public final LsmKeyedStateBackend<K> backend;

    public KeyedBackendFixture(TypeSerializer<K> keySerializer, int numberOfKeyGroups)
            throws Exception {
        this(keySerializer, numberOfKeyGroups, Variant.FULL);
    }

    public KeyedBackendFixture(
            TypeSerializer<K> keySerializer, int numberOfKeyGroups, Variant variant)
            throws Exception {
        environment = MockEnvironment.builder().setManagedMemorySize(64L << 20).build();
        backend =
                (LsmKeyedStateBackend<K>)
                        variant.newBackend()
                                .createKeyedStateBackend(
                                        new KeyedStateBackendParametersImpl<>(
                                                environment,
                                                new JobID(),
                                                "operator",
                                                keySerializer,
                                                numberOfKeyGroups,
                                                KeyGroupRange.of(0, numberOfKeyGroups - 1),
                                                environment.getTaskKvStateRegistry(),
                                                nowMillis::get,
                                                new UnregisteredMetricsGroup(),
                                                (name, value) -> {},
                                                List.of(),
                                                new CloseableRegistry(),
                                                0.5));
    }

    public void setNow(long millis) {
        nowMillis.set(millis);
    }

    /** The state in the void namespace. */
    public <S extends State> S state(StateDescriptor<S, ?> descriptor) throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    /** The state in a namespace of strings, as the runtime sees it. */
    @SuppressWarnings("unchecked")
    public <S extends State, I extends InternalKvState<K, String, ?>> I stateIn(
            String namespace, StateDescriptor<S, ?> descriptor) throws Exception {
        return (I) backend.getPartitionedState(namespace, StringSerializer.INSTANCE, descriptor);
    }

    public LsmTree stateTree(String stateName) {
        return Objects.requireNonNull(backend.registry().state(stateName)).tree();
    }

    /** The tree of a state of V2. */
    public static LsmTree treeOf(AsyncKeyedStateBackend<?> backend, String stateName) {
        LsmKeyedStateBackend<?> rows = ((LsmAsyncKeyedStateBackend<?>) backend).backend();
        return Objects.requireNonNull(rows.registry().state(stateName)).tree();
    }

    public LsmTree queueTree(String queueName) {
        return Objects.requireNonNull(backend.registry().queue(queueName)).tree();
    }

    @Override
    public void close() throws Exception {
        backend.close();
        backend.dispose();
        environment.close();
    }
}
