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
package io.flinklsm.examples.flights;

import io.flinklsm.examples.flights.input.FlightInput;
import io.flinklsm.examples.flights.input.FlightInputException;
import io.flinklsm.examples.flights.input.LogSummary;
import io.flinklsm.examples.flights.run.Backend;
import io.flinklsm.examples.flights.run.CheckpointContents;
import io.flinklsm.examples.flights.run.EmbeddedRun;
import io.flinklsm.examples.flights.run.ProgressPrinter;
import io.flinklsm.examples.flights.run.ReportTables;
import io.flinklsm.examples.flights.run.RunFailedException;
import io.flinklsm.examples.flights.run.RunPlan;
import io.flinklsm.examples.flights.run.RunProgress;
import io.flinklsm.examples.flights.run.RunReport;
import io.flinklsm.examples.flights.run.WorkDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs the job over flights on an embedded Flink cluster, lets it fail once in the middle, and says
 * whether its result equals that of the same job on the HashMap backend without a failure.
 */
@Command(
        name = "demo",
        sortOptions = false,
        description = {
            "Runs a streaming job over real flight records with its state in flink-lsm, on a Flink"
                    + " cluster inside this process. The job takes a checkpoint every second and"
                    + " fails once in the middle; Flink restarts it from its last checkpoint. Its"
                    + " result must equal that of the same job on Flink's HashMap backend.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the results are equal",
            "1:the results differ",
            "2:an option or the input is wrong",
            "3:the job failed for good"
        })
public final class FlightsDemo implements Callable<Integer> {

    private static final int EQUAL = 0;
    private static final int DIFFERENT = 1;
    private static final int FAILED = 3;

    /** The embedded flights last about 15 seconds at this rate: long enough to see them pass. */
    private static final long EMBEDDED_FLIGHTS_PER_SECOND = 15_000;

