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
package io.flinklsm.benchmarks;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.workload.Answers;
import io.flinklsm.benchmarks.workload.ByteValues;
import io.flinklsm.core.check.Cleanup;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.util.IOUtils;

/**
 * What the metrics of a backend cost a task: two backends with the same state, one that counts and
 * one with {@code state.backend.lsm.metrics: none}, do the same passes in turn, so that whatever
 * else the machine does meets both. Where files are read, both have restored the same ones from one
 * checkpoint of a store at rest, so that they are in the same levels. Prints the CPU time of the
 * task thread for each operation and the median of the ratios; takes the number of keys and of
 * rounds.
 */
final class MetricsBenchmark {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Rounds before the first that counts. */
    private static final int WARM_UP = 10;

    private static final int KEYS = 200_000;
    private static final int ROUNDS = 60;
    private static final long MANAGED_BYTES = 256L << 20;

    /** Too little for the state: reads go to files. */
    private static final long SMALL_BYTES = 16L << 20;

    private static final long REST_MILLIS = 60_000;

    private interface Pass {
        void run(Side side, int round) throws Exception;
    }

    /** One of the two backends. */
    private record Side(
            BackendSlot slot, BenchmarkedBackend backend, ValueState<byte[]> state, int keys)
            implements AutoCloseable {

        /**
         * @param handles what it is restored from; none for an empty state
         */
        static Side open(
                Path directory,
                long managedBytes,
                String metrics,
                int keys,
                List<KeyedStateHandle> handles)
                throws Exception {
            BackendSlot slot =
                    BackendSlot.open(
                            Peer.LSM,
                            directory,
                            managedBytes,
                            Map.of(
                                    "state.backend.lsm.metrics",
                                    metrics,
                                    "state.backend.lsm.restore",
                                    "eager"));
            try {
                BenchmarkedBackend backend =
                        slot.open(BackendSpec.empty("metrics").restoredFrom(handles));
                return new Side(
                        slot,
                        backend,
                        backend.state(new ValueStateDescriptor<>("values", byte[].class)),
                        keys);
            } catch (Throwable failure) {
                Cleanup.undo(failure, slot);
                throw failure;
            }
        }

        @Override
        public void close() throws Exception {
            IOUtils.closeAll(backend, slot);
        }

        void write(int version) throws Exception {
            for (int i = 0; i < keys; i++) {
                long key = key(i);
                backend.setKey(key);
                state.update(ByteValues.of(key, version));
            }
        }

        void read(int version) throws Exception {
            for (int i = 0; i < keys; i++) {
                long key = key(i);
                backend.setKey(key);
                ByteValues.check("read", key, version, state.value());
            }
        }

        void readAbsent() throws Exception {
            for (int i = 0; i < keys; i++) {
                backend.setKey(-1 - key(i));
                Answers.expect("absent", i, 0, state.value() == null ? 0 : 1);
            }
        }

        /** In an order that no memory and no file has. */
        private long key(int index) {
            return Long.remainderUnsigned(index * 0x9E3779B97F4A7C15L, keys);
        }
    }

    private MetricsBenchmark() {}

    /** Takes the number of keys and the number of rounds; both may be left out. */
    public static void main(String[] arguments) throws Exception {
        int keys = arguments.length > 0 ? Integer.parseInt(arguments[0]) : KEYS;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.printf(
                Locale.ROOT,
                "keys=%,d, rounds=%d; ns of the task thread's CPU an operation, medians%n",
                keys,
                rounds);
        out.printf("%-24s %10s %10s %9s %18s%n", "", "off", "on", "on / off", "quartiles");
        Path directory = Files.createTempDirectory("metrics-benchmark");
        try {
            measureMemory(out, directory, keys, rounds);
            measureFiles(out, directory, keys, Math.max(1, rounds / 3));
        } finally {
            FileTrees.delete(directory);
        }
    }

    private static void measureMemory(PrintStream out, Path root, int keys, int rounds)
            throws Exception {
        try (Side off = Side.open(root.resolve("off"), MANAGED_BYTES, "none", keys, List.of());
                Side on = Side.open(root.resolve("on"), MANAGED_BYTES, "state", keys, List.of())) {
            off.write(0);
            on.write(0);
            compareReads(out, "memory", off, on, rounds);
            compare(out, "memory: write", off, on, rounds, Side::write);
        }
    }

    private static void measureFiles(PrintStream out, Path root, int keys, int rounds)
            throws Exception {
        Path built = root.resolve("built");
        try (Side writer = Side.open(built, SMALL_BYTES, "none", keys, List.of())) {
            writer.write(0);
            Rest.await(REST_MILLIS);
            List<KeyedStateHandle> handles = List.of(writer.backend().checkpoint().handle());
            Path ofOff = root.resolve("files-off");
            Path ofOn = root.resolve("files-on");
            try (Side off = Side.open(ofOff, SMALL_BYTES, "none", keys, handles);
                    Side on = Side.open(ofOn, SMALL_BYTES, "state", keys, handles)) {
                Rest.await(REST_MILLIS);
                checkSame(sstables(ofOff), sstables(ofOn));
                compareReads(out, "files", off, on, rounds);
                checkSame(sstables(ofOff), sstables(ofOn));
            }
        }
    }

    /** A store that has merged its files is another one. */
    private static void checkSame(List<String> ofOff, List<String> ofOn) {
        if (!ofOff.equals(ofOn) || ofOff.isEmpty()) {
            throw new IllegalStateException(
                    "[metrics] the two stores do not have the same files: off="
                            + ofOff
                            + ", on="
                            + ofOn);
        }
    }

    /** Names and sizes. */
    private static List<String> sstables(Path directory) throws IOException {
        List<String> sstables = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(BackendSlot.workOf(directory))) {
            for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                if (path.toString().endsWith(".parquet")) {
                    sstables.add(path.getFileName() + " " + Files.size(path));
                }
            }
        }
        Collections.sort(sstables);
        return sstables;
    }

    private static void compareReads(PrintStream out, String where, Side off, Side on, int rounds)
            throws Exception {
        compare(out, where + ": read", off, on, rounds, (side, round) -> side.read(0));
        compare(out, where + ": read, absent", off, on, rounds, (side, round) -> side.readAbsent());
    }

    private static void compare(
            PrintStream out, String name, Side off, Side on, int rounds, Pass pass)
            throws Exception {
        double[] offNanos = new double[rounds];
        double[] onNanos = new double[rounds];
        double[] ratios = new double[rounds];
        for (int round = -WARM_UP; round < rounds; round++) {
            // Each begins every other round.
            boolean isOffFirst = (round & 1) == 0;
            double first = nanos(pass, isOffFirst ? off : on, round);
            double second = nanos(pass, isOffFirst ? on : off, round);
            if (round >= 0) {
                offNanos[round] = isOffFirst ? first : second;
                onNanos[round] = isOffFirst ? second : first;
                ratios[round] = onNanos[round] / offNanos[round];
            }
        }
        out.printf(
                Locale.ROOT,
                "%-24s %10.1f %10.1f %9.4f %9.4f %8.4f%n",
                name,
                quantile(offNanos, 0.5),
                quantile(onNanos, 0.5),
                quantile(ratios, 0.5),
                quantile(ratios, 0.25),
                quantile(ratios, 0.75));
    }

    private static double nanos(Pass pass, Side side, int round) throws Exception {
        long begin = THREADS.getCurrentThreadCpuTime();
        pass.run(side, round);
        return (double) (THREADS.getCurrentThreadCpuTime() - begin) / side.keys();
    }

    private static double quantile(double[] values, double part) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(part * (sorted.length - 1))];
    }
}
