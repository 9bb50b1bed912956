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
package io.flinklsm.benchmarks.jobs;

import io.flinklsm.benchmarks.Peer;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench jobs}: runs whole jobs on state backends in turn, each in a
 * fresh JVM, and prints one table. It fails if a job's result is not the same everywhere.
 */
@Command(
        name = "bench jobs",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs whole Flink jobs on state backends in turn and prints a Markdown table;"
                        + " fails if results differ.")
public final class JobsBenchmark implements Callable<Integer> {

    @Option(
            names = "--quick",
            description = "Some of the jobs, short: about a minute for three backends.")
    private boolean quick;

    @Option(
            names = "--scale",
            description = "full (default), quick or tiny; tiny only compares the results.")
    private @Nullable String scaleName;

    @Option(
            names = "--events",
            description = "Length of the stream, instead of the scale's; a fifth is not measured.")
    private long events;

    @Option(
            names = "--backends",
            split = ",",
            defaultValue = "hashmap,rocksdb,lsm",
            converter = PeerConverter.class,
            description =
                    "Of hashmap, rocksdb, rocksdb-tuned, forst, lsm, in this order (default:"
                            + " ${DEFAULT-VALUE}).")
    private List<Peer> peers = List.of();

    @Option(
            names = "--jobs",
            split = ",",
            converter = JobConverter.class,
            description = "Which jobs; see --list (default: all, with --quick some).")
    private List<JobCase> jobs = List.of();

    @Option(names = "--list", description = "List the jobs and end.")
    private boolean list;

    @Option(names = "--rounds", description = "How often each job runs on each backend.")
    private int rounds;

    @Option(
            names = "--parallelism",
            defaultValue = "1",
            description = "Of every operator (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    @Option(
            names = "--managed-mb",
            defaultValue = "256",
            description = "Managed memory in MB (default: ${DEFAULT-VALUE}).")
    private int managedMegabytes;

    @Option(
            names = "--heap-mb",
            defaultValue = "2048",
            description = "Heap of each JVM in MB (default: ${DEFAULT-VALUE}).")
    private int heapMegabytes;

    @Option(
            names = "--into",
            paramLabel = "DIR",
            description = "Keep the results in this directory, where bin/bench report finds them.")
    private @Nullable Path into;

    @Option(
            names = "--jfr",
            paramLabel = "DIR",
            description = "Leave a flight recording of every JVM in this directory.")
    private @Nullable Path recordings;

    @Spec private @Nullable CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new JobsBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("[bench] call it through picocli");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (list) {
            JobCase.all().forEach(job -> out.printf("%-10s %s%n", job.label(), job.description()));
            return 0;
        }
        List<JobResult> results = run(spec.commandLine().getErr());
        JobTable table = new JobTable();
        results.forEach(table::add);
        out.print(table.toMarkdown());
        out.flush();
        if (into != null) {
            keep(results, RunDirectory.open(into));
        }
        List<String> differences = table.differences();
        differences.forEach(spec.commandLine().getErr()::println);
        spec.commandLine().getErr().flush();
        return differences.isEmpty() ? 0 : 1;
    }

    /** Puts the results beside those of the states, in a form that the report knows. */
    private void keep(List<JobResult> results, RunDirectory directory) throws IOException {
        for (Peer peer : peers) {
            List<JobResult> own =
                    results.stream().filter(run -> run.backend().equals(peer.label())).toList();
            List<Sample> samples = own.stream().map(JobResult::toSample).toList();
            directory.add(
                    new JvmRun(
                            peer.label(),
                            "jobs",
                            1,
                            heapMegabytes,
                            managedMegabytes,
                            own.stream().mapToLong(JobResult::residentBytes).max().orElse(0),
                            samples));
        }
    }

    private List<JobResult> run(PrintWriter progress) throws IOException, InterruptedException {
        String name = scaleName != null ? scaleName : quick ? "quick" : "full";
        JobScale named = JobScale.ofName(name);
        JobScale scale = events > 0 ? named.withEvents(events) : named;
        List<JobCase> chosen = jobs.isEmpty() ? scale.jobs() : jobs;
        int roundCount = rounds > 0 ? rounds : scale.rounds();
        Path directory = Files.createTempDirectory("flink-lsm-jobs");
        JobLauncher launcher =
                new JobLauncher(
                        new JobLauncher.Settings(
                                scale,
                                managedMegabytes,
                                heapMegabytes,
                                parallelism,
                                directory,
                                recordings));
        List<JobResult> results = new ArrayList<>();
        long start = System.nanoTime();
        for (int round = 1; round <= roundCount; round++) {
            for (List<JobCase> together : processes(named, chosen)) {
                for (Peer peer : peers) {
                    progress.printf(
                            Locale.ROOT,
                            "%3d s  round %d of %d, %s on %s%n",
                            (System.nanoTime() - start) / 1_000_000_000L,
                            round,
                            roundCount,
                            together.size() == 1 ? together.get(0).label() : "jobs",
                            peer);
                    progress.flush();
                    results.addAll(launcher.run(peer, together));
                }
            }
        }
        delete(directory);
        return results;
    }

    /** Which jobs share a process: none, but where starting one takes longer than the job. */
    private static List<List<JobCase>> processes(JobScale scale, List<JobCase> chosen) {
        return scale.equals(JobScale.FULL)
                ? chosen.stream().map(List::of).toList()
                : List.of(chosen);
    }

    /** The logs are of use only when a process failed, and then this is not reached. */
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

    /** Reads a job's name. */
    static final class JobConverter implements CommandLine.ITypeConverter<JobCase> {
        @Override
        public JobCase convert(String value) {
            return JobCase.ofLabel(value);
        }
    }
}
