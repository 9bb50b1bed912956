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
package io.flinklsm.benchmarks.run;

import io.flinklsm.benchmarks.report.BenchmarkReport;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunConditions;
import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;

/**
 * One start of a program of the benchmarks: the JVMs of all steps one after the other, their
 * results in one directory, and the report of that directory.
 *
 * <p>A JVM that fails does not stop the others: a run takes more than an hour, and its report says
 * what was not measured. The directory is complete after every JVM, so that a run that is stopped
 * can be resumed.
 */
public final class BenchmarkRun {

    private static final Set<String> DIRECTORY_OPTIONS =
            Set.of("--into", "--resume", "--report", "--jfr");

    private final RunOptions options;
    private final CommandSpec spec;
    private final RunDirectory results;
    private final Path start;
    private RunConditions conditions;
    private final long startNanos = System.nanoTime();

    private BenchmarkRun(
            RunOptions options,
            CommandSpec spec,
            RunDirectory results,
            Path start,
            RunConditions conditions) {
        this.options = options;
        this.spec = spec;
        this.results = results;
        this.start = start;
        this.conditions = conditions;
    }

    /**
     * Measures, keeps and reports.
     *
     * @param steps all of them, in their order, with those that a resumed run has already
     * @param everything whether the report of these steps is the one to publish
     * @return the program's exit code: 0 if every step left a result, and backends agree
     */
    public static int execute(
            RunOptions options, CommandSpec spec, List<Step> steps, boolean everything)
            throws IOException, InterruptedException {
        RunDirectory results = options.openResults();
        if (options.isReplacement()) {
            results.forget(run -> steps.stream().anyMatch(step -> step.measuresAsMuchAs(run)));
        }
        RunConditions conditions = RunMachine.conditions(options.scaleName(), typed(spec));
        BenchmarkRun run =
                new BenchmarkRun(options, spec, results, results.add(conditions), conditions);
        run.measure(steps);
        return run.report(everything && !options.isAddition());
    }

    /** What was typed, but for directories: they say nothing about the figures. */
    private static String typed(CommandSpec spec) {
        StringBuilder typed = new StringBuilder("bin/").append(spec.name());
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

    private void measure(List<Step> steps) throws IOException, InterruptedException {
        PrintWriter progress = spec.commandLine().getErr();
        List<JvmRun> earlier = options.isResumption() ? results.jvmRuns() : List.of();
        Path work = Files.createTempDirectory("flink-lsm-bench");
        JvmLauncher launcher = new JvmLauncher(work, options.recordings());
        List<String> failures = new ArrayList<>();
        int done = 0;
        for (Step step : steps) {
            done++;
            if (earlier.stream().anyMatch(step::wasDoneBy)) {
                continue;
            }
            progress.printf(
                    Locale.ROOT, "%4d s  %s (%d of %d)%n", seconds(), step, done, steps.size());
            progress.flush();
            try {
                results.add(launcher.run(step));
            } catch (IOException failure) {
                progress.println(failure.getMessage());
                failures.add(step.toString());
            }
            // Now, and not at the end alone: a run may be stopped.
            conditions = conditions.after(seconds(), RunMachine.loadAverage(), failures);
            results.replace(start, conditions);
        }
        if (failures.isEmpty()) {
            FileTrees.delete(work);
        }
    }

    private int report(boolean publish) throws IOException {
        Path chosen = options.report();
        Path docs = chosen != null ? chosen : publish ? Path.of("docs") : results.path();
        Path written = BenchmarkReport.write(results, docs);
        List<String> differences = BenchmarkReport.differences(results);
        PrintWriter out = spec.commandLine().getOut();
        out.println(BenchmarkReport.tables(results));
        out.printf(
                Locale.ROOT,
                "results: %s%nreport:  %s%n%d s%n",
                results.path(),
                written,
                seconds());
        conditions.failures().forEach(failure -> out.println("failed:  " + failure));
        differences.forEach(out::println);
        out.flush();
        return conditions.failures().isEmpty() && differences.isEmpty() ? 0 : 1;
    }

    private long seconds() {
        return (System.nanoTime() - startNanos) / 1_000_000_000L;
    }
}
