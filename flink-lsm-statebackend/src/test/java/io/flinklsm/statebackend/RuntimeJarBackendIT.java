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

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * The whole way of a state through the runtime jar, as Flink would go it: nothing else is at hand.
 */
final class RuntimeJarBackendIT {
    private static final int KEYS = 2_000;

    private final Path jar = Path.of(System.getProperty("flinklsm.runtimeJar"));

    /** What docs/operations.md says to start a newer JVM with. */
    private static final List<String> FLAGS_OF_NEWER_JDKS =
            List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");

    private static final int FIRST_JDK_THAT_WARNS = 24;

    /** For a JVM of another JDK. */
    public static void main(String[] arguments) throws Exception {
        surviveACheckpoint(Path.of(arguments[0]));
        System.out.println("survived on " + Runtime.version().feature());
    }

    @Test
    void stateWrittenThroughTheJarSurvivesACheckpoint() throws Exception {
        surviveACheckpoint(jar);
    }

    @Test
    void newestJdkBesideThisOneRunsTheJarWithoutAWarning() throws Exception {
        Path home = newestJdkHome();
        int version = versionOf(home);
        assumeThat(version).isGreaterThanOrEqualTo(FIRST_JDK_THAT_WARNS);
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin/java").toString());
        command.addAll(FLAGS_OF_NEWER_JDKS);
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        RuntimeJarBackendIT.class.getName(),
                        jar.toString()));

        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("survived on " + version).doesNotContain("WARNING");
    }

    /** Of the JDKs that stand where this one stands. */
    private static Path newestJdkHome() throws IOException {
        Path here = Path.of(System.getProperty("java.home"));
        Path newest = here;
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(here.getParent())) {
            for (Path home : homes) {
                if (versionOf(home) > versionOf(newest)) {
                    newest = home;
                }
            }
        }
        return newest;
    }

    /** As the JDK's own file tells it; 0 for a directory that is no JDK. */
    private static int versionOf(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.isExecutable(home.resolve("bin/java")) || !Files.isRegularFile(release)) {
            return 0;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(release)) {
            properties.load(reader);
        }
        return Runtime.Version.parse(properties.getProperty("JAVA_VERSION", "1").replace("\"", ""))
                .feature();
    }

    private static void surviveACheckpoint(Path jar) throws Exception {
        try (var loader = new FlinkLibLoader(jar);
                MockEnvironment environment = MockEnvironment.builder().build()) {
            var config = new Configuration();
            config.set(
                    StateBackendOptions.STATE_BACKEND,
                    "io.flinklsm.statebackend.LsmStateBackendFactory");
            StateBackend backend =
                    StateBackendLoader.loadStateBackendFromConfig(
                            config, loader, LoggerFactory.getLogger(RuntimeJarBackendIT.class));
            assertThat(backend.getClass().getClassLoader()).isSameAs(loader);

            KeyedStateHandle checkpoint = writeAndCheckpoint(backend, environment);

            var restored = open(backend, environment, List.of(checkpoint));
            try {
                ValueState<String> value = value(restored);
                MapState<Integer, Integer> map = map(restored);
                for (int key = 0; key < KEYS; key++) {
                    restored.setCurrentKey(key);
                    assertThat(value.value()).isEqualTo("value " + key);
                    assertThat(map.get(key)).isEqualTo(-key);
                    assertThat(map.get(key + 1)).isNull();
                }
            } finally {
                restored.close();
                restored.dispose();
            }
            checkpoint.discardState();
        }
    }

    private static KeyedStateHandle writeAndCheckpoint(
            StateBackend backend, MockEnvironment environment) throws Exception {
        var keyed = open(backend, environment, List.of());
        try {
            ValueState<String> value = value(keyed);
            MapState<Integer, Integer> map = map(keyed);
            for (int key = 0; key < KEYS; key++) {
                keyed.setCurrentKey(key);
                value.update("value " + key);
                map.put(key, -key);
            }

            RunnableFuture<SnapshotResult<KeyedStateHandle>> snapshot =
                    keyed.snapshot(
                            1L,
                            1L,
                            new MemCheckpointStreamFactory(16 << 20),
                            CheckpointOptions.forCheckpointWithDefaultLocation());
            snapshot.run();
            return snapshot.get().getJobManagerOwnedSnapshot();
        } finally {
            keyed.close();
            keyed.dispose();
        }
    }

    private static CheckpointableKeyedStateBackend<Integer> open(
            StateBackend backend, MockEnvironment environment, List<KeyedStateHandle> handles)
            throws Exception {
        return backend.createKeyedStateBackend(
                new KeyedStateBackendParametersImpl<>(
                        environment,
                        new JobID(),
                        "runtime-jar",
                        IntSerializer.INSTANCE,
                        16,
                        KeyGroupRange.of(0, 15),
                        environment.getTaskKvStateRegistry(),
                        TtlTimeProvider.DEFAULT,
                        new UnregisteredMetricsGroup(),
                        handles,
                        new CloseableRegistry()));
    }

    private static ValueState<String> value(CheckpointableKeyedStateBackend<Integer> keyed)
            throws Exception {
        return keyed.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new ValueStateDescriptor<>("value", String.class));
    }

    private static MapState<Integer, Integer> map(CheckpointableKeyedStateBackend<Integer> keyed)
            throws Exception {
        return keyed.getPartitionedState(
                VoidNamespace.INSTANCE,
                VoidNamespaceSerializer.INSTANCE,
                new MapStateDescriptor<>("map", Integer.class, Integer.class));
    }
}
