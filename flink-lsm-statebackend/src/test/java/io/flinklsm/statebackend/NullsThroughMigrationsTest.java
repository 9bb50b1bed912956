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
import io.flinklsm.statebackend.suites.Variant;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.apache.flink.api.common.state.StateTtlConfig.UpdateType;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.runtime.testutils.statemigration.TestType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Null, empty and absent, as values, elements of lists and values of maps: a restore that switches
 * the time to live on or off, or changes the schema, shows the same as before. The HashMap backend
 * goes the same ways wherever it can, which says that what is expected is right.
 */
class NullsThroughMigrationsTest {

    private static final long TTL_MILLIS = 1_000;
    private static final int ABSENT = -1;

    /** What is stored, and whether its serializer takes null. */
    enum Values {
        STRINGS(true) {
            @Override
            TypeSerializer<?> serializer(boolean first) {
                return StringSerializer.INSTANCE;
            }

            @Override
            Object of(int number) {
                return number == 0 ? "" : "value " + number;
            }
        },
        LONGS(false) {
            @Override
            TypeSerializer<?> serializer(boolean first) {
                return LongSerializer.INSTANCE;
            }

            @Override
            Object of(int number) {
                return (long) number;
            }
        },
        /** Longer from the first restore on. */
        EVOLVING(false) {
            @Override
            TypeSerializer<?> serializer(boolean first) {
                return first
                        ? new TestType.V1TestTypeSerializer()
                        : new TestType.V2TestTypeSerializer();
            }

            @Override
            Object of(int number) {
                return new TestType("value " + number, number);
            }
        };

        final boolean takeNull;

        Values(boolean takeNull) {
            this.takeNull = takeNull;
        }

        abstract TypeSerializer<?> serializer(boolean first);

        abstract Object of(int number);

        @SuppressWarnings("unchecked")
        TypeSerializer<Object> serializerOfObjects(boolean first) {
            return (TypeSerializer<Object>) serializer(first);
        }
    }

    /** Which backend writes the snapshots, of which form, and which one restores them. */
    enum Way {
        HASH_MAP(false, false, false),
        NATIVE(true, true, false),
        CANONICAL(true, true, true),
        FROM_HASH_MAP(false, true, true),
        TO_HASH_MAP(true, false, true);

        final boolean writesHere;
        final boolean readsHere;
        final boolean isCanonical;

        Way(boolean writesHere, boolean readsHere, boolean isCanonical) {
            this.writesHere = writesHere;
            this.readsHere = readsHere;
            this.isCanonical = isCanonical;
        }

        /** Whether what was restored can be written and restored once more. */
        boolean isChain() {
            return writesHere == readsHere;
        }
    }

    static Stream<Arguments> ways() {
        List<Arguments> ways = new ArrayList<>();
        for (Way way : Way.values()) {
            for (Values values : Values.values()) {
                for (String steps :
                        List.of(
                                "off on",
                                "on off",
                                "on on",
                                "off off",
                                "off on off",
                                "on off on",
                                "off on off on")) {
                    if (isPossible(way, values, steps)) {
                        ways.add(Arguments.of(way, values, steps));
                    }
                }
            }
        }
        return ways.stream();
    }

    /**
     * The HashMap backend takes a null of any type while TTL is on, and then cannot write it in a
     * snapshot (nor, in places, copy it) if the serializer takes none; in canonical savepoints it
     * cannot write it without TTL either. And it does not know the form that this backend has for
     * such a null with a time.
     */
    private static boolean isPossible(Way way, Values values, String steps) {
        boolean isShort = steps.indexOf(' ') == steps.lastIndexOf(' ');
        if (!way.isChain() && !isShort) {
            return false;
        }
        if (values.takeNull || (way.writesHere && way.readsHere)) {
            return true;
        }
        boolean isCopied = steps.equals("off on") && values == Values.LONGS;
        return way != Way.FROM_HASH_MAP && (isCopied || steps.equals("off off"));
    }

    @TempDir Path root;
    private final AtomicLong nowMillis = new AtomicLong(5_000);
    private BackendHarness harness;

