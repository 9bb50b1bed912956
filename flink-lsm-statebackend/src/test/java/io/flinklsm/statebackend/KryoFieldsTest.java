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
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.RoundTrip;
import io.flinklsm.statebackend.columns.SerializerTypes;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Objects of which Flink gives some fields to Kryo, or to a serializer of the job's own. */
final class KryoFieldsTest {

    private static final int KEYS = 1_000;

    @TempDir Path root;

    /** Flink gives all but the number and the name to Kryo. */
    public static final class Basket {
        public int id;
        public String name = "";
        public TreeSet<String> goods = new TreeSet<>();
        public @Nullable LocalDate day;
        public @Nullable LocalTime time;
        public @Nullable LocalDateTime at;
        public @Nullable UUID owner;

        static Basket of(int number) {
            Basket basket = new Basket();
            basket.id = number;
            basket.name = "basket " + number;
            for (int i = 0; i < number % 4; i++) {
                basket.goods.add("goods " + i);
            }
            if (number % 5 != 0) {
                basket.day = LocalDate.of(1900 + number % 200, 1 + number % 12, 1 + number % 28);
                basket.time = LocalTime.of(number % 24, number % 3, number % 2, number % 7);
                basket.at = basket.day.atTime(basket.time);
                basket.owner = new UUID(number * 0x9E3779B97F4A7C15L, ~number);
            }
            return basket;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Basket basket
                    && basket.id == id
                    && basket.name.equals(name)
                    && basket.goods.equals(goods)
                    && Objects.equals(basket.day, day)
                    && Objects.equals(basket.time, time)
                    && Objects.equals(basket.at, at)
                    && Objects.equals(basket.owner, owner);
        }

        @Override
        public int hashCode() {
            return id;
        }
    }

    private static <T> TypeSerializer<T> serializer(TypeInformation<T> type) {
        return type.createSerializer(new SerializerConfigImpl());
    }

    private static <T> byte[] bytes(TypeSerializer<T> serializer, T value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        return out.getCopyOfBuffer();
    }

    @Test
    void fieldsThatAreKnownStandBesideThoseThatAreNot() throws Exception {
        TypeSerializer<Basket> serializer = serializer(TypeInformation.of(Basket.class));
        ColumnType type = SerializerTypes.ofValue(serializer);
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            values.add(bytes(serializer, Basket.of(i)));
        }

