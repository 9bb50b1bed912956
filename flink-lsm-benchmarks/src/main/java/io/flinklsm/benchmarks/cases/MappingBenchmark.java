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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.RandomPasses;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a process that holds state larger than its memory takes of the machine, and how fast it
 * reads, with one value of {@code state.backend.lsm.memory-mapped-files}: one run a process, since
 * a process does not give back all it took. {@code bin/bench mapping} runs both values in turn.
 */
public final class MappingBenchmark {

    private static final String CASE = "mapping";
    private static final long REST_MILLIS = 60_000;
    private static final long SEED = 7;
    private static final int WARM_UP_KEYS = 100_000;
    private static final long WARM_UP_BYTES = 16 << 20;

    private final Path directory;
    private final Map<String, String> options;

    private MappingBenchmark(Path directory, String mapping) {
        this.directory = directory;
        this.options = Map.of("state.backend.lsm.memory-mapped-files", mapping);
    }

    /** Operations of a second, of one kind. */
    private record Speeds(double load, double get, double modify) {}

    /**
     * Runs once and prints a row of a table in Markdown.
     *
     * @param arguments {@code auto} or {@code never}, megabytes of managed memory, keys, reads
     */
    public static void main(String[] arguments) throws Exception {
        String mapping = arguments[0];
        long managedBytes = Long.parseLong(arguments[1]) << 20;
        int keys = Integer.parseInt(arguments[2]);
        int reads = Integer.parseInt(arguments[3]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Path directory = Files.createTempDirectory("mapping-benchmark");
        try {
            MappingBenchmark benchmark = new MappingBenchmark(directory, mapping);
            benchmark.work("warm-up", WARM_UP_BYTES, WARM_UP_KEYS, WARM_UP_KEYS);
            long baseline = MemoryWatch.baselineBytes();
            MemoryWatch watch = MemoryWatch.start();
            Speeds speeds;
            try (watch) {
                speeds = benchmark.work(CASE, managedBytes, keys, reads);
            }
            out.print(row(mapping, speeds, watch.figures(baseline, managedBytes)));
        } finally {
            FileTrees.delete(directory);
        }
    }

    private Speeds work(String name, long managedBytes, int keys, int reads) throws Exception {
        KeyOrder order = new KeyOrder(keys);
        RandomPasses uniform = new RandomPasses(keys, SEED);
        Path root = directory.resolve(name);
        try (BackendSlot slot = BackendSlot.open(Peer.LSM, root, managedBytes, options);
                BenchmarkedBackend backend = slot.open(BackendSpec.empty(CASE))) {
            KeyedByteValues values =
                    new KeyedByteValues(CASE, backend, name, new KeyedByteValues.Versions(keys));
            double load = perMilli(keys, i -> values.load(order.at(i)));
            Rest.await(REST_MILLIS);
            double get = perMilli(reads, i -> values.get(uniform.next()));
            double modify = perMilli(reads, i -> values.modify(uniform.next()));
            return new Speeds(load, get, modify);
        }
    }

    private interface Operation {
        void run(int index) throws Exception;
    }

    private static double perMilli(int count, Operation operation) throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            operation.run(i);
        }
        return count * 1e6 / (System.nanoTime() - start);
    }

    private static String row(String mapping, Speeds speeds, List<Figure> figures) {
        StringBuilder row = new StringBuilder("| " + mapping);
        for (double speed : new double[] {speeds.load(), speeds.get(), speeds.modify()}) {
            row.append(String.format(Locale.ROOT, " | %.1f", speed));
        }
        for (Figure figure : figures) {
            row.append(String.format(Locale.ROOT, " | %.1f", figure.value()));
        }
        return row.append(" |\n").toString();
    }
}
