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

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.LsmTree;
import io.flinklsm.core.TreeStats;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.ValueColumns;
import io.flinklsm.statebackend.testing.BackendHarness;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateOptionsTest {

    private static final String STATE = "state.backend.lsm.state.";
    private static final int KEYS = 2_000;

    @TempDir Path root;

    @Test
    void eachOptionOfAStateIsItsOwn() {
        LsmBackendSettings settings =
                LsmBackendSettings.of(
                        Configuration.fromMap(
                                Map.of(
                                        "state.backend.lsm.sstable.codec",
                                        "none",
                                        STATE + "clicks.compaction.style",
                                        "size-tiered",
                                        STATE + "clicks.sstable.block-size",
                                        "2kb",
                                        STATE + "clicks.sstable.bloom-bits-per-key",
                                        "2",
                                        STATE + "clicks.sstable.codec",
                                        "lz4, ZSTD",
                                        STATE + "clicks.sstable.bottom-codec",
                                        "none",
                                        STATE + "clicks.sstable.value-columns",
                                        "binary",
                                        STATE + "a.b.sstable.block-size",
                                        "1kb")));

        assertThat(settings.store().states())
                .isEqualTo(
                        Map.of(
                                "clicks",
                                new StateOptions(
                                        CompactionStyle.SIZE_TIERED,
                                        2 << 10,
                                        2,
                                        new LevelCodecs(
                                                List.of(SstableCodec.LZ4_RAW, SstableCodec.ZSTD),
                                                SstableCodec.UNCOMPRESSED),
                                        ValueColumns.BINARY),
                                "a.b",
                                new StateOptions(
                                        CompactionStyle.LEVELED,
                                        1 << 10,
                                        10.6,
                                        LevelCodecs.all(SstableCodec.UNCOMPRESSED),
                                        ValueColumns.TYPED)));
        assertThat(settings.store().everyState().codecs())
                .isEqualTo(LevelCodecs.all(SstableCodec.UNCOMPRESSED));
    }

    @Test
    void wrongValueIsRefusedWithTheWholeKey() {
        for (String value : List.of("gzip", "", "lz4,gzip", "lz4,")) {
            Configuration config =
                    Configuration.fromMap(Map.of(STATE + "clicks.sstable.codec", value));

            assertThatThrownBy(() -> LsmBackendSettings.of(config))
                    .isInstanceOf(IllegalConfigurationException.class)
                    .hasMessageStartingWith("[" + STATE + "clicks.sstable.codec] ")
                    .hasMessageContaining(
                            "; allowed: lz4, zstd, none, or several of these separated by commas;");
        }
    }

    @Test
    void keyThatSetsNothingForAStateIsNamed() {
        String warning =
                UnheededKeys.warning(
                                Map.of(
                                        STATE + "clicks.memtable-size",
                                        "1mb",
                                        STATE + "sstable.codec",
                                        "none",
                                        STATE + "clicks.sstable.codec",
                                        "none"))
                        .orElseThrow();

        assertThat(warning)
                .contains(
                        STATE
                                + "clicks.memtable-size (not an option of one state; those are"
                                + " compaction.style, sstable.block-size,"
                                + " sstable.bloom-bits-per-key, sstable.codec,"
                                + " sstable.bottom-codec, sstable.value-columns)",
                        STATE + "sstable.codec (not an option")
                .doesNotContain("clicks.sstable.codec");
    }

    /** Through configuration, backend, store and a restore, to the size of files. */
    @Test
    void filesOfOneStateAreNotCompressed() throws Exception {
        LsmStateBackend stateBackend =
                new LsmStateBackendFactory()
                        .createFromConfig(
                                Configuration.fromMap(
                                        Map.of(STATE + "plain.sstable.codec", "none")),
                                StateOptionsTest.class.getClassLoader());
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(stateBackend, IntSerializer.INSTANCE);
            write(backend, 0);
            KeyedStateHandle handle = harness.checkpoint(backend, 1);
            assertThat(bytes(backend, "plain")).isGreaterThan(2 * bytes(backend, "packed"));
            harness.dispose(backend);

            AbstractKeyedStateBackend<Integer> restored =
                    harness.restore(
                            stateBackend,
                            IntSerializer.INSTANCE,
                            harness.allKeyGroups(),
                            List.of(handle));
            write(restored, 1);
            for (String name : List.of("plain", "packed")) {
                tree(restored, name).compactAll();
            }
            assertThat(bytes(restored, "plain")).isGreaterThan(2 * bytes(restored, "packed"));
        }
    }

    /** Of the same text in each state, before and after all of it was merged. */
    @Test
    void levelsAndBottomAreCompressedAsTheirOptionsSay() throws Exception {
        LsmStateBackend stateBackend =
                new LsmStateBackendFactory()
                        .createFromConfig(
                                Configuration.fromMap(
                                        Map.of(
                                                "state.backend.lsm.sstable.codec",
                                                "lz4",
                                                STATE + "zstd.sstable.codec",
                                                "zstd",
                                                STATE + "levels.sstable.codec",
                                                "none,zstd",
                                                STATE + "bottom.sstable.codec",
                                                "none",
                                                STATE + "bottom.sstable.bottom-codec",
                                                "zstd")),
                                StateOptionsTest.class.getClassLoader());
        List<String> names = List.of("lz4", "zstd", "levels", "bottom");
        try (BackendHarness harness = new BackendHarness(root, 8)) {
            AbstractKeyedStateBackend<Integer> backend =
                    harness.create(stateBackend, IntSerializer.INSTANCE);
            writeDigits(backend, names);
            harness.checkpoint(backend, 1);

            long plain = bytes(backend, "bottom");
            assertThat(bytes(backend, "levels")).isEqualTo(plain);
            assertThat(bytes(backend, "zstd")).isLessThan(plain * 7 / 10);
            assertThat(bytes(backend, "lz4")).isBetween(bytes(backend, "zstd") + 1, plain);

            // A file alone would be moved to the next level as it is.
            writeDigits(backend, names);
            harness.checkpoint(backend, 2);
            for (String name : names) {
                tree(backend, name).compactAll();
            }
            long packed = bytes(backend, "zstd");
            assertThat(bytes(backend, "levels")).isBetween(packed * 9 / 10, packed * 11 / 10);
            assertThat(bytes(backend, "bottom")).isBetween(packed * 9 / 10, packed * 11 / 10);
            assertThat(state(backend, "bottom").value()).isNotNull();
        }
    }

    private static void writeDigits(AbstractKeyedStateBackend<Integer> backend, List<String> names)
            throws Exception {
        Random random = new Random(1);
        byte[] bytes = new byte[100];
        for (int key = 0; key < KEYS; key++) {
            backend.setCurrentKey(key);
            random.nextBytes(bytes);
            for (String name : names) {
                state(backend, name).update(HexFormat.of().formatHex(bytes));
            }
        }
    }

    private static ValueState<String> state(AbstractKeyedStateBackend<Integer> backend, String name)
            throws Exception {
        return backend.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>(name, StringSerializer.INSTANCE));
    }

    private static void write(AbstractKeyedStateBackend<Integer> backend, int round)
            throws Exception {
        for (String name : List.of("plain", "packed")) {
            ValueState<String> state = state(backend, name);
            for (int key = 0; key < KEYS; key++) {
                backend.setCurrentKey(key);
                state.update(round + " the same words again and again ".repeat(8) + key);
            }
        }
    }

    private static long bytes(AbstractKeyedStateBackend<Integer> backend, String name) {
        return tree(backend, name).stats().levels().stream()
                .mapToLong(TreeStats.LevelStats::bytes)
                .sum();
    }

    private static LsmTree tree(AbstractKeyedStateBackend<Integer> backend, String name) {
        return Objects.requireNonNull(
                        ((LsmKeyedStateBackend<Integer>) backend).registry().state(name))
                .tree();
    }
}
