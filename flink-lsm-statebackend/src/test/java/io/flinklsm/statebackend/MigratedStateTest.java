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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.LsmTree;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.testutils.statemigration.TestType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * States whose schema changes with a restore, large enough that entries of before stand in many
 * SSTables: what works in the background meets none of them afterwards.
 */
class MigratedStateTest {

    private static final int KEYS = 3_000;
    private static final long TTL_MILLIS = 1_000;
    private static final TypeSerializer<TestType> BEFORE = new TestType.V1TestTypeSerializer();
    private static final TypeSerializer<TestType> AFTER = new TestType.V2TestTypeSerializer();

    /** How a job registers the states in one of its runs. */
    private record Run(TypeSerializer<TestType> serializer, boolean ttl) {}

    private static final Run PLAIN = new Run(BEFORE, false);
    private static final Run EVOLVED = new Run(AFTER, false);
    private static final Run TTL = new Run(BEFORE, true);
    private static final Run EVOLVED_TTL = new Run(AFTER, true);

    @TempDir Path root;
    private final AtomicLong nowMillis = new AtomicLong(1_000);
    private BackendHarness harness;
    private AbstractKeyedStateBackend<String> backend;
    private ValueState<TestType> value;
    private ListState<TestType> list;
    private MapState<Integer, TestType> map;

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
    void statesThatGetATimeToLiveGoOn(String style) throws Exception {
        runAll(style, false, PLAIN, TTL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"leveled", "size-tiered"})
    void statesWithATimeToLiveGetAnotherSchema(String style) throws Exception {
        runAll(style, false, TTL, EVOLVED_TTL);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void statesChangeWithEveryRestore(boolean canonical) throws Exception {
        runAll("leveled", canonical, PLAIN, TTL, EVOLVED_TTL, EVOLVED, EVOLVED_TTL);
    }

    /** Its trees are compacted meanwhile, by what their files say of themselves. */
    @Test
    void statesThatARunDoesNotRegisterChangeAfterIt() throws Exception {
        start("size-tiered", PLAIN);
        write(0);
        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        backend = restored("size-tiered", handle);
        for (LsmTree tree : trees()) {
            tree.compactAll();
        }
        handle = harness.checkpoint(backend, 2);
        harness.dispose(backend);

        backend = restored("size-tiered", handle);
        register(EVOLVED_TTL);
        write(1);

        check(1);
    }

    /** Half of a state is in no checkpoint, whatever the job does with the exception. */
    @Test
    void aMigrationThatFailsStopsTheBackend() throws Exception {
        start("leveled", PLAIN);
        write(0);
        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        backend = restored("leveled", handle);
        TypeSerializer<TestType> failing =
                new TestType.V2TestTypeSerializer() {
                    @Override
                    public void serialize(TestType record, DataOutputView target)
                            throws IOException {
                        if (record.equals(element(KEYS - 1, 0))) {
                            throw new IllegalStateException("a bug of the user");
                        }
                        super.serialize(record, target);
                    }
                };

        assertThatThrownBy(() -> register(new Run(failing, true)))
                .hasStackTraceContaining("[kv/value] an entry could not be migrated")
                .hasRootCauseMessage("a bug of the user");

        assertThatThrownBy(() -> harness.checkpoint(backend, 2))
                .hasStackTraceContaining("[tree kv/value] not all of its entries were rewritten");
        harness.dispose(backend);
        backend = restored("leveled", handle);
        register(EVOLVED_TTL);
        check(0);
    }

    /**
     * A subtask that has not registered a state since its schema changed carries the older one. A
     * restore that gives both to one subtask would read one as the other.
     */
    @ParameterizedTest
    @CsvSource({"false, 0", "false, 1", "true, 0", "true, 1"})
    void twoSchemasOfOneStateAreNotRestoredAsOne(boolean canonical, int evolved) throws Exception {
        List<KeyedStateHandle> handles = new ArrayList<>();
        for (int half = 0; half < 2; half++) {
            backend =
                    harness.restore(
                            backend("leveled"),
                            StringSerializer.INSTANCE,
                            KeyGroupRange.of(half * 4, half * 4 + 3),
                            List.of());
            register(half == evolved ? EVOLVED : PLAIN);
            handles.add(
                    canonical
                            ? harness.canonicalSavepoint(backend, 1)
                            : harness.checkpoint(backend, 1));
            harness.dispose(backend);
        }

        assertThatThrownBy(
                        () ->
                                harness.restore(
                                        backend("leveled"),
                                        StringSerializer.INSTANCE,
                                        harness.allKeyGroups(),
                                        handles))
                .hasStackTraceContaining("[value] subtasks have it in two schemas")
                .hasStackTraceContaining("restore with the parallelism that the snapshot has");
        for (KeyedStateHandle handle : handles) {
            backend = restored("leveled", handle);
            register(EVOLVED);
            harness.dispose(backend);
        }
    }

    private void runAll(String style, boolean canonical, Run first, Run... later) throws Exception {
        start(style, first);
        write(0);
        check(0);
        for (int round = 1; round <= later.length; round++) {
            KeyedStateHandle handle =
                    canonical
                            ? harness.canonicalSavepoint(backend, round)
                            : harness.checkpoint(backend, round);
            harness.dispose(backend);
            backend = restored(style, handle);
            register(later[round - 1]);
            awaitIdle();
            check(round - 1);
            write(round);
            awaitIdle();
            check(round);
        }
        for (LsmTree tree : trees()) {
            tree.compactAll();
            assertThat(tree.stats().filterFailures()).as(tree.name()).isZero();
        }
        check(later.length);
    }

    private void start(String style, Run run) throws Exception {
        backend = harness.create(backend(style), StringSerializer.INSTANCE);
        register(run);
    }

    private AbstractKeyedStateBackend<String> restored(String style, KeyedStateHandle handle)
            throws Exception {
        return harness.restore(
                backend(style), StringSerializer.INSTANCE, harness.allKeyGroups(), List.of(handle));
    }

    private void register(Run run) throws Exception {
        value = state(new ValueStateDescriptor<>("value", run.serializer()), run.ttl());
        list = state(new ListStateDescriptor<>("list", run.serializer()), run.ttl());
        map =
                state(
                        new MapStateDescriptor<>("map", IntSerializer.INSTANCE, run.serializer()),
                        run.ttl());
    }

    private <S extends State> S state(StateDescriptor<S, ?> descriptor, boolean ttl)
            throws Exception {
        if (ttl) {
            descriptor.enableTimeToLive(
                    StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS)).build());
        }
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    /** Lists are written whole once and grow by operands; a seventh of the keys is cleared. */
    private void write(int round) throws Exception {
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            if (isCleared(key, round)) {
                value.clear();
                list.clear();
                map.clear();
                continue;
            }
            value.update(element(key, round));
            map.put(round, element(key, round));
            if (round == 0) {
                list.update(List.of(element(key, round)));
            } else {
                list.add(element(key, round));
            }
        }
    }

    private static boolean isCleared(int key, int round) {
        return key % 7 == round;
    }

    private void check(int lastRound) throws Exception {
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            List<TestType> expected = new ArrayList<>();
            for (int round = 0; round <= lastRound; round++) {
                if (isCleared(key, round)) {
                    expected.clear();
                } else {
                    expected.add(element(key, round));
                }
            }
            Iterable<TestType> elements = list.get();
            if (expected.isEmpty()) {
                assertThat(value.value()).isNull();
                assertThat(elements).isNullOrEmpty();
                assertThat(map.values()).isEmpty();
            } else {
                assertThat(value.value()).isEqualTo(expected.get(expected.size() - 1));
                assertThat(elements).as("key %s", key).containsExactlyElementsOf(expected);
                assertThat(map.values()).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }

    private void awaitIdle() throws Exception {
        trees().get(0).awaitIdle();
    }

    private static TestType element(int key, int round) {
        return new TestType("element " + key + " of round " + round, round);
    }

    private List<LsmTree> trees() {
        LsmKeyedStateBackend<String> lsm = (LsmKeyedStateBackend<String>) backend;
        return Stream.of("value", "list", "map")
                .map(name -> Objects.requireNonNull(lsm.registry().state(name)).tree())
                .toList();
    }

    private static LsmStateBackend backend(String style) {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.COMPACTION_STYLE, style)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }
}
