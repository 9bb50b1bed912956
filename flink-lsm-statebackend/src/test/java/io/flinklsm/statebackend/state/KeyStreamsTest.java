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

import io.flinklsm.statebackend.KeyedBackendFixture;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.internal.InternalMapState;
import org.apache.flink.runtime.state.internal.InternalValueState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeyStreamsTest {

    private static final MapStateDescriptor<Integer, Integer> MAP =
            new MapStateDescriptor<>("map", IntSerializer.INSTANCE, IntSerializer.INSTANCE);
    private static final ValueStateDescriptor<Integer> VALUE =
            new ValueStateDescriptor<>("value", IntSerializer.INSTANCE);

    private KeyedBackendFixture<String> fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new KeyedBackendFixture<>(StringSerializer.INSTANCE, 8);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    /** FLINK-9804. */
    @Test
    void aKeyOfAMapComesOnce() throws Exception {
        putInMap("a", "ns", 1, 2, 3);
        putInMap("b", "ns", 1, 2);

        try (Stream<String> keys = fixture.backend.getKeys("map", "ns")) {
            assertThat(keys).containsExactlyInAnyOrder("a", "b");
        }
    }

    /** FLINK-8679. */
    @Test
    void keysOfOtherNamespacesAreLeftOut() throws Exception {
        putInMap("a", "ns", 1);
        putInMap("b", "ns2", 1);
        putInMap("c", "n", 1);

        try (Stream<String> keys = fixture.backend.getKeys("map", "ns")) {
            assertThat(keys).containsExactly("a");
        }
    }

    /** FLINK-24597. */
    @Test
    void aPairOfKeyAndNamespaceComesOnce() throws Exception {
        putInMap("a", "one", 1, 2, 3);
        putInMap("a", "two", 1, 2);
        putInMap("b", "one", 7);

        try (Stream<Tuple2<String, String>> pairs = fixture.backend.getKeysAndNamespaces("map")) {
            assertThat(pairs)
                    .containsExactlyInAnyOrder(
                            Tuple2.of("a", "one"), Tuple2.of("a", "two"), Tuple2.of("b", "one"));
        }
    }

    @Test
    void aKeyOfSeveralStatesComesOnce() throws Exception {
        putInMap("a", "ns", 1, 2);
        putInMap("b", "ns", 1);
        putValue("b", "ns", 1);
        putValue("c", "ns", 1);

        try (Stream<String> keys =
                fixture.backend.getKeys(List.of("value", "absent", "map"), "ns")) {
            assertThat(keys).containsExactlyInAnyOrder("a", "b", "c");
        }
    }

    @Test
    void aStateThatNobodyKnowsHasNoKeys() {
        try (Stream<String> keys = fixture.backend.getKeys("absent", VoidNamespace.INSTANCE);
                Stream<String> none =
                        fixture.backend.getKeys(List.of("a", "b"), VoidNamespace.INSTANCE);
                Stream<?> pairs = fixture.backend.getKeysAndNamespaces("absent")) {
            assertThat(keys).isEmpty();
            assertThat(none).isEmpty();
            assertThat(pairs).isEmpty();
        }
    }

    @Test
    void whatIsClearedMeanwhileStillShowsInTheStream() throws Exception {
        ValueState<Integer> value = fixture.state(VALUE);
        for (int i = 0; i < 300; i++) {
            fixture.backend.setCurrentKey("key" + i);
            value.update(i);
        }

        int seen = 0;
        try (Stream<String> keys = fixture.backend.getKeys("value", VoidNamespace.INSTANCE)) {
            Iterator<String> iterator = keys.iterator();
            while (iterator.hasNext()) {
                fixture.backend.setCurrentKey(iterator.next());
                value.clear();
                seen++;
            }
        }

        assertThat(seen).isEqualTo(300);
        assertThat(fixture.backend.numKeyValueStateEntries()).isZero();
    }

    /** FLINK-8676: what an open stream holds must not keep the backend from closing. */
    @Test
    void aStreamThatIsLeftOpenDoesNotKeepTheBackendOpen() throws Exception {
        putValue("a", "ns", 1);
        putValue("b", "ns", 1);
        Stream<String> keys = fixture.backend.getKeys("value", "ns");
        assertThat(keys.iterator().next()).isNotNull();

        fixture.backend.dispose();
        keys.close();
    }

    private void putInMap(String key, String namespace, int... userKeys) throws Exception {
        fixture.backend.setCurrentKey(key);
        InternalMapState<String, String, Integer, Integer> map = fixture.stateIn(namespace, MAP);
        for (int userKey : userKeys) {
            map.put(userKey, userKey);
        }
    }

    private void putValue(String key, String namespace, int newValue) throws Exception {
        fixture.backend.setCurrentKey(key);
        InternalValueState<String, String, Integer> value = fixture.stateIn(namespace, VALUE);
        value.update(newValue);
    }
}
