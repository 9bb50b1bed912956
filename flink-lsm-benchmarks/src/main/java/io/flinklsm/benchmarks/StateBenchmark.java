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

import io.flinklsm.benchmarks.cases.CaseGroup;
import io.flinklsm.benchmarks.cases.CaseOptions;
import io.flinklsm.benchmarks.cases.CurveCases;
import io.flinklsm.benchmarks.cases.HotCases;
import io.flinklsm.benchmarks.jobs.JobSteps;
import io.flinklsm.benchmarks.parts.PartSteps;
import io.flinklsm.benchmarks.report.BenchmarkReport;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.BenchmarkRun;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import io.flinklsm.benchmarks.run.Step;
import io.flinklsm.benchmarks.workload.Scale;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench}: measures state backends side by side, whole jobs and the
 * engine's parts, keeps the results as a directory of JSON files, and writes the report from them.
 *
 * <p>A round runs every group of cases on every backend in turn (A B C A B C …), each in a fresh
 * JVM, so that neither a warm compiler nor a noisy minute favours one of them. {@link RunPlan} says
 * what a run measures when nothing is chosen. Nothing here asserts a time.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = StateBenchmark.ReportCommand.class,
        description =
                "Measures Flink state backends side by side, one fresh JVM for each round, group of"
                        + " cases and backend, and writes a report of medians and ratios. Without"
                        + " options it measures everything, in about an hour and a half, and writes"
                        + " docs.")
public final class StateBenchmark implements Callable<Integer> {

    @Mixin private RunOptions options = new RunOptions();

    @Option(
            names = "--groups",
            split = ",",
            completionCandidates = GroupLabels.class,
            description = "Of ${COMPLETION-CANDIDATES} (default: all).")
    private List<String> groups = List.of();

    @Option(
            names = "--overwrite-seconds",
            description = "How long the overwrite group runs (default: by scale; full 180).")
    private int overwriteSeconds;

    @Option(
            names = "--seed",
            description =
                    "Of the drawn keys and the order of the cases of the first round (default:"
                            + " another one each time, which the results name; that of the run"
                            + " with --resume).")
    private long seed;

    @Option(
            names = "--hot-cases",
            paramLabel = "REGEX",
            description =
                    "Which cases of the hot groups run, by their whole name, for example"
                            + " 'map .*|value get' (default: all).")
    private Pattern hotCases = CaseOptions.DEFAULT.hotCases();

    @Option(
            names = "--curve-sizes",
            split = ",",
            paramLabel = "RATIO",
            description =
                    "Where the curve is measured: state by memory (default: by scale; full 0.1,"
                            + " 0.25, 0.5, 0.9, 1.5, 3 and 10).")
    private List<Double> ratios = List.of();

