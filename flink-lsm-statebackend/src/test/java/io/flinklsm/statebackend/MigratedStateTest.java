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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.testutils.statemigration.TestType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * States whose schema changes with a restore, large enough that entries of before stand in many
 * SSTables: what works in the background meets none of them afterwards.
 */
class MigratedStateTest {

    private static final int KEYS = 9_000;
    private static final long TTL_MILLIS = 1_000;
    private static final TypeSerializer<TestType> BEFORE = new TestType.V1TestTypeSerializer();
    private static final TypeSerializer<TestType> AFTER = new TestType.V2TestTypeSerializer();

    @TempDir Path root;
    private final AtomicLong nowMillis = new AtomicLong(1_000);
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 8, nowMillis::get);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"leveled", "size-tiered"})
    void listsThatGetATimeToLiveGoOn(String style) throws Exception {
        KeyedStateHandle before = written(style, BEFORE, false);

        checkAndAdd(style, before, BEFORE, true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"leveled", "size-tiered"})
    void listsWithATimeToLiveGetOtherElements(String style) throws Exception {
        KeyedStateHandle before = written(style, BEFORE, true);

        checkAndAdd(style, before, AFTER, true);
    }

    /** Some lists are written whole, others grow by operands; some are gone again. */
    private KeyedStateHandle written(String style, TypeSerializer<TestType> elements, boolean ttl)
            throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(backend(style), StringSerializer.INSTANCE);
        ListState<TestType> list = list(backend, elements, ttl);
        for (int round = 0; round < 3; round++) {
            for (int key = 0; key < KEYS; key++) {
                backend.setCurrentKey("key-" + key);
                if (round == 0) {
                    list.update(List.of(element(key, round)));
                } else if (key % 7 == 0) {
                    list.clear();
                } else {
                    list.add(element(key, round));
                }
            }
        }
        tree(backend).awaitIdle();
        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        return handle;
    }

    private void checkAndAdd(
            String style, KeyedStateHandle handle, TypeSerializer<TestType> elements, boolean ttl)
            throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.restore(
                        backend(style),
                        StringSerializer.INSTANCE,
                        harness.allKeyGroups(),
                        List.of(handle));
        ListState<TestType> list = list(backend, elements, ttl);
        tree(backend).awaitIdle();
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            list.add(element(key, 3));
        }
        tree(backend).awaitIdle();
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            List<TestType> expected = new ArrayList<>();
            for (int round = key % 7 == 0 ? 3 : 0; round <= 3; round++) {
                expected.add(element(key, round));
            }
            assertThat(list.get()).as("key %s", key).containsExactlyElementsOf(expected);
        }
        assertThat(tree(backend).stats().filterFailures()).isZero();
    }

    private static TestType element(int key, int round) {
        return new TestType("element " + key + " of round " + round, round);
    }

    private static ListState<TestType> list(
            AbstractKeyedStateBackend<String> backend,
            TypeSerializer<TestType> elements,
            boolean ttl)
            throws Exception {
        ListStateDescriptor<TestType> descriptor = new ListStateDescriptor<>("list", elements);
        if (ttl) {
            descriptor.enableTimeToLive(
                    StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS)).build());
        }
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    private static LsmTree tree(AbstractKeyedStateBackend<String> backend) {
        LsmKeyedStateBackend<String> lsm = (LsmKeyedStateBackend<String>) backend;
        return Objects.requireNonNull(lsm.registry().state("list")).tree();
    }

    private static LsmStateBackend backend(String style) {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.COMPACTION_STYLE, style)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }
}