        assertThat(type.toString())
                .contains("\"id\":int32", "\"name\":string")
                .contains("\"goods\":bytes-of[")
                .contains("\"day\":kryo[\"local-date\"", "\"time\":kryo[\"local-time\"")
                .contains("\"at\":kryo[\"local-date-time\"", "\"owner\":kryo[\"uuid\"");
        assertThat(RoundTrip.check(type, values)).containsOnly(true);
        RoundTrip.fuzz(type, values, 3, 2000);
        assertThat(SerializerTypes.of(serializer).toString()).startsWith("opaque");
    }

    @Test
    void anObjectOfWhichNoFieldIsKnownStaysBytes() {
        TypeSerializer<?> kryo = serializer(Types.GENERIC(TreeSet.class));
        TypeSerializer<?> tuple =
                new TupleSerializer<>(tupleClass(), new TypeSerializer<?>[] {kryo, kryo, kryo});

        assertThat(SerializerTypes.ofValue(tuple).toString())
                .startsWith("opaque")
                .contains("field f0: Kryo");
    }

    @SuppressWarnings("unchecked")
    private static Class<Tuple3<Object, Object, Object>> tupleClass() {
        return (Class<Tuple3<Object, Object, Object>>) (Class<?>) Tuple3.class;
    }

    /** What a serializer may do when it reads; what it writes is always right. */
    enum Manners {
        READS_A_BYTE_LESS,
        READS_A_BYTE_MORE,
        READS_NOTHING,
        READS_ALL,
        THROWS,
        OVERFLOWS_THE_STACK,
        KEEPS_ITS_FIRST_INPUT
    }

    @ParameterizedTest
    @EnumSource(Manners.class)
    void whateverASerializerDoesTheBytesComeBack(Manners manners) throws Exception {
        TypeSerializer<?> tuple =
                new TupleSerializer<>(
                        tupleClass(),
                        new TypeSerializer<?>[] {
                            IntSerializer.INSTANCE,
                            new OwnSerializer(manners),
                            StringSerializer.INSTANCE
                        });
        ColumnType type = SerializerTypes.ofValue(tuple);
        assertThat(type.toString()).contains("\"f1\":bytes-of[", "OwnSerializer");
        List<byte[]> values = new ArrayList<>();
        for (String text : List.of("", "a", "longer", "\u00e4\u20ac")) {
            DataOutputSerializer out = new DataOutputSerializer(64);
            out.writeInt(text.length());
            StringSerializer.INSTANCE.serialize(text, out);
            StringSerializer.INSTANCE.serialize(text + "!", out);
            values.add(out.getCopyOfBuffer());
        }

        List<Boolean> typed = RoundTrip.check(type, values);

        assertThat(typed).hasSize(values.size());
        if (manners == Manners.THROWS || manners == Manners.READS_ALL) {
            assertThat(typed).containsOnly(false);
        }
        RoundTrip.fuzz(type, values, 11, 500);
    }

    @Test
    void objectsComeBackThroughFlushesCompactionsAndRestores() throws Exception {
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<String> backend =
                    harness.create(backend(), StringSerializer.INSTANCE);
            for (int round = 0; round < 3; round++) {
                write(backend, round);
                compact(backend);
            }
            check(backend, 2);
            KeyedStateHandle handle = harness.checkpoint(backend, 1);
            harness.dispose(backend);

            // Nothing is registered: files are merged by what they say of themselves.
            backend = restored(harness, handle);
            compact(backend);
            handle = harness.checkpoint(backend, 2);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, 2);
            write(backend, 3);
            compact(backend);
            check(backend, 3);
            handle = harness.canonicalSavepoint(backend, 3);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, 3);
        }
    }

    private static AbstractKeyedStateBackend<String> restored(
            BackendHarness harness, KeyedStateHandle handle) throws Exception {
        return harness.restore(
                backend(), StringSerializer.INSTANCE, harness.allKeyGroups(), List.of(handle));
    }

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }

    private static void compact(AbstractKeyedStateBackend<String> backend) throws Exception {
        LsmKeyedStateBackend<String> lsm = (LsmKeyedStateBackend<String>) backend;
        for (String name : List.of("value", "list", "map")) {
            LsmTree tree = Objects.requireNonNull(lsm.registry().state(name)).tree();
            tree.compactAll();
        }
    }

    private static ValueState<Basket> value(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>("value", Basket.class));
    }

    private static ListState<Basket> list(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ListStateDescriptor<>("list", Basket.class));
    }

    private static MapState<Integer, Basket> map(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new MapStateDescriptor<>("map", Integer.class, Basket.class));
    }

    private static void write(AbstractKeyedStateBackend<String> backend, int round)
            throws Exception {
        ValueState<Basket> value = value(backend);
        ListState<Basket> list = list(backend);
        MapState<Integer, Basket> map = map(backend);
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            value.update(Basket.of(key + round));
            list.add(Basket.of(key + round));
            map.put(round, Basket.of(key + round));
        }
    }

    private static void check(AbstractKeyedStateBackend<String> backend, int lastRound)
            throws Exception {
        ValueState<Basket> value = value(backend);
        ListState<Basket> list = list(backend);
        MapState<Integer, Basket> map = map(backend);
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey("key-" + key);
            List<Basket> expected = new ArrayList<>();
            for (int round = 0; round <= lastRound; round++) {
                expected.add(Basket.of(key + round));
            }
            assertThat(value.value()).isEqualTo(expected.get(lastRound));
            assertThat(list.get()).containsExactlyElementsOf(expected);
            assertThat(map.values()).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    /** Writes a text as Flink's serializer does, and reads it as its manners are. */
    @SuppressWarnings("serial")
    private static final class OwnSerializer extends TypeSerializerSingleton<String> {
        private final Manners manners;
        private transient @Nullable DataInputView first;

        OwnSerializer(Manners manners) {
            this.manners = manners;
        }

        @Override
        public String deserialize(DataInputView source) throws IOException {
            switch (manners) {
                case READS_A_BYTE_LESS -> {
                    int units = source.readByte();
                    for (int i = 2; i < units; i++) {
                        source.readByte();
                    }
                }
                case READS_A_BYTE_MORE -> {
                    StringSerializer.INSTANCE.deserialize(source);
                    source.readByte();
                }
                case READS_NOTHING -> {}
                case READS_ALL -> {
                    while (true) {
                        source.readByte();
                    }
                }
                case THROWS -> throw new IllegalStateException("hostile");
                case OVERFLOWS_THE_STACK -> {
                    return deserialize(source) + deserialize(source);
                }
                case KEEPS_ITS_FIRST_INPUT -> {
                    first = first == null ? source : first;
                    return StringSerializer.INSTANCE.deserialize(first);
                }
            }
            return "";
        }

        @Override
        public void serialize(String record, DataOutputView target) throws IOException {
            StringSerializer.INSTANCE.serialize(record, target);
        }

        @Override
        public boolean isImmutableType() {
            return true;
        }

        @Override
        public String createInstance() {
            return "";
        }

        @Override
        public String copy(String from) {
            return from;
        }

        @Override
        public String copy(String from, String reuse) {
            return from;
        }

        @Override
        public int getLength() {
            return -1;
        }

        @Override
        public String deserialize(String reuse, DataInputView source) throws IOException {
            return deserialize(source);
        }

        @Override
        public void copy(DataInputView source, DataOutputView target) throws IOException {
            StringSerializer.INSTANCE.copy(source, target);
        }

        @Override
        public TypeSerializerSnapshot<String> snapshotConfiguration() {
            throw new UnsupportedOperationException();
        }
    }
}
