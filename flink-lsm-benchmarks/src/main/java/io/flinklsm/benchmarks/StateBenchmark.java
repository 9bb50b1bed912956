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

import io.flinklsm.benchmarks.jobs.JobsBenchmark;
import io.flinklsm.benchmarks.report.BenchmarkReport;
import io.flinklsm.benchmarks.results.RunConditions;
import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench}: measures state backends side by side, keeps the results as
 * a directory of JSON files, and writes the report from them.
 *
 * <p>A round runs every group of cases on every backend in turn (A B C, A B C …), each in a fresh
 * JVM, so that neither a warm compiler nor a noisy minute favours one of them. Nothing here asserts
 * a time.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = StateBenchmark.ReportCommand.class,
        description =
                "Measures Flink state backends side by side, one fresh JVM for each round, group"
                        + " of cases and backend, and writes a report of medians and ratios.")
public final class StateBenchmark implements Callable<Integer> {

    private static final Set<String> DIRECTORY_OPTIONS = Set.of("--into", "--report", "--jfr");

    @Option(
            names = "--quick",
            description = "Short cases and smaller collections: a few minutes in all.")
    private boolean quick;

    @Option(names = "--tiny", description = "Only shows that every case runs: seconds.")
    private boolean tiny;

    @Option(names = "--scale", description = "full (default), quick or tiny, by name.")
    private @Nullable String scaleName;

    @Option(
            names = "--backends",
            split = ",",
            converter = PeerConverter.class,
            description =
                    "Of hashmap, rocksdb, rocksdb-tuned, forst, lsm; measured in this order"
                            + " (default: what each group asks for).")
    private List<Peer> peers = List.of();

    @Option(
            names = "--groups",
            split = ",",
            converter = GroupConverter.class,
            completionCandidates = GroupLabels.class,
            description =
                    "Groups of cases: ${COMPLETION-CANDIDATES} (default: all, and whole jobs as"
                            + " bin/bench jobs runs them).")
    private List<CaseGroup> groups = List.of();

    @Option(
            names = "--rounds",
            description = "JVMs for each group and backend (default: what each group asks for).")
    private int rounds;

    @Option(
            names = "--managed-mb",
            description = "Managed memory of each backend in MB (default: by group).")
    private int managedMegabytes;

    @Option(
            names = "--overwrite-seconds",
            description = "How long the overwrite group runs (default: by scale; full 600).")
    private int overwriteSeconds;

    @Option(names = "--heap-mb", description = "Heap of each JVM in MB (default: by group).")
    private int heapMegabytes;

    @Option(
            names = "--into",
            paramLabel = "DIR",
            description =
                    "Keep the results in this directory, beside those that an earlier run left"
                            + " there (default: a new one below target/bench-runs).")
    private @Nullable Path into;

