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
package io.flinklsm.statebackend.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.KeyedBackendFixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.queryablestate.client.state.serialization.KvStateSerializer;
import org.apache.flink.runtime.state.internal.InternalListState;
import org.apache.flink.runtime.state.internal.InternalReducingState;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What states promise beyond what Flink's suite asks. */
class StatesTest {

    private static final MapStateDescriptor<Integer, String> MAP =
            new MapStateDescriptor<>("map", IntSerializer.INSTANCE, StringSerializer.INSTANCE);
    private static final ListStateDescriptor<Integer> LIST =
            new ListStateDescriptor<>("list", IntSerializer.INSTANCE);

    private KeyedBackendFixture<String> fixture;

    @BeforeEach
    void open() throws Exception {
        // More than 128 key groups: two bytes of key group before every key.
        fixture = new KeyedBackendFixture<>(StringSerializer.INSTANCE, 1000);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void defaultValueIsCopiedForEveryReader() throws Exception {
        ValueStateDescriptor<List<Integer>> descriptor =
                new ValueStateDescriptor<>(
                        "value", new ListSerializer<>(IntSerializer.INSTANCE), List.of(1, 2));
        ValueState<List<Integer>> state = fixture.state(descriptor);
        fixture.backend.setCurrentKey("a");

        state.value().add(3);

        assertThat(state.value()).containsExactly(1, 2);
    }

    @Test
    void whatAReaderGetsIsDetachedFromTheStore() throws Exception {
        InternalListState<String, String, Integer> list = fixture.stateIn("ns", LIST);
        fixture.backend.setCurrentKey("a");
        list.addAll(Arrays.asList(1, 2));

        list.getInternal().add(3);

        assertThat(list.getInternal()).containsExactly(1, 2);
    }

    @Test
    void aRefusedListChangesNothing() throws Exception {
        ListState<Integer> list = fixture.state(LIST);
        fixture.backend.setCurrentKey("a");
        list.add(1);

        assertThatThrownBy(() -> list.addAll(Arrays.asList(2, null)))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.update(Arrays.asList(2, null)))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.add(null)).isInstanceOf(NullPointerException.class);

