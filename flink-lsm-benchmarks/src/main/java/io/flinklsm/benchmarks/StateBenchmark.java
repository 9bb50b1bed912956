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

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench}: measures state backends side by side and prints one table.
 *
 * <p>A round runs every group of cases on every backend in turn (A B C, A B C …), each in a fresh
 * JVM, so that neither a warm compiler nor a noisy minute favours one of them. Nothing here asserts
 * a time.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures Flink state backends side by side, one fresh JVM for each round, group"
                        + " of cases and backend, and prints a Markdown table of medians.")
public final class StateBenchmark implements Callable<Integer> {

    @Option(
            names = "--quick",
            description = "Short cases and smaller collections: a few minutes in all.")
    private boolean quick;

    @Option(
            names = "--scale",
            description = "full (default), quick or tiny; tiny only shows that every case runs.")
    private @Nullable String scaleName;

    @Option(
            names = "--backends",
            split = ",",
            defaultValue = "hashmap,rocksdb,lsm",
            converter = PeerConverter.class,
            description =
                    "Of hashmap, rocksdb, rocksdb-tuned, lsm; measured in this order (default:"
                            + " ${DEFAULT-VALUE}).")
    private List<Peer> peers = List.of();

    @Option(
            names = "--groups",
            split = ",",
            defaultValue = "value,map,list,reducing",
            converter = GroupConverter.class,
            description = "Groups of cases (default: ${DEFAULT-VALUE}).")
    private List<CaseGroup> groups = List.of();

    @Option(
            names = "--rounds",
            description = "JVMs for each group and backend (default: 5, with --quick 2).")
    private int rounds;

    @Option(
            names = "--managed-mb",
            defaultValue = "512",
            description = "Managed memory of each backend in MB (default: ${DEFAULT-VALUE}).")
    private int managedMegabytes;

    @Option(
            names = "--heap-mb",
            defaultValue = "2048",
            description = "Heap of each JVM in MB (default: ${DEFAULT-VALUE}).")
    private int heapMegabytes;

    @Option(
            names = "--jfr",
            paramLabel = "DIR",
            description = "Leave a flight recording of every JVM in this directory.")
    private @Nullable Path recordings;

    @Spec private @Nullable CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new StateBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("[bench] call it through picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter progress = spec.commandLine().getErr();
        String scale = scaleName != null ? scaleName : quick ? "quick" : "full";
        Scale.ofName(scale);
        int roundCount = rounds > 0 ? rounds : scale.equals("full") ? 5 : 2;
        Path directory = Files.createTempDirectory("flink-lsm-bench");
        JvmLauncher launcher =
                new JvmLauncher(
                        new JvmLauncher.Settings(
                                scale, managedMegabytes, heapMegabytes, directory, recordings));
        ResultTable table = new ResultTable();
        long start = System.nanoTime();
        int total = roundCount * groups.size() * peers.size();
        int done = 0;
        for (int round = 1; round <= roundCount; round++) {
            for (CaseGroup group : groups) {
                for (Peer peer : peers) {
                    progress.printf(
                            Locale.ROOT,
                            "%3d s  round %d of %d, %s on %s (%d of %d)%n",
                            (System.nanoTime() - start) / 1_000_000_000L,
                            round,
                            roundCount,
                            group,
                            peer,
                            ++done,
                            total);
                    progress.flush();
                    table.add(launcher.run(peer, group));
                }
            }
        }
        out.println(conditions(scale, roundCount));
        out.print(table.toMarkdown());
        out.flush();
        delete(directory);
        return 0;
    }

    private String conditions(String scale, int roundCount) {
        return String.format(
                Locale.ROOT,
                """
                State benchmark, scale %s, %d rounds, %s. One fresh JVM for each round, group and backend; medians over
                the rounds; spread = (fastest − slowest) / median. %d MB managed memory, %d MB heap, G1.
                Java %s, Flink %s, %d processors, load average %.1f at the end.
                × is the ratio of wall time on the task thread, "× RocksDB, CPU" that of its CPU time: trust the second when other
                programs load the machine. Per operation: CPU of the task thread, of all threads, heap bytes the task thread allocated.

                """,
                scale,
                roundCount,
                LocalDate.now(ZoneOffset.UTC),
                managedMegabytes,
                heapMegabytes,
                System.getProperty("java.version"),
                EnvironmentInformation.getVersion(),
                Runtime.getRuntime().availableProcessors(),
                java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        .getSystemLoadAverage());
    }

    /** The logs are of use only when a JVM failed, and then this is not reached. */
    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Reads a backend's name. */
    static final class PeerConverter implements CommandLine.ITypeConverter<Peer> {
        @Override
        public Peer convert(String value) {
            return Peer.ofLabel(value);
        }
    }

    /** Reads the name of a group of cases. */
    static final class GroupConverter implements CommandLine.ITypeConverter<CaseGroup> {
        @Override
        public CaseGroup convert(String value) {
            return CaseGroup.ofLabel(value);
        }
    }
}
