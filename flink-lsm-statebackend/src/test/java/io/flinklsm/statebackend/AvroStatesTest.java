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
import io.flinklsm.statebackend.testing.AvroOrder;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States of Avro's records, specific and generic ones, also when their schema changes. */
final class AvroStatesTest {

    private static final int KEYS = 500;

    private static final Schema BEFORE =
            new Schema.Parser()
                    .parse(
                            """
                            {"type": "record", "name": "Visit", "namespace": "test", "fields": [
                             {"name": "page", "type": "string"},
                             {"name": "kind", "type": {"type": "enum", "name": "Kind",
                              "symbols": ["OPEN", "CLOSE"]}},
                             {"name": "count", "type": "int"}]}
                            """);

    /**
     * A field that is wider, one that may be something else, and a constant in front of the others.
     * No field more: Flink's migration writes a generic record as it was read, by the places of its
     * fields.
     */
    private static final Schema AFTER =
            new Schema.Parser()
                    .parse(
                            """
                            {"type": "record", "name": "Visit", "namespace": "test", "fields": [
                             {"name": "page", "type": ["long", "string"]},
                             {"name": "kind", "type": {"type": "enum", "name": "Kind",
                              "symbols": ["IDLE", "OPEN", "CLOSE"]}},
                             {"name": "count", "type": "long"}]}
                            """);

    @TempDir Path root;

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("64kb"))
                .set(LsmBackendOptions.LEVEL0_TRIGGER, 2);
    }

    private static AbstractKeyedStateBackend<String> restored(
            BackendHarness harness, KeyedStateHandle handle) throws Exception {
        return harness.restore(
                backend(), StringSerializer.INSTANCE, harness.allKeyGroups(), List.of(handle));
    }

    private static <S extends State> S state(
            AbstractKeyedStateBackend<String> backend, StateDescriptor<S, ?> descriptor)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    private static ValueState<AvroOrder> orders(AbstractKeyedStateBackend<String> backend)
            throws Exception {
        return state(
                backend,
                new ValueStateDescriptor<>("orders", new AvroSerializer<>(AvroOrder.class)));
    }

    private static ListState<GenericRecord> list(
            AbstractKeyedStateBackend<String> backend, Schema schema) throws Exception {
        return state(
                backend,
                new ListStateDescriptor<>(
                        "list", new AvroSerializer<>(GenericRecord.class, schema)));
    }

    private static MapState<Integer, GenericRecord> map(
            AbstractKeyedStateBackend<String> backend, Schema schema) throws Exception {
        return state(
                backend,
                new MapStateDescriptor<>(
                        "map",
                        IntSerializer.INSTANCE,
                        new AvroSerializer<>(GenericRecord.class, schema)));
    }

    private static GenericRecord visit(Schema schema, int number) {
        GenericRecord visit = new GenericData.Record(schema);
        visit.put("page", "page " + number % 7);
        visit.put(
                "kind",
                new GenericData.EnumSymbol(
                        schema.getField("kind").schema(), number % 2 == 0 ? "OPEN" : "CLOSE"));
        visit.put("count", schema == BEFORE ? (Object) number : (Object) (long) number);
        return visit;
    }

    private static void write(
            AbstractKeyedStateBackend<String> backend, Schema schema, int from, int round)
            throws Exception {
        for (int i = from; i < KEYS; i++) {
            backend.setCurrentKey("key " + i);
            orders(backend).update(AvroOrder.of(i + round));
            list(backend, schema).update(List.of(visit(schema, i), visit(schema, round)));
            map(backend, schema).put(i % 5, visit(schema, i + round));
        }
    }

    private static void check(AbstractKeyedStateBackend<String> backend, Schema schema, int round)
            throws Exception {
        for (int i = 0; i < KEYS; i++) {
            backend.setCurrentKey("key " + i);
            assertThat(Objects.requireNonNull(orders(backend).value()).hasContentOf(i + round))
                    .isTrue();
            List<String> visits = new ArrayList<>();
            list(backend, schema).get().forEach(visit -> visits.add(visit.toString()));
            assertThat(visits)
                    .containsExactly(visit(schema, i).toString(), visit(schema, round).toString());
            assertThat(map(backend, schema).get(i % 5).toString())
                    .isEqualTo(visit(schema, i + round).toString());
        }
    }

    private static void compact(AbstractKeyedStateBackend<String> backend) throws Exception {
        for (String name : List.of("orders", "list", "map")) {
            tree(backend, name).compactAll();
        }
    }

    private static LsmTree tree(AbstractKeyedStateBackend<String> backend, String name) {
        LsmKeyedStateBackend<String> lsm = (LsmKeyedStateBackend<String>) backend;
        return Objects.requireNonNull(lsm.registry().state(name)).tree();
    }

    @Test
    void recordsComeBackThroughFlushesCompactionsAndRestores() throws Exception {
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<String> backend =
                    harness.create(backend(), StringSerializer.INSTANCE);
            for (int round = 0; round < 3; round++) {
                write(backend, BEFORE, 0, round);
                compact(backend);
            }
            check(backend, BEFORE, 2);
            KeyedStateHandle handle = harness.checkpoint(backend, 1);
            harness.dispose(backend);

            // Nothing is registered: files are merged by what they say of themselves.
            backend = restored(harness, handle);
            compact(backend);
            handle = harness.checkpoint(backend, 2);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, BEFORE, 2);
            handle = harness.canonicalSavepoint(backend, 3);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, BEFORE, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSchemaThatChangedIsMigrated(boolean canonical) throws Exception {
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<String> backend =
                    harness.create(backend(), StringSerializer.INSTANCE);
            write(backend, BEFORE, 0, 0);
            KeyedStateHandle handle =
                    canonical
                            ? harness.canonicalSavepoint(backend, 1)
                            : harness.checkpoint(backend, 1);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, AFTER, 0);
            // Half of them with the schema of now, beside files that had the one before.
            write(backend, AFTER, KEYS / 2, 0);
            compact(backend);
            check(backend, AFTER, 0);
            handle = harness.checkpoint(backend, 2);
            harness.dispose(backend);

            backend = restored(harness, handle);
            check(backend, AFTER, 0);
            GenericRecord wider = visit(AFTER, 1);
            wider.put("page", 1L << 40);
            backend.setCurrentKey("key 0");
            map(backend, AFTER).putAll(Map.of(0, wider));
            compact(backend);
            assertThat(map(backend, AFTER).get(0).get("page")).isEqualTo(1L << 40);
        }
    }
}
