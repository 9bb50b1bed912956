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

import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names are any Java strings: whatever differs in the job differs in every snapshot. */
class HostileNamesTest {

    private static final String KEY = "key";

    /** The most that Flink's own format of names holds. */
    private static final int MAX_NAME_BYTES = 65_535;

    private static final List<String> NAMES =
            List.of(
                    "",
                    "?",
                    "\ud800",
                    "\ud801",
                    "\udc00",
                    "\udc00\ud800",
                    "\ud83d\ude00",
                    "\\ud800",
                    "\\",
                    "-escaped/\\ud800",
                    "/",
                    "//",
                    ".",
                    "..",
                    "../../etc/passwd",
                    "a:b",
                    "a\\b",
                    "\u0000",
                    "\u0000\u0000",
                    "a\u0000b",
                    "\n",
                    "\u202e",
                    "Counts",
                    "counts",
                    "COUNTS",
                    "\u00e9",
                    "e\u0301",
                    "\u0130",
                    "i\u0307",
                    "\ufeff",
                    "\uffff",
                    "'; DROP TABLE x --",
                    "\"quoted\"",
                    "kv/a",
                    "pq/a",
                    "x".repeat(MAX_NAME_BYTES),
                    "x".repeat(MAX_NAME_BYTES - 1) + "y",
                    "x".repeat(MAX_NAME_BYTES - 3) + "\ud800");

    @TempDir Path root;
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 16);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "native savepoint", "canonical savepoint"})
    void statesOfHostileNamesStayApart(String kind) throws Exception {
        AbstractKeyedStateBackend<String> backend = restore(List.of());
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (String name : names()) {
            numbers.put(name, numbers.size());
        }
        for (Map.Entry<String, Integer> name : numbers.entrySet()) {
            write(backend, name.getKey(), name.getValue());
        }

        KeyedStateHandle handle =
                switch (kind) {
                    case "checkpoint" -> harness.checkpoint(backend, 1);
                    case "native savepoint" -> harness.nativeSavepoint(backend, 1);
                    default -> harness.canonicalSavepoint(backend, 1);
                };
        AbstractKeyedStateBackend<String> restored = restore(List.of(handle));

        for (Map.Entry<String, Integer> name : numbers.entrySet()) {
            check(restored, name.getKey(), name.getValue());
        }
    }

    @Test
    void aNameThatNoCheckpointCanHoldIsRefusedAtOnce() throws Exception {
        AbstractKeyedStateBackend<String> backend = restore(List.of());
        String name = "x".repeat(MAX_NAME_BYTES - 2) + "\ud800";

        assertThatThrownBy(() -> value(backend, name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytes=65536, limit=65535; give the state a shorter name.");
        assertThatThrownBy(() -> queue(backend, name))
                .rootCause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bytes=65536, limit=65535");

        write(backend, "other", 7);
        check(restore(List.of(harness.checkpoint(backend, 1))), "other", 7);
    }

    /** Those above, and random ones of the units that break something. */
    private static Set<String> names() {
        String units = "\ud800\udbff\udc00\udfff\u0000\\/.u-aA\u00e4";
        Random random = new Random(11);
        Set<String> names = new LinkedHashSet<>(NAMES);
        while (names.size() < NAMES.size() + 30) {
            StringBuilder name = new StringBuilder();
            for (int length = 1 + random.nextInt(5); length > 0; length--) {
                name.append(units.charAt(random.nextInt(units.length())));
            }
            names.add(name.toString());
        }
        return names;
    }

    private void write(AbstractKeyedStateBackend<String> backend, String name, int number)
            throws Exception {
        backend.setCurrentKey(KEY);
        if (number % 2 == 0) {
            value(backend, name).update(number);
        } else {
            list(backend, name).add(number);
        }
        queue(backend, name).add(new TimerHeapInternalTimer<>(number, KEY, number));
    }

    private void check(AbstractKeyedStateBackend<String> backend, String name, int number)
            throws Exception {
        backend.setCurrentKey(KEY);
        if (number % 2 == 0) {
            assertThat(value(backend, name).value()).isEqualTo(number);
        } else {
            assertThat(list(backend, name).get()).containsExactly(number);
        }
        var queue = queue(backend, name);
        List<Long> timestamps = new ArrayList<>();
        for (var timer = queue.poll(); timer != null; timer = queue.poll()) {
            timestamps.add(timer.getTimestamp());
        }
        assertThat(timestamps).containsExactly((long) number);
    }

    private static ValueState<Integer> value(AbstractKeyedStateBackend<String> backend, String name)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(name, IntSerializer.INSTANCE));
    }

    private static ListState<Integer> list(AbstractKeyedStateBackend<String> backend, String name)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ListStateDescriptor<>(name, IntSerializer.INSTANCE));
    }

    private static KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<String, Integer>> queue(
            AbstractKeyedStateBackend<String> backend, String name) {
        return backend.create(
                name, new TimerSerializer<>(StringSerializer.INSTANCE, IntSerializer.INSTANCE));
    }

    private AbstractKeyedStateBackend<String> restore(List<KeyedStateHandle> handles)
            throws Exception {
        return harness.restore(
                new LsmStateBackend(true),
                StringSerializer.INSTANCE,
                harness.allKeyGroups(),
                handles);
    }
}
