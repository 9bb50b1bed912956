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
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the bounds of an option allow works: a backend in the smallest memory that there is takes
 * writes, flushes, compacts and restores with the least and with the most of it.
 */
final class OptionExtremesTest {

    private static final String LEAST_MEMORY = "8 mb";
    private static final BigDecimal LEAST_PART = new BigDecimal("0.001");
    private static final int KEYS = 800;
    private static final int VALUE_BYTES = 4000;

    @TempDir Path root;

    @ParameterizedTest
    @MethodSource("boundedOptions")
    void whatIsBeyondTheBoundsIsRefused(OptionBounds<?> bounds) {
        for (String beyond : List.of(below(least(bounds)), above(most(bounds)))) {
            Configuration config = configuration(Map.of(bounds.option().key(), beyond));

            assertThatThrownBy(
                            () -> new LsmStateBackendFactory().createFromConfig(config, loader()))
                    .as(beyond)
                    .isInstanceOf(IllegalConfigurationException.class)
                    .hasMessageContaining("[" + bounds.option().key() + "]")
                    .hasMessageContaining("; allowed: " + bounds.text() + ";");
        }
    }

    @ParameterizedTest
    @MethodSource("extremes")
    void backendOfTheLeastMemoryWorks(Map<String, String> options) throws Exception {
        Configuration config = configuration(options);
        if (!options.containsKey(LsmBackendOptions.FIXED_MEMORY_PER_SLOT.key())
                && !options.containsKey(LsmBackendOptions.FIXED_MEMORY_PER_TASK_MANAGER.key())) {
            config.set(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, MemorySize.parse(LEAST_MEMORY));
        }
        LsmStateBackend stateBackend =
                new LsmStateBackendFactory().createFromConfig(config, loader());

        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(stateBackend, IntSerializer.INSTANCE);
            for (int round = 0; round < 4; round++) {
                write(backend, round);
                harness.checkpoint(backend, round);
            }
            check(backend, 3);
            KeyedStateHandle last = harness.checkpoint(backend, 4);
            harness.dispose(backend);

            check(
                    harness.restore(
                            stateBackend,
                            IntSerializer.INSTANCE,
                            harness.allKeyGroups(),
                            List.of(last)),
                    3);
        }
    }

    private static void write(AbstractKeyedStateBackend<Integer> backend, int round)
            throws Exception {
        ValueState<byte[]> state = state(backend);
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey(key);
            state.update(value(key, round));
        }
    }

    private static void check(AbstractKeyedStateBackend<Integer> backend, int round)
            throws Exception {
        ValueState<byte[]> state = state(backend);
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey(key);
            assertThat(state.value()).isEqualTo(value(key, round));
        }
    }

    private static ValueState<byte[]> state(AbstractKeyedStateBackend<Integer> backend)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>("value", BytePrimitiveArraySerializer.INSTANCE));
    }

    /** Does not compress. */
    private static byte[] value(int key, int round) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(31L * key + round).nextBytes(value);
        return value;
    }

    static List<OptionBounds<?>> boundedOptions() {
        List<OptionBounds<?>> bounded = new ArrayList<>();
        for (OptionBounds<?> bounds : OptionBounds.all()) {
            if (bounds.text().contains(" to ")) {
                bounded.add(bounds);
            }
        }
        return bounded;
    }

    static Stream<Map<String, String>> extremes() {
        List<Map<String, String>> all = new ArrayList<>();
        Map<String, String> allLeast = new TreeMap<>();
        for (OptionBounds<?> bounds : boundedOptions()) {
            all.add(Map.of(bounds.option().key(), least(bounds)));
            all.add(Map.of(bounds.option().key(), most(bounds)));
            allLeast.put(bounds.option().key(), least(bounds));
        }
        all.add(allLeast);
        all.add(
                Map.of(
                        LsmBackendOptions.BLOCK_SIZE.key(),
                        most(OptionBounds.BLOCK_SIZE),
                        LsmBackendOptions.TARGET_FILE_SIZE.key(),
                        most(OptionBounds.BLOCK_SIZE),
                        LsmBackendOptions.MEMTABLE_SIZE.key(),
                        least(OptionBounds.MEMTABLE_SIZE),
                        LsmBackendOptions.BACKGROUND_THREADS.key(),
                        most(OptionBounds.BACKGROUND_THREADS),
                        LsmBackendOptions.LEVEL0_TRIGGER.key(),
                        least(OptionBounds.LEVEL0_TRIGGER)));
        return all.stream();
    }

    private static String least(OptionBounds<?> bounds) {
        return bounds.text().split(" to ")[0];
    }

    private static String most(OptionBounds<?> bounds) {
        return bounds.text().split(" to ")[1];
    }

    private static String below(String bound) {
        if (isTime(bound)) {
            return TimeUtils.parseDuration(bound).toNanos() - 1 + " ns";
        }
        if (isPart(bound)) {
            return new BigDecimal(bound).subtract(LEAST_PART).toString();
        }
        return bound.matches("\\d+")
                ? "" + (Integer.parseInt(bound) - 1)
                : (MemorySize.parse(bound).getBytes() - 1) + " bytes";
    }

    private static boolean isTime(String bound) {
        return bound.matches("\\d+ (ms|s|h)");
    }

    private static boolean isPart(String bound) {
        return bound.matches("0\\.\\d+");
    }

    private static String above(String bound) {
        if (isTime(bound)) {
            return TimeUtils.parseDuration(bound).toNanos() + 1 + " ns";
        }
        if (isPart(bound)) {
            return new BigDecimal(bound).add(LEAST_PART).toString();
        }
        return bound.matches("\\d+")
                ? "" + (Integer.parseInt(bound) + 1)
                : (MemorySize.parse(bound).getBytes() + 1) + " bytes";
    }

    private static Configuration configuration(Map<String, String> options) {
        Configuration config = new Configuration();
        options.forEach(config::setString);
        return config;
    }

    private static ClassLoader loader() {
        return OptionExtremesTest.class.getClassLoader();
    }
}