    private static final int SHOWN_DIFFERENCES = 5;

    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description =
                    "Flights to replay: a .parquet, .csv or .csv.gz file with the columns date,"
                            + " delay, distance, origin, destination. Default: the embedded two"
                            + " weeks of January 2001.")
    private @Nullable Path input;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "State backend: ${COMPLETION-CANDIDATES} (rocksdb only if on the class path)."
                            + " Default: ${DEFAULT-VALUE}.")
    private Backend backend = Backend.LSM;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            description = "Subtasks of each operator. Default: ${DEFAULT-VALUE}.")
    private int parallelism = 2;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description =
                    "Flights a second at most, 0 for no limit. Default: 15000 for the embedded"
                            + " flights, 0 for a file.")
    private @Nullable Long rate;

    @Option(
            names = "--checkpoint-dir",
            paramLabel = "DIR",
            description =
                    "Where checkpoints go. Flink deletes them when the job is done. Default: a"
                            + " temporary directory.")
    private @Nullable Path checkpointDirectory;

    @Option(
            names = "--sstables",
            paramLabel = "DIR",
            description =
                    "Leaves the SSTables of the last checkpoint in DIR, by operator, state, level"
                        + " and generation: plain Parquet; their manifests in DIR/manifests. DIR"
                        + " must be new or empty.")
    private @Nullable Path sstables;

    @Option(
            names = "-D",
            paramLabel = "KEY=VALUE",
            description =
                    "Sets an option of Flink or of the state backend (state.backend.lsm.*) for the"
                            + " first run.")
    private Map<String, String> options = new HashMap<>();

    @Option(names = "--no-failure", description = "Does not let the job fail.")
    private boolean noFailure;

    @Option(names = "--quiet", description = "Prints the result, but no progress.")
    private boolean quiet;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Prints this text.")
    @SuppressWarnings("UnusedVariable") // picocli reads it.
    private boolean help;

    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields.
    FlightsDemo() {}

    /** Runs the demo with the command line's arguments and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(
                run(
                        arguments,
                        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                        new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
    }

    /** As {@link #main}, but returns the exit code. */
    static int run(String[] arguments, PrintWriter out, PrintWriter err) {
        return new CommandLine(new FlightsDemo())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler(FlightsDemo::explain)
                .execute(arguments);
    }

    private static int explain(
            Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        command.getErr().println("error: " + failure.getMessage());
        if (failure instanceof FlightInputException) {
            return CommandLine.ExitCode.USAGE;
        }
        if (failure instanceof RunFailedException) {
            command.getErr().println("the whole log is " + System.getProperty("flights.log"));
            return FAILED;
        }
        throw failure;
    }

    @Override
    public Integer call() throws Exception {
        checkOptions();
        PrintWriter out = spec.commandLine().getOut();
        FlightInput flights = input == null ? FlightInput.embedded() : FlightInput.file(input);
        LogSummary summary = flights.summarise();
        out.printf(
                Locale.ROOT,
                "%,d flights from %s to %s (%s)%n%n",
                summary.flights(),
                MINUTE.format(Instant.ofEpochMilli(summary.firstMillis())),
                MINUTE.format(Instant.ofEpochMilli(summary.lastMillis())),
                flights.name());
        try (WorkDirectory work = WorkDirectory.create()) {
            RunReport report = run(out, plan(flights, summary, work));
            print(out, report);
            RunReport reference = run(out, referencePlan(flights, summary, work));
            return compare(out, report.results().lines(), reference.results().lines());
        }
    }

    private void checkOptions() throws IOException {
        if (sstables != null && Files.exists(sstables) && !isEmptyDirectory(sstables)) {
            throw wrongOption("--sstables", sstables, "a directory that is new or empty");
        }
        if (parallelism < 1 || parallelism > 64) {
            throw wrongOption("--parallelism", parallelism, "1 to 64");
        }
        if (rate != null && rate < 0) {
            throw wrongOption("--rate", rate, "0 or more");
        }
        if (!backend.isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--backend "
                            + backend
                            + " is not on the class path; put flink-statebackend-rocksdb there"
                            + " (bin/demo does it), or use lsm or hashmap.");
        }
    }

    private static boolean isEmptyDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }

    private ParameterException wrongOption(String option, Object found, String needed) {
        return new ParameterException(
                spec.commandLine(),
                option + " has a wrong value: found=" + found + ", needed=" + needed + ".");
    }

    private RunPlan plan(FlightInput flights, LogSummary summary, WorkDirectory work) {
        long flightsPerSecond = input == null ? EMBEDDED_FLIGHTS_PER_SECOND : 0;
        Path checkpoints =
                checkpointDirectory == null
                        ? work.path().resolve("checkpoints")
                        : checkpointDirectory.toAbsolutePath();
        return new RunPlan(
                new RunPlan.Log(flights, summary),
                backend,
                parallelism,
                rate == null ? flightsPerSecond : rate,
                !noFailure,
                new RunPlan.Directories(
                        checkpoints,
                        work.path().resolve("run"),
                        backend == Backend.LSM ? sstables : null),
                options);
    }

    /** The same job as fast as it can, on Flink's own heap and without a failure. */
    private RunPlan referencePlan(FlightInput flights, LogSummary summary, WorkDirectory work) {
        return new RunPlan(
                new RunPlan.Log(flights, summary),
                Backend.HASHMAP,
                parallelism,
                0,
                false,
                new RunPlan.Directories(
                        work.path().resolve("reference-checkpoints"),
                        work.path().resolve("reference"),
                        null),
                Map.of());
    }

    private RunReport run(PrintWriter out, RunPlan plan) throws Exception {
        out.println(
                "Running on "
                        + plan.backend()
                        + (plan.fail() ? ", with a failure in the middle" : ", without a failure"));
        var printer = new ProgressPrinter(out, System.console() != null);
        RunProgress.Listener listener = quiet ? progress -> {} : printer;
        RunReport report;
        try {
            report = new EmbeddedRun(plan, listener).run();
        } finally {
            if (!quiet) {
                printer.finish();
            }
        }
        out.printf(
                Locale.ROOT,
                "  done in %.1f s: %,d rows, %d checkpoints, %d restart%s%s%n%n",
                report.millis() / 1000.0,
                report.results().lines().size(),
                report.checkpoints().completed(),
                report.restarts(),
                report.restarts() == 1 ? "" : "s",
                report.restoredCheckpointId() == null
                        ? ""
                        : " (from checkpoint " + report.restoredCheckpointId() + ")");
        return report;
    }

    private void print(PrintWriter out, RunReport report) {
        out.println("Routes with the highest mean delay (2 flights a day or more)");
        out.println(ReportTables.latestRoutes(report.results()));
        out.println();
        out.println("Busiest airports and their last flights");
        out.println(ReportTables.busiestAirports(report.results()));
        out.println();
        out.println(
                "Routes closed after a quiet day: "
                        + ReportTables.count(report.results().quietRoutes().size())
                        + " closings; the most often closed");
        out.println(ReportTables.quietRoutes(report.results()));
        out.println();
        RunReport.CheckpointTotals totals = report.checkpoints();
        out.println(
                "Checkpoints: "
                        + totals.completed()
                        + " completed, "
                        + totals.interrupted()
                        + " interrupted, "
                        + ReportTables.bytes(totals.writtenBytes())
                        + " written, the largest "
                        + ReportTables.bytes(totals.largestBytes())
                        + ", median "
                        + totals.medianMillis()
                        + " ms");
        CheckpointContents contents = report.lastContents();
        if (contents != null) {
            out.println(
                    "In checkpoint "
                            + contents.checkpointId()
                            + ", the last one with the state of all tasks, summed over "
                            + parallelism
                            + " subtasks");
            out.println(ReportTables.contents(contents));
            if (sstables != null) {
                out.println();
                out.println(
                        "These files are in "
                                + sstables
                                + "; the worst routes, with DuckDB (the newest source of a key"
                                + " wins):");
                out.println("  " + ReportTables.worstRoutes(sstables));
            }
        }
        out.println();
    }

    private static int compare(PrintWriter out, List<String> found, List<String> expected) {
        if (found.equals(expected)) {
            out.println(
                    "EQUAL: all "
                            + ReportTables.count(found.size())
                            + " rows are those of the HashMap backend.");
            return EQUAL;
        }
        out.println(
                "DIFFERENT: rows="
                        + found.size()
                        + ", rows on the HashMap backend="
                        + expected.size()
                        + "; report this with the lines below.");
        printMissing(out, "only here:   ", found, expected);
        printMissing(out, "only HashMap:", expected, found);
        return DIFFERENT;
    }

    private static void printMissing(
            PrintWriter out, String heading, List<String> lines, List<String> others) {
        var known = new HashSet<>(others);
        lines.stream()
                .filter(line -> !known.contains(line))
                .limit(SHOWN_DIFFERENCES)
                .forEach(line -> out.println("  " + heading + " " + line));
    }
}