    private Values values = Values.STRINGS;
    private AbstractKeyedStateBackend<String> backend;
    private ValueState<Object> value;
    private ListState<Object> list;
    private MapState<String, Object> map;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 8, nowMillis::get);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @MethodSource("ways")
    void whatWasThereIsThere(Way way, Values ofStates, String steps) throws Exception {
        values = ofStates;
        List<String> all = List.of(steps.split(" "));
        backend = harness.create(stateBackend(way.writesHere), StringSerializer.INSTANCE);
        register(all.get(0).equals("on"), true, UpdateType.OnCreateAndWrite);
        write();
        check();
        for (int step = 1; step < all.size(); step++) {
            restore(way.readsHere, snapshot(way, step));
            register(all.get(step).equals("on"), false, UpdateType.OnCreateAndWrite);
            check();
            nowMillis.addAndGet(TTL_MILLIS / 10);
        }
        if (way.readsHere) {
            // What came out of the last step can be written, too, and be read as it is.
            boolean ttl = steps.endsWith("on");
            restore(true, snapshot(way, all.size()));
            register(ttl, false, UpdateType.OnCreateAndWrite);
            check();
        }
        if (steps.endsWith("on")) {
            nowMillis.addAndGet(TTL_MILLIS);
            checkExpired();
        }
    }

    /** Reading gives an entry a new time: a null, too. */
    @ParameterizedTest
    @EnumSource(Values.class)
    void nullsThatAreReadLiveOn(Values ofStates) throws Exception {
        values = ofStates;
        backend = harness.create(stateBackend(true), StringSerializer.INSTANCE);
        register(false, true, UpdateType.OnReadAndWrite);
        write();
        restore(true, snapshot(Way.NATIVE, 1));
        register(true, false, UpdateType.OnReadAndWrite);
        for (int i = 0; i < 4; i++) {
            nowMillis.addAndGet(TTL_MILLIS / 2);
            check();
        }
        compactAll();
        check();
        nowMillis.addAndGet(TTL_MILLIS);
        checkExpired();
    }

    private void write() throws Exception {
        at("some");
        value.update(values.of(1));
        list.addAll(elements(1, 0, 2));
        fill(1, null, 0);
        at("empty");
        value.update(values.of(0));
        list.add(values.of(0));
        fill(0);
        at("null");
        value.update(values.of(1));
        value.update(null);
        fill((Integer) null);
        at("cleared");
        value.update(values.of(1));
        value.clear();
        list.add(values.of(1));
        list.clear();
        fill(1, null);
        map.clear();
        at("removed");
        list.add(values.of(1));
        list.update(List.of());
        fill(1, null);
        map.remove("0");
        map.remove("1");
        at("overwritten");
        value.update(values.of(1));
        value.update(values.of(2));
        list.add(values.of(1));
        list.update(elements(2));
        fill(1, null, 3);
        fill(null, 2, null);
    }

    private void check() throws Exception {
        checkKey("some", 1, Arrays.asList(1, 0, 2), Arrays.asList(1, null, 0));
        checkKey("empty", 0, List.of(0), List.of(0));
        checkKey("null", ABSENT, List.of(), Collections.singletonList(null));
        checkKey("cleared", ABSENT, List.of(), List.of());
        checkKey("removed", ABSENT, List.of(), List.of());
        checkKey("overwritten", 2, List.of(2), Arrays.asList(null, 2, null));
        checkKey("never", ABSENT, List.of(), List.of());
    }

    private void checkKey(String key, int ofValue, List<Integer> ofList, List<Integer> ofMap)
            throws Exception {
        at(key);
        assertThat(value.value()).as(key).isEqualTo(ofValue == ABSENT ? null : values.of(ofValue));
        Iterable<Object> elements = list.get();
        List<Object> seenElements = new ArrayList<>();
        if (elements != null) {
            elements.forEach(seenElements::add);
        }
        assertThat(seenElements).as(key).isEqualTo(elements(ofList.toArray(new Integer[0])));
        Map<String, Object> expected = new HashMap<>();
        for (int i = 0; i < ofMap.size(); i++) {
            expected.put(String.valueOf(i), valueOrNull(ofMap.get(i)));
        }
        Map<String, Object> seen = new LinkedHashMap<>();
        map.entries().forEach(entry -> seen.put(entry.getKey(), entry.getValue()));
        assertThat(seen).as(key).isEqualTo(expected);
        assertThat(map.keys()).as(key).containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(map.values()).as(key).containsExactlyInAnyOrderElementsOf(expected.values());
        assertThat(map.isEmpty()).as(key).isEqualTo(expected.isEmpty());
        for (String userKey : List.of("0", "1", "2", "3")) {
            assertThat(map.contains(userKey)).as(key).isEqualTo(expected.containsKey(userKey));
            assertThat(map.get(userKey)).as(key).isEqualTo(expected.get(userKey));
        }
    }

    /** Nothing shows any more, nulls neither, and compactions leave nothing. */
    private void checkExpired() throws Exception {
        for (String key : List.of("some", "empty", "null", "overwritten")) {
            at(key);
            assertThat(value.value()).as(key).isNull();
            assertThat(list.get()).as(key).isNullOrEmpty();
            assertThat(map.entries()).as(key).isEmpty();
            assertThat(map.contains("0")).as(key).isFalse();
            assertThat(map.contains("1")).as(key).isFalse();
        }
        if (backend instanceof LsmKeyedStateBackend<?>) {
            compactAll();
            for (LsmTree tree : trees()) {
                assertThat(tree.stats().levels())
                        .as(tree.name())
                        .allSatisfy(level -> assertThat(level.entries()).isZero());
                assertThat(tree.stats().filterFailures()).isZero();
            }
            at("null");
            assertThat(map.isEmpty()).isTrue();
        }
    }

    private void fill(Integer... numbers) throws Exception {
        for (int i = 0; i < numbers.length; i++) {
            map.put(String.valueOf(i), valueOrNull(numbers[i]));
        }
    }

    private Object valueOrNull(Integer number) {
        return number == null ? null : values.of(number);
    }

    private List<Object> elements(Integer... numbers) {
        return Arrays.stream(numbers).map(number -> values.of(number)).toList();
    }

    private void at(String key) {
        backend.setCurrentKey(key);
    }

    private void register(boolean ttl, boolean first, UpdateType updates) throws Exception {
        TypeSerializer<Object> serializer = values.serializerOfObjects(first);
        value = state(new ValueStateDescriptor<>("value", serializer), ttl, updates);
        list = state(new ListStateDescriptor<>("list", serializer), ttl, updates);
        map =
                state(
                        new MapStateDescriptor<>("map", StringSerializer.INSTANCE, serializer),
                        ttl,
                        updates);
    }

    private <S extends State> S state(
            StateDescriptor<S, ?> descriptor, boolean ttl, UpdateType updates) throws Exception {
        if (ttl) {
            descriptor.enableTimeToLive(
                    StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS))
                            .setUpdateType(updates)
                            .build());
        }
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    private KeyedStateHandle snapshot(Way way, long id) throws Exception {
        return way.isCanonical
                ? harness.canonicalSavepoint(backend, id)
                : harness.checkpoint(backend, id);
    }

    private void restore(boolean here, KeyedStateHandle handle) throws Exception {
        harness.dispose(backend);
        backend =
                harness.restore(
                        stateBackend(here),
                        StringSerializer.INSTANCE,
                        harness.allKeyGroups(),
                        List.of(handle));
    }

    private static StateBackend stateBackend(boolean here) {
        return here ? Variant.INCREMENTAL_TINY.newBackend() : new HashMapStateBackend();
    }

    private List<LsmTree> trees() {
        LsmKeyedStateBackend<String> lsm = (LsmKeyedStateBackend<String>) backend;
        return Stream.of("value", "list", "map")
                .map(name -> Objects.requireNonNull(lsm.registry().state(name)).tree())
                .toList();
    }

    private void compactAll() throws Exception {
        for (LsmTree tree : trees()) {
            tree.compactAll();
        }
    }
}
