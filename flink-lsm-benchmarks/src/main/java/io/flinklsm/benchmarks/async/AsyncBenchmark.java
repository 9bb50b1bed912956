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
package io.flinklsm.benchmarks.async;

import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.storage.SlowFileSystem;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench async}: gets of keys that are drawn uniformly, by State V2
 * and one at a time, of the same state in one process. The two sides of a row take turns; a ratio
 * is the median of those of the rounds, and each row that has a bar says whether it is met.
 */
@Command(
        name = "async",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures asynchronous state beside one request at a time: all in memory, files"
                        + " that are local and ten times the memory (in the page cache, and on the"
                        + " disk alone), files that each request takes 30 ms for (with the 64"
                        + " reading threads of the profile object-store; not for ForSt). Prints a"
                        + " row for each case with its bar.")
public final class AsyncBenchmark implements Callable<Integer> {

    private static final com.sun.management.OperatingSystemMXBean SYSTEM =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** A fast network: what is compared is waiting for answers, not for bytes. */
    private static final long REMOTE_BYTES_PER_SECOND = 1_000_000_000;

    @Option(names = "--cases", paramLabel = "REGEX", description = "By label (default: all).")
    private Pattern cases = Pattern.compile(".*");

    @Option(
            names = "--backends",
            split = ",",
            description = "Of lsm and forst (default: ${DEFAULT-VALUE}).")
    private List<String> backends = List.of("lsm", "forst");

    @Option(names = "--rounds", description = "That count (default: ${DEFAULT-VALUE}).")
    private int rounds = 10;

    @Option(names = "--warm-up", description = "Rounds before (default: ${DEFAULT-VALUE}).")
    private int warmUp = 5;

    @Option(names = "--keys", description = "In files (default: ${DEFAULT-VALUE}).")
    private int keys = 800_000;

    @Option(names = "--seed", description = "Of the keys (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Spec private @Nullable CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new AsyncBenchmark()).execute(arguments));
    }

    /** Of one side in one round, for each get. */
    private record Cost(double wallNanos, double taskNanos, double cpuNanos) {}

    @Override
    public Integer call() throws Exception {
        if (spec == null) {
            throw new IllegalStateException("[async] call it through picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "rounds=%d, keys in files=%,d of %d bytes, seed=%d; µs a get: wall clock, CPU of"
                        + " the task thread, CPU of the process; medians%n",
                rounds,
                keys,
                RandomValues.BYTES,
                seed);
        out.printf(
                "%-8s %-42s %25s   %25s %7s %17s %6s%n",
                "backend", "case", "first", "second", "ratio", "quartiles", "bar");
        out.flush();
        Path directory = Files.createTempDirectory("async-benchmark");
        try {
            for (String backend : backends) {
                for (AsyncCase asyncCase : AsyncCase.values()) {
                    if (cases.matcher(asyncCase.label()).matches()
                            // ForSt keeps files elsewhere by options of its own, which are not set
                            // here.
                            && !(asyncCase.isRemote() && backend.equals("forst"))) {
                        Path own =
                                Files.createDirectories(
                                        directory.resolve(backend + "-" + asyncCase.label()));
                        measure(out, Peer.ofLabel(backend), asyncCase, own);
                        FileTrees.delete(own);
                    }
                }
            }
        } finally {
            FileTrees.delete(directory);
        }
        return 0;
    }

    private void measure(PrintWriter out, Peer peer, AsyncCase asyncCase, Path directory)
            throws Exception {
        SlowFileSystem.setBytesPerSecond(REMOTE_BYTES_PER_SECOND);
        int stateKeys = asyncCase.isInMemory() ? keys / 4 : keys;
        // A remote state is cold once after each restore; a round takes half a minute of waiting.
        int reads = asyncCase.isInMemory() ? 200_000 : 50_000;
        if (asyncCase.isRemote() || asyncCase.isCold()) {
            reads = asyncCase.isRemote() ? 1_000 : 5_000;
        }
        int before = asyncCase.isRemote() ? Math.min(warmUp, 1) : warmUp;
        int counted = asyncCase.isRemote() ? Math.min(rounds, 3) : rounds;
        Cost[] first = new Cost[counted];
        Cost[] second = new Cost[counted];
        try (SidePair sides = new SidePair(peer, asyncCase, directory, stateKeys)) {
            for (int round = -before; round < counted; round++) {
                if (round == -before || asyncCase.isRemote()) {
                    sides.open();
                }
                long[] wanted =
                        new SplittableRandom(seed + round).longs(reads, 0, stateKeys).toArray();
                Cost ofFirst;
                Cost ofSecond;
                // Each begins every other round.
                if ((round & 1) == 0) {
                    ofFirst = cost(sides, sides.first(), asyncCase, wanted);
                    ofSecond = cost(sides, sides.second(), asyncCase, wanted);
                } else {
                    ofSecond = cost(sides, sides.second(), asyncCase, wanted);
                    ofFirst = cost(sides, sides.first(), asyncCase, wanted);
                }
                if (round >= 0) {
                    first[round] = ofFirst;
                    second[round] = ofSecond;
                }
            }
        }
        print(out, peer, asyncCase, first, second);
    }

    private static Cost cost(SidePair sides, Side side, AsyncCase asyncCase, long[] wanted)
            throws Exception {
        if (asyncCase.isCold()) {
            sides.forgetPages();
        }
        long wall = System.nanoTime();
        long task = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long cpu = SYSTEM.getProcessCpuTime();
        side.read(wanted);
        return new Cost(
                (double) (System.nanoTime() - wall) / wanted.length,
                (double) (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - task)
                        / wanted.length,
                (double) (SYSTEM.getProcessCpuTime() - cpu) / wanted.length);
    }

    private static void print(
            PrintWriter out, Peer peer, AsyncCase asyncCase, Cost[] first, Cost[] second) {
        double[] ratios = new double[first.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = first[i].wallNanos() / second[i].wallNanos();
        }
        double ratio = quantile(ratios, 0.5);
        String bar =
                asyncCase.bar() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "%.1f %s",
                                asyncCase.bar(),
                                ratio >= asyncCase.bar() ? "met" : "missed");
        out.printf(
                Locale.ROOT,
                "%-8s %-42s %s   %s %7.2f %8.2f %8.2f %s%n",
                peer,
                asyncCase.title(),
                text(first),
                text(second),
                ratio,
                quantile(ratios, 0.25),
                quantile(ratios, 0.75),
                bar);
        out.flush();
    }

    private static String text(Cost[] costs) {
        return String.format(
                Locale.ROOT,
                "%9.3f %7.3f %7.3f",
                median(costs, Cost::wallNanos),
                median(costs, Cost::taskNanos),
                median(costs, Cost::cpuNanos));
    }

    private interface Part {
        double of(Cost cost);
    }

    /** In µs. */
    private static double median(Cost[] costs, Part part) {
        return quantile(Arrays.stream(costs).mapToDouble(part::of).toArray(), 0.5) / 1000;
    }

    private static double quantile(double[] values, double part) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(part * (sorted.length - 1))];
    }
}