        assertThat(list.get()).containsExactly(1);
    }

    @Test
    void ofAListInPiecesNoneIsWrittenIfAnElementIsRefused() throws Exception {
        InternalListState<String, String, Integer> list = fixture.stateIn("ns", LIST);
        fixture.backend.setCurrentKey("a");
        list.add(1);
        // More than four megabytes: it is written in two pieces.
        List<Integer> elements = new ArrayList<>(Collections.nCopies(1_000_000, 2));
        elements.add(null);

        assertThatThrownBy(() -> list.addAll(elements)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> list.update(elements)).isInstanceOf(NullPointerException.class);
        assertThat(list.getInternal()).containsExactly(1);

        elements.set(elements.size() - 1, 3);
        list.update(elements);
        assertThat(list.getInternal()).isEqualTo(elements);
    }

    @Test
    void rowsOfOneKeyAreNotSeenUnderAnother() throws Exception {
        ValueState<Long> state =
                fixture.state(new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        for (int i = 0; i < 500; i++) {
            fixture.backend.setCurrentKey("key" + i);
            state.update((long) i);
        }

        for (int i = 499; i >= 0; i--) {
            fixture.backend.setCurrentKey("key" + i);
            assertThat(state.value()).isEqualTo(i);
        }
        fixture.backend.setCurrentKey("key500");
        assertThat(state.value()).isNull();
    }

    @Test
    void keyAndNamespaceOfVariableLengthDoNotRunIntoEachOther() throws Exception {
        ListStateDescriptor<Integer> descriptor = LIST;
        fixture.backend.setCurrentKey("a");
        InternalListState<String, String, Integer> list = fixture.stateIn("bc", descriptor);
        list.add(1);

        fixture.backend.setCurrentKey("ab");
        list.setCurrentNamespace("c");

        assertThat(list.getInternal()).isNull();
    }

    @Test
    @SuppressWarnings("unchecked") // The backend knows no type of its states.
    void rowsWithANamespaceOfFixedLengthAreThoseThatQueriesBuild() throws Exception {
        InternalValueState<String, Long, Long> state =
                (InternalValueState<String, Long, Long>)
                        fixture.backend.getPartitionedState(
                                0L,
                                LongSerializer.INSTANCE,
                                new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        List<String> keys = List.of("a", "a longer key", "b");
        List<Long> namespaces = List.of(7L, 8L, 7L << 32);
        for (long namespace : namespaces) {
            state.setCurrentNamespace(namespace);
            for (String key : keys) {
                fixture.backend.setCurrentKey(key);
                state.update(namespace + key.length());
            }
        }

        for (String key : keys) {
            fixture.backend.setCurrentKey(key);
            for (long namespace : namespaces) {
                state.setCurrentNamespace(namespace);
                assertThat(state.value()).isEqualTo(namespace + key.length());
                byte[] queried =
                        state.getSerializedValue(
                                KvStateSerializer.serializeKeyAndNamespace(
                                        key,
                                        StringSerializer.INSTANCE,
                                        namespace,
                                        LongSerializer.INSTANCE),
                                StringSerializer.INSTANCE,
                                LongSerializer.INSTANCE,
                                LongSerializer.INSTANCE);
                assertThat(queried)
                        .isEqualTo(
                                KvStateSerializer.serializeValue(
                                        namespace + key.length(), LongSerializer.INSTANCE));
            }
        }
    }

    @Test
    void aNamespaceMustNotBeNull() throws Exception {
        InternalListState<String, String, Integer> list = fixture.stateIn("ns", LIST);

        assertThatThrownBy(() -> list.setCurrentNamespace(null))
                .isInstanceOf(NullPointerException.class);
    }

    @Test
    void stateOutsideAKeyedContextIsRefused() throws Exception {
        ValueState<Long> state =
                fixture.state(new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));

        assertThatThrownBy(state::value)
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("no current key");
    }

    @Test
    void mergedListKeepsTheOrderTargetThenSources() throws Exception {
        fixture.backend.setCurrentKey("a");
        InternalListState<String, String, Integer> list = fixture.stateIn("target", LIST);
        list.add(1);
        list.setCurrentNamespace("first");
        list.addAll(Arrays.asList(2, 3));
        list.setCurrentNamespace("second");
        list.add(4);

        list.mergeNamespaces("target", Arrays.asList("first", null, "absent", "second"));

        list.setCurrentNamespace("target");
        assertThat(list.getInternal()).containsExactly(1, 2, 3, 4);
        assertThat(fixture.backend.numKeyValueStateEntries()).isEqualTo(1);
    }

    @Test
    void mergingIntoAnAbsentTargetMakesIt() throws Exception {
        ReducingStateDescriptor<Long> sum =
                new ReducingStateDescriptor<>("sum", Long::sum, LongSerializer.INSTANCE);
        fixture.backend.setCurrentKey("a");
        InternalReducingState<String, String, Long> state = fixture.stateIn("one", sum);
        state.add(1L);
        state.setCurrentNamespace("two");
        state.add(2L);

        state.mergeNamespaces("target", List.of("one", "two"));

        state.setCurrentNamespace("target");
        assertThat(state.get()).isEqualTo(3L);
        assertThat(fixture.backend.numKeyValueStateEntries()).isEqualTo(1);
    }

    @Test
    void aMapIsIteratedInOrderOfSerialisedUserKeys() throws Exception {
        MapState<Integer, String> map = fixture.state(MAP);
        fixture.backend.setCurrentKey("a");
        for (int userKey : new int[] {-1, 7, 0, 1000, -1000}) {
            map.put(userKey, "v" + userKey);
        }

        // Unsigned byte order of big-endian ints.
        assertThat(map.keys()).containsExactly(0, 7, 1000, -1000, -1);
    }

    @Test
    void aMapOfManyPagesIsIteratedCompletely() throws Exception {
        MapState<Integer, String> map = filledMap(5000);
        fixture.stateTree("map").flush();
        map.put(2500, "newer");

        Map<Integer, String> seen = new TreeMap<>();
        for (Map.Entry<Integer, String> entry : map.entries()) {
            assertThat(seen.put(entry.getKey(), entry.getValue())).isNull();
        }

        assertThat(seen).hasSize(5000).containsEntry(2500, "newer").containsEntry(4999, "v4999");
    }

    @Test
    void entriesAreRemovedWhileIterating() throws Exception {
        MapState<Integer, String> map = filledMap(1000);

        Iterator<Map.Entry<Integer, String>> iterator = map.iterator();
        while (iterator.hasNext()) {
            if (iterator.next().getKey() % 3 != 0) {
                iterator.remove();
            }
        }

        assertThat(map.keys()).hasSize(334).allMatch(userKey -> userKey % 3 == 0);
    }

    @Test
    void theMapMayChangeWhileItIsIterated() throws Exception {
        MapState<Integer, String> map = filledMap(1000);

        List<Integer> seen = new ArrayList<>();
        for (Map.Entry<Integer, String> entry : map.entries()) {
            seen.add(entry.getKey());
            // Behind the iteration, and far ahead of it.
            map.remove(entry.getKey());
            if (entry.getKey() == 10) {
                map.remove(900);
                map.put(2000, "late");
            }
        }

        assertThat(seen).hasSize(1000).doesNotContain(900).contains(2000).doesNotHaveDuplicates();
        assertThat(map.isEmpty()).isTrue();
    }

    @Test
    void anIterationStaysWithTheKeyItBeganUnder() throws Exception {
        MapState<Integer, String> map = filledMap(300);
        Iterator<Map.Entry<Integer, String>> iterator = map.iterator();
        Map.Entry<Integer, String> first = iterator.next();
        fixture.backend.setCurrentKey("other");
        map.put(0, "of other");

        first.setValue("changed");
        iterator.next();
        iterator.remove();
        int rest = 0;
        while (iterator.hasNext()) {
            iterator.next();
            rest++;
        }

        assertThat(rest).isEqualTo(298);
        assertThat(map.get(0)).isEqualTo("of other");
        fixture.backend.setCurrentKey("a");
        assertThat(map.get(0)).isEqualTo("changed");
        assertThat(map.contains(1)).isFalse();
    }

    @Test
    void anEntryStaysUsableWhenTheIterationHasMovedOn() throws Exception {
        MapState<Integer, String> map = filledMap(300);
        List<Map.Entry<Integer, String>> entries = new ArrayList<>();
        map.entries().forEach(entries::add);

        assertThat(entries.get(5).setValue("changed")).isEqualTo("v5");

        assertThat(entries.get(5).getValue()).isEqualTo("changed");
        assertThat(map.get(5)).isEqualTo("changed");
        assertThat(entries.get(299).getKey()).isEqualTo(299);
    }

    @Test
    void pastTheEndOfAMapThereIsNothing() throws Exception {
        MapState<Integer, String> map = filledMap(1);
        Iterator<Integer> keys = map.keys().iterator();
        assertThatThrownBy(keys::remove).isInstanceOf(IllegalStateException.class);
        keys.next();

        assertThatThrownBy(keys::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void aNullInAMapIsAValue() throws Exception {
        MapState<Integer, String> map = fixture.state(MAP);
        fixture.backend.setCurrentKey("a");
        map.put(1, null);
        map.putAll(null);

        assertThat(map.contains(1)).isTrue();
        assertThat(map.get(1)).isNull();
        assertThat(map.values()).containsExactly((String) null);
        assertThat(map.isEmpty()).isFalse();
    }

    @Test
    void clearingAMapLeavesTheMapsOfOtherKeys() throws Exception {
        MapState<Integer, String> map = filledMap(700);
        fixture.stateTree("map").flush();
        fixture.backend.setCurrentKey("other");
        map.put(1, "kept");
        fixture.backend.setCurrentKey("a");
        map.put(701, "in memory");

        map.clear();

        assertThat(map.isEmpty()).isTrue();
        assertThat(map.entries()).isEmpty();
        fixture.backend.setCurrentKey("other");
        assertThat(map.get(1)).isEqualTo("kept");
        assertThat(fixture.backend.numKeyValueStateEntries()).isEqualTo(1);
    }

    @Test
    void largeMapIsClearedInSeveralParts() throws Exception {
        MapState<Integer, String> map = filledMap(20_000);
        fixture.backend.setCurrentKey("other");
        map.put(1, "kept");
        fixture.backend.setCurrentKey("a");

        map.clear();

        assertThat(map.isEmpty()).isTrue();
        map.put(2, "new");
        assertThat(map.keys()).containsExactly(2);
        assertThat(fixture.backend.numKeyValueStateEntries()).isEqualTo(2);
    }

    private MapState<Integer, String> filledMap(int entries) throws Exception {
        MapState<Integer, String> map = fixture.state(MAP);
        fixture.backend.setCurrentKey("a");
        for (int i = 0; i < entries; i++) {
            map.put(i, "v" + i);
        }
        return map;
    }
}