    @Option(
            names = "--replace",
            description = "With --into: forget what it has of the same groups and backends.")
    private boolean replace;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description =
                    "Write benchmarks.md and its plots here (default: docs for a run of all groups,"
                            + " else the directory of the results).")
    private @Nullable Path report;

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
        Scale scale =
                Scale.ofName(
                        scaleName != null ? scaleName : tiny ? "tiny" : quick ? "quick" : "full");
        RunDirectory results = RunDirectory.open(into != null ? into : newDirectory());
        Path work = Files.createTempDirectory("flink-lsm-bench");
        List<Job> jobs = jobs(scale);
        if (replace) {
            for (Job job : jobs) {
                results.forget(job.group().label(), job.peer().label());
            }
        }
        RunConditions conditions = RunMachine.conditions(scale.label(), typed(spec));
        Path start = results.add(conditions);
        long started = System.nanoTime();
        List<String> failures =
                measure(
                        jobs,
                        new JvmLauncher.Settings(scale, overwriteSeconds, work, recordings),
                        results);
        boolean everything = groups.isEmpty() && peers.isEmpty();
        if (everything && !runWholeJobs(scale, results)) {
            failures.add("[jobs] a job failed, or its result differs between backends");
        }
        long seconds = (System.nanoTime() - started) / 1_000_000_000L;
        results.replace(start, conditions.finished(seconds, RunMachine.loadAverage()));
        if (failures.isEmpty()) {
            FileTrees.delete(work);
        }

        boolean publish = everything && into == null && scale.size() != Scale.Size.TINY;
        Path docs = report != null ? report : publish ? Path.of("docs") : results.path();
        Path written = BenchmarkReport.write(results, docs);
        out.println(BenchmarkReport.tables(results));
        out.printf("results: %s%nreport:  %s%n", results.path(), written);
        failures.forEach(out::println);
        out.flush();
        return failures.isEmpty() ? 0 : 1;
    }

    /** What was typed, but for directories: they say nothing about the figures. */
    private static String typed(CommandSpec spec) {
        StringBuilder typed = new StringBuilder("bin/bench");
        boolean skipNext = false;
        for (String argument : spec.commandLine().getParseResult().originalArgs()) {
            String name = argument.replaceFirst("=.*$", "");
            if (skipNext) {
                skipNext = false;
            } else if (DIRECTORY_OPTIONS.contains(name)) {
                skipNext = name.equals(argument);
            } else {
                typed.append(' ').append(argument);
            }
        }
        return typed.toString();
    }

    /** One measuring JVM that is to be started. */
    private record Job(CaseGroup group, Peer peer, GroupSettings settings, int round) {}

    /** All JVMs in the order of measuring: every round of a group runs its backends in turn. */
    private List<Job> jobs(Scale scale) {
        List<Job> jobs = new ArrayList<>();
        List<CaseGroup> chosen = groups.isEmpty() ? List.of(CaseGroup.values()) : groups;
        int most = 0;
        for (CaseGroup group : chosen) {
            most = Math.max(most, settings(group, scale).rounds());
        }
        for (int round = 1; round <= most; round++) {
            for (CaseGroup group : chosen) {
                GroupSettings settings = settings(group, scale);
                for (Peer peer : settings.peers()) {
                    if (round <= settings.rounds()) {
                        jobs.add(new Job(group, peer, settings, round));
                    }
                }
            }
        }
        return jobs;
    }

    /** What the group asks for, unless the command line says otherwise. */
    private GroupSettings settings(CaseGroup group, Scale scale) {
        GroupSettings own = group.settings(scale);
        return new GroupSettings(
                heapMegabytes > 0 ? heapMegabytes : own.heapMegabytes(),
                managedMegabytes > 0 ? managedMegabytes : own.managedMegabytes(),
                rounds > 0 ? rounds : own.rounds(),
                peers.isEmpty() ? own.peers() : peers);
    }

    /** Runs the whole jobs too; returns whether their results were equal on all backends. */
    private static boolean runWholeJobs(Scale scale, RunDirectory results) {
        String few = "hashmap,rocksdb,lsm";
        String peers = scale.choose("hashmap,rocksdb,forst,lsm", few, few);
        return new CommandLine(new JobsBenchmark())
                        .execute(
                                "--scale=" + scale.label(),
                                "--backends=" + peers,
                                "--into=" + results.path())
                == 0;
    }

    /**
     * Runs all JVMs, one after the other. One that fails does not stop the others: a run takes
     * hours, and its report says what was not measured.
     *
     * @return what failed, in words
     */
    private List<String> measure(
            List<Job> jobs, JvmLauncher.Settings settings, RunDirectory results)
            throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("[bench] call it through picocli");
        }
        PrintWriter progress = spec.commandLine().getErr();
        JvmLauncher launcher = new JvmLauncher(settings);
        List<String> failures = new ArrayList<>();
        long start = System.nanoTime();
        int done = 0;
        for (Job job : jobs) {
            progress.printf(
                    Locale.ROOT,
                    "%4d s  round %d, %s on %s (%d of %d)%n",
                    (System.nanoTime() - start) / 1_000_000_000L,
                    job.round(),
                    job.group(),
                    job.peer(),
                    ++done,
                    jobs.size());
            progress.flush();
            try {
                results.add(launcher.run(job.peer(), job.group(), job.settings(), job.round()));
            } catch (IOException failure) {
                failures.add(String.valueOf(failure.getMessage()));
                progress.println(failure.getMessage());
            }
        }
        return failures;
    }

    private static Path newDirectory() throws IOException {
        Path parent = Files.createDirectories(Path.of("target", "bench-runs"));
        String now =
                LocalDateTime.now(ZoneOffset.UTC)
                        .format(DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT));
        return parent.resolve(now);
    }

    /** Writes the report again from what was measured before. */
    @Command(
            name = "report",
            mixinStandardHelpOptions = true,
            description = "Writes benchmarks.md and its plots from the results of earlier runs.")
    static final class ReportCommand implements Callable<Integer> {

        @Parameters(
                index = "0",
                paramLabel = "RESULTS",
                description = "A directory that a run filled.")
        private Path results = Path.of(".");

        @Option(
                names = "--into",
                paramLabel = "DIR",
                description = "Where the report goes (default: ${DEFAULT-VALUE}).",
                defaultValue = "docs")
        private Path docs = Path.of("docs");

        @Spec private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Path written = BenchmarkReport.write(RunDirectory.open(results), docs);
            if (spec != null) {
                spec.commandLine().getOut().println("report: " + written);
            }
            return 0;
        }
    }

    /** Reads a backend's name. */
    static final class PeerConverter implements CommandLine.ITypeConverter<Peer> {
        @Override
        public Peer convert(String value) {
            return Peer.ofLabel(value);
        }
    }

    /** The names of all groups, for the help. */
    static final class GroupLabels implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(CaseGroup.values()).map(CaseGroup::label).iterator();
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
