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
import io.flinklsm.core.TreeStats;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.functions.ReduceFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.apache.flink.runtime.state.internal.InternalReducingState;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values and lists that are larger than the memory of the slot: slower, and otherwise the same. */
class LargeStateTest {

    private static final int MEGABYTE = 1 << 20;
    private static final int LARGE = 40 * MEGABYTE;
    private static final long TTL_MILLIS = 1_000;

    private static final ValueStateDescriptor<byte[]> VALUE =
            new ValueStateDescriptor<>("value", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<byte[]> LIST =
            new ListStateDescriptor<>("list", BytePrimitiveArraySerializer.INSTANCE);
    private static final MapStateDescriptor<Integer, byte[]> MAP =
            new MapStateDescriptor<>(
                    "map", IntSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE);
    private static final ReduceFunction<byte[]> CONCATENATE = LargeStateTest::concatenate;
    private static final ReducingStateDescriptor<byte[]> REDUCED =
            new ReducingStateDescriptor<>(
                    "reduced", CONCATENATE, BytePrimitiveArraySerializer.INSTANCE);

    @TempDir Path root;
    private final AtomicLong nowMillis = new AtomicLong(1_000);
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 4, nowMillis::get);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void valueOfFortyMegabytesInAPoolOfThirtyTwo() throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(lsm());
        InternalValueState<Integer, VoidNamespace, byte[]> value = state(backend, VALUE);
        backend.setCurrentKey(1);
        value.update(bytes(1, LARGE));
        backend.setCurrentKey(2);
        value.update(bytes(2, 100));

        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);

        for (KeyedStateHandle handle : List.of(checkpoint, savepoint)) {
            AbstractKeyedStateBackend<Integer> restored = restore(lsm(), handle);
            InternalValueState<Integer, VoidNamespace, byte[]> again = state(restored, VALUE);
            restored.setCurrentKey(1);
            assertThat(again.value()).isEqualTo(bytes(1, LARGE));
            restored.setCurrentKey(2);
            assertThat(again.value()).isEqualTo(bytes(2, 100));
            harness.dispose(restored);
        }
    }

    @Test
    void mapValuesAndReducedValuesOfFortyMegabytes() throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(lsm());
        InternalMapState<Integer, VoidNamespace, Integer, byte[]> map = state(backend, MAP);
        backend.setCurrentKey(1);
        for (int i = 0; i < 4; i++) {
            map.put(i, bytes(i, i == 2 ? LARGE : 1000));
        }
        InternalReducingState<Integer, VoidNamespace, byte[]> reduced = state(backend, REDUCED);
        for (int i = 0; i < 3; i++) {
            reduced.add(bytes(i, 12 * MEGABYTE));
        }

        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        harness.dispose(backend);

        AbstractKeyedStateBackend<Integer> restored = restore(lsm(), checkpoint);
        InternalMapState<Integer, VoidNamespace, Integer, byte[]> mapAgain = state(restored, MAP);
        restored.setCurrentKey(1);
        assertThat(mapAgain.contains(2)).isTrue();
        assertThat(mapAgain.get(2)).isEqualTo(bytes(2, LARGE));
        Map<Integer, Integer> lengths = new HashMap<>();
        for (Map.Entry<Integer, byte[]> entry : mapAgain.entries()) {
            assertThat(entry.getValue()).isEqualTo(bytes(entry.getKey(), entry.getValue().length));
            lengths.put(entry.getKey(), entry.getValue().length);
        }
        assertThat(lengths).isEqualTo(Map.of(0, 1000, 1, 1000, 2, LARGE, 3, 1000));
        InternalReducingState<Integer, VoidNamespace, byte[]> reducedAgain =
                state(restored, REDUCED);
        assertThat(reducedAgain.get())
                .isEqualTo(
                        concatenate(
                                concatenate(bytes(0, 12 * MEGABYTE), bytes(1, 12 * MEGABYTE)),
                                bytes(2, 12 * MEGABYTE)));
    }

    /** Elements of 1 MiB are operands of a memtable, those of 5 MiB go past it. */
    @ParameterizedTest
    @ValueSource(ints = {MEGABYTE, 5 * MEGABYTE})
    void listOfFortyMegabytesIsAddedToAndReadAndMovesBothWays(int elementBytes) throws Exception {
        int count = LARGE / elementBytes;
        AbstractKeyedStateBackend<Integer> backend = create(lsm());
        InternalListState<Integer, VoidNamespace, byte[]> list = state(backend, LIST);
        backend.setCurrentKey(1);
        for (int i = 0; i < count; i++) {
            list.add(bytes(i, elementBytes));
        }
        checkList(list, count, elementBytes);

        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        KeyedStateHandle savepoint = harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);

        AbstractKeyedStateBackend<Integer> restored = restore(lsm(), checkpoint);
        InternalListState<Integer, VoidNamespace, byte[]> again = state(restored, LIST);
        restored.setCurrentKey(1);
        checkList(again, count, elementBytes);
        again.add(bytes(count, elementBytes));
        checkList(again, count + 1, elementBytes);
        harness.dispose(restored);

        AbstractKeyedStateBackend<Integer> rocks =
                restore(new EmbeddedRocksDBStateBackend(), savepoint);
        InternalListState<Integer, VoidNamespace, byte[]> ofRocks = state(rocks, LIST);
        rocks.setCurrentKey(1);
        checkList(ofRocks, count, elementBytes);
        KeyedStateHandle back = harness.canonicalSavepoint(rocks, 3);
        harness.dispose(rocks);

        AbstractKeyedStateBackend<Integer> returned = restore(lsm(), back);
        InternalListState<Integer, VoidNamespace, byte[]> afterRocks = state(returned, LIST);
        returned.setCurrentKey(1);
        checkList(afterRocks, count, elementBytes);
    }

    @Test
    void listThatIsUpdatedAsAWholeComesFromAndGoesToHashMap() throws Exception {
        int count = 40;
        AbstractKeyedStateBackend<Integer> hashMap = create(new HashMapStateBackend());
        InternalListState<Integer, VoidNamespace, byte[]> list = state(hashMap, LIST);
        hashMap.setCurrentKey(1);
        list.update(elements(0, count));
        KeyedStateHandle savepoint = harness.canonicalSavepoint(hashMap, 1);
        harness.dispose(hashMap);

        AbstractKeyedStateBackend<Integer> backend = restore(lsm(), savepoint);
        InternalListState<Integer, VoidNamespace, byte[]> again = state(backend, LIST);
        backend.setCurrentKey(1);
        checkList(again, count, MEGABYTE);
        again.addAll(elements(count, count));
        checkList(again, 2 * count, MEGABYTE);
        again.update(elements(0, count + 1));
        checkList(again, count + 1, MEGABYTE);
        KeyedStateHandle back = harness.canonicalSavepoint(backend, 2);
        harness.dispose(backend);

        AbstractKeyedStateBackend<Integer> last = restore(new HashMapStateBackend(), back);
        InternalListState<Integer, VoidNamespace, byte[]> ofLast = state(last, LIST);
        last.setCurrentKey(1);
        checkList(ofLast, count + 1, MEGABYTE);
    }

    @Test
    void namespacesOfFortyMegabytesAreMerged() throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(lsm());
        InternalListState<Integer, Integer, byte[]> list =
                (InternalListState<Integer, Integer, byte[]>)
                        backend.getOrCreateKeyedState(IntSerializer.INSTANCE, LIST);
        backend.setCurrentKey(1);
        for (int i = 0; i < 40; i++) {
            list.setCurrentNamespace(1 + i / 20);
            list.add(bytes(i, MEGABYTE));
        }

        list.mergeNamespaces(3, List.of(1, 2));

        list.setCurrentNamespace(3);
        checkList(list, 40, MEGABYTE);
        list.setCurrentNamespace(1);
        assertThat(list.get()).isNull();
    }

    /** What was there is rewritten; what is large expires as all else does. */
    @Test
    void stateOfFortyMegabytesGetsATimeToLiveAndExpires() throws Exception {
        AbstractKeyedStateBackend<Integer> backend = create(lsm());
        InternalValueState<Integer, VoidNamespace, byte[]> value = state(backend, VALUE);
        InternalListState<Integer, VoidNamespace, byte[]> list = state(backend, LIST);
        backend.setCurrentKey(1);
        value.update(bytes(1, LARGE));
        list.update(elements(0, 20));
        list.addAll(elements(20, 20));
        KeyedStateHandle checkpoint = harness.checkpoint(backend, 1);
        harness.dispose(backend);

        AbstractKeyedStateBackend<Integer> restored = restore(lsm(), checkpoint);
        ValueState<byte[]> valueAgain =
                state(
                        restored,
                        mortal(
                                new ValueStateDescriptor<>(
                                        "value", BytePrimitiveArraySerializer.INSTANCE)));
        ListState<byte[]> listAgain =
                state(
                        restored,
                        mortal(
                                new ListStateDescriptor<>(
                                        "list", BytePrimitiveArraySerializer.INSTANCE)));
        restored.setCurrentKey(1);
        assertThat(valueAgain.value()).isEqualTo(bytes(1, LARGE));
        nowMillis.addAndGet(TTL_MILLIS / 2);
        listAgain.addAll(elements(40, 5));
        compactAll(restored);
        checkElements(listAgain.get(), 0, 45);

        nowMillis.addAndGet(TTL_MILLIS / 2 + 1);
        compactAll(restored);

        assertThat(valueAgain.value()).isNull();
        checkElements(listAgain.get(), 40, 45);
        assertThat(sstableBytes(tree(restored, VALUE))).isZero();
        assertThat(sstableBytes(tree(restored, LIST))).isLessThan(6 * MEGABYTE);
    }

    private static void compactAll(AbstractKeyedStateBackend<Integer> backend) throws Exception {
        for (StateDescriptor<?, ?> state : List.of(VALUE, LIST)) {
            LsmTree tree = tree(backend, state);
            tree.compactAll();
            assertThat(tree.stats().filterFailures()).as(tree.name()).isZero();
        }
    }

    private static long sstableBytes(LsmTree tree) {
        return tree.stats().levels().stream().mapToLong(TreeStats.LevelStats::bytes).sum();
    }

    private static LsmTree tree(
            AbstractKeyedStateBackend<Integer> backend, StateDescriptor<?, ?> state) {
        StateRegistry registry = ((LsmKeyedStateBackend<Integer>) backend).registry();
        return Objects.requireNonNull(registry.state(state.getName())).tree();
    }

    private static <S extends StateDescriptor<?, ?>> S mortal(S descriptor) {
        descriptor.enableTimeToLive(
                StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS)).build());
        return descriptor;
    }

    private static void checkElements(Iterable<byte[]> elements, int from, int to) {
        int i = from;
        for (byte[] element : elements) {
            assertThat(element).isEqualTo(bytes(i++, MEGABYTE));
        }
        assertThat(i).isEqualTo(to);
    }

    private static void checkList(
            InternalListState<Integer, ?, byte[]> list, int count, int elementBytes)
            throws Exception {
        int i = 0;
        for (byte[] element : list.get()) {
            assertThat(element).isEqualTo(bytes(i++, elementBytes));
        }
        assertThat(i).isEqualTo(count);
    }

    private static List<byte[]> elements(int from, int count) {
        List<byte[]> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(bytes(from + i, MEGABYTE));
        }
        return elements;
    }

    private static byte[] concatenate(byte[] left, byte[] right) {
        byte[] both = new byte[left.length + right.length];
        System.arraycopy(left, 0, both, 0, left.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static LsmStateBackend lsm() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, MemorySize.parse("32m"));
    }

    private AbstractKeyedStateBackend<Integer> create(StateBackend backend) throws Exception {
        return harness.create(backend, IntSerializer.INSTANCE);
    }

    private AbstractKeyedStateBackend<Integer> restore(
            StateBackend backend, KeyedStateHandle handle) throws Exception {
        TypeSerializer<Integer> keys = IntSerializer.INSTANCE;
        return harness.restore(backend, keys, harness.allKeyGroups(), List.of(handle));
    }

    @SuppressWarnings("unchecked")
    private static <S extends State, I> I state(
            AbstractKeyedStateBackend<Integer> backend, StateDescriptor<S, ?> descriptor)
            throws Exception {
        return (I)
                backend.getPartitionedState(
                        VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }
}