    @Option(
            names = "--storage-gb",
            split = ",",
            paramLabel = "GB",
            description =
                    "How large the states on remote storage are (default: by scale; full 0.1;"
                            + " 1 and 4 show whether a restore gets slower with the size).")
    private List<Double> storageGigabytes = List.of();

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
        List<CaseGroup> cases = chosenCases();
        List<Step> steps = new ArrayList<>();
        Scale scale = Scale.ofName(options.scaleName());
        if (isChosen(JobSteps.GROUP)) {
            steps.addAll(JobSteps.ofRun(options));
        }
        if (isChosen(PartSteps.GROUP)) {
            steps.addAll(PartSteps.ofRun(options));
        }
        // The long groups of the states are the last, so that a run that is stopped has the most.
        List<Step> states =
                RunPlan.steps(
                        cases,
                        scale,
                        options,
                        new CaseOptions(
                                overwriteSeconds,
                                chosenSeed(),
                                hotCases,
                                CaseOptions.DEFAULT.stateByMemory(),
                                storageGigabytes),
                        ratios.isEmpty() ? CurveCases.ratios(scale) : ratios);
        int firstLong = 0;
        while (firstLong < states.size() && !isLong(states.get(firstLong))) {
            firstLong++;
        }
        steps.addAll(0, states.subList(0, firstLong));
        steps.addAll(states.subList(firstLong, states.size()));
        if (options.isList()) {
            list(scale, cases, steps, spec.commandLine().getOut());
            return 0;
        }
        return BenchmarkRun.execute(options, spec, steps, isPublished());
    }

    /**
     * Whether the report is the one to publish: that of all cases on all backends at full length. A
     * shorter run leaves its report in its own directory.
     */
    boolean isPublished() {
        return groups.isEmpty()
                && options.isAsPlanned()
                && ratios.isEmpty()
                && storageGigabytes.isEmpty()
                && hotCases.pattern().equals(CaseOptions.DEFAULT.hotCases().pattern())
                && Scale.ofName(options.scaleName()).size() == Scale.Size.FULL;
    }

    /** That of the command line, that of a resumed run, or a new one; never 0. */
    private long chosenSeed() throws IOException {
        if (seed != 0) {
            return seed;
        }
        OptionalLong resumed = seedOf(options.resumedRuns());
        // Small enough to be written down as a figure.
        return resumed.orElseGet(() -> 1 + ThreadLocalRandom.current().nextInt(1_000_000));
    }

    /** The seed of the first round of a run, if a JVM has written down its own. */
    static OptionalLong seedOf(List<JvmRun> runs) {
        for (JvmRun run : runs) {
            for (Sample sample : run.samples()) {
                OptionalDouble ofRound = sample.quantity(HotCases.SEED);
                if (ofRound.isPresent()) {
                    return OptionalLong.of((long) ofRound.getAsDouble() - run.round() + 1);
                }
            }
        }
        return OptionalLong.empty();
    }

    private static boolean isLong(Step step) {
        return step.group().equals(CaseGroup.OVERWRITE.label());
    }

    private boolean isChosen(String group) {
        return groups.isEmpty() || groups.contains(group);
    }

    private List<CaseGroup> chosenCases() {
        if (groups.isEmpty()) {
            return List.of(CaseGroup.values());
        }
        return groups.stream()
                .filter(group -> !group.equals(JobSteps.GROUP) && !group.equals(PartSteps.GROUP))
                .map(CaseGroup::ofLabel)
                .toList();
    }

    /** The plan, a line for each group. */
    private void list(Scale scale, List<CaseGroup> cases, List<Step> steps, PrintWriter out) {
        String line = "%-11s %6s %8s  %-45s %s%n";
        out.printf(line, "group", "heap", "managed", "rounds x backends", "what");
        for (CaseGroup group : cases) {
            GroupSettings settings = RunPlan.chosen(group, scale, options);
            String peers = settings.rounds() + " x " + labels(settings.peers());
            out.printf(
                    Locale.ROOT,
                    line,
                    group,
                    settings.heapMegabytes(),
                    settings.managedMegabytes(),
                    settings.once().isEmpty() ? peers : peers + "; 1 x " + labels(settings.once()),
                    group.description());
        }
        for (String group : List.of(JobSteps.GROUP, PartSteps.GROUP)) {
            List<Step> own = steps.stream().filter(step -> step.group().equals(group)).toList();
            if (!own.isEmpty()) {
                Step first = own.get(0);
                List<Peer> peers = own.stream().map(Step::peer).distinct().toList();
                out.printf(
                        Locale.ROOT,
                        line,
                        group,
                        first.memory().heapMegabytes(),
                        first.memory().managedMegabytes(),
                        own.stream().mapToInt(Step::round).max().orElseThrow()
                                + " x "
                                + labels(peers),
                        group.equals(JobSteps.GROUP)
                                ? JobSteps.describe(options)
                                : PartSteps.DESCRIPTION);
            }
        }
        out.printf(Locale.ROOT, "%d JVMs, scale %s%n", steps.size(), scale.label());
        out.flush();
    }

    private static String labels(List<Peer> peers) {
        return peers.stream().map(Peer::label).collect(Collectors.joining(" "));
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

    /** The names of all groups, for the help. */
    static final class GroupLabels implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Stream.concat(
                            Arrays.stream(CaseGroup.values()).map(CaseGroup::label),
                            Stream.of(JobSteps.GROUP, PartSteps.GROUP))
                    .iterator();
        }
    }
}
