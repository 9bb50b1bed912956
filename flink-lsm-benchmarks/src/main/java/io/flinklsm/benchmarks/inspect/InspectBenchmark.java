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
package io.flinklsm.benchmarks.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.workload.Answers;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How long the inspection program takes over ten million entries, with values of 100 and of 20
 * bytes: writes two checkpoints of each, asks what an operator asks, checks the answers, and prints
 * the median of some rounds beside the bar. Takes the number of entries, of rounds, and a directory
 * in which the checkpoints stay for the next run; each may be left out.
 *
 * <p>MB are millions of bytes of keys and values as they are serialised, those that a restored job
 * would see ({@code top --exact} tells them); files are smaller. A rate is of all CPU time of the
 * process, the start of its JVM and its compiler included. Where the bar is a time, CPU time stands
 * for it, too, as that is the same on a machine which does other things: on one that does not, less
 * time than that passes.
 */
public final class InspectBenchmark {

    private static final int ENTRIES = 10_000_000;
    private static final int ROUNDS = 3;
    private static final int[] VALUE_BYTES = {100, 20};

    /** What a rate must be, by the length of values. */
    private static final Map<Integer, Integer> LEAST_RATE = Map.of(100, 200, 20, 100);

    private static final double MEGA = 1e6;
    private static final int TOP = 100;

    /** A sketch's count is within three of its standard errors, but once in four hundred times. */
    private static final int STANDARD_ERRORS = 3;

    private final PrintStream out;
    private final Path directory;
    private final int entries;
    private final int rounds;

    private InspectBenchmark(PrintStream out, Path directory, int entries, int rounds) {
        this.out = out;
        this.directory = directory;
        this.entries = entries;
        this.rounds = rounds;
    }

    public static void main(String[] arguments) throws Exception {
        int entries = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ENTRIES;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : ROUNDS;
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length > 2) {
            Path kept = Files.createDirectories(Path.of(arguments[2])).toAbsolutePath();
            new InspectBenchmark(out, kept, entries, rounds).run();
            return;
        }
        Path temporary = Files.createTempDirectory("inspect-benchmark");
        try {
            new InspectBenchmark(out, temporary, entries, rounds).run();
        } finally {
            FileTrees.delete(temporary);
        }
    }

    private void run() throws Exception {
        for (int valueBytes : VALUE_BYTES) {
            Path own =
                    Files.createDirectories(
                            directory.resolve("values-" + valueBytes + "-" + entries));
            TwoCheckpoints checkpoints = new TwoCheckpoints(own, entries, valueBytes);
            checkpoints.write();
            measure(checkpoints, own, valueBytes);
        }
    }

    private void measure(TwoCheckpoints checkpoints, Path own, int valueBytes) throws Exception {
        String before = checkpoints.before().toString();
        String after = checkpoints.after().toString();
        Path page = own.resolve("report.html");

        CommandRun exact = median(own, "top", "--exact", "-n", "" + TOP, after);
        double liveMegabytes = sum(exact.json().path("states"), "live_bytes") / MEGA;
        long liveEntries = (long) entries + checkpoints.changed();
        Answers.expect(
                "top --exact",
                0,
                liveEntries,
                (long) sum(exact.json().path("states"), "live_entries"));
        CommandRun verify = median(own, "verify", after);
        Answers.expect("verify", 0, 0, verify.json().path("findings").size());
        double fileMegabytes = verify.json().path("bytes").asDouble() / MEGA;
        out.printf(
                Locale.ROOT,
                "%,d entries, values of %d bytes: %,.0f MB of keys and values, %,.0f MB of files,"
                        + " %d SSTables; medians of %d rounds%n",
                entries,
                valueBytes,
                liveMegabytes,
                fileMegabytes,
                verify.json().path("sstables").asInt(),
                rounds);
        out.printf("%-16s %8s %8s %14s  %s%n", "", "wall s", "CPU s", "MB/s of CPU", "bar");

        CommandRun start = median(own, "--version");
        row("the start alone", start, 0, "");
        CommandRun top = median(own, "top", after);
        boolean isFast = top.cpuSeconds() - start.cpuSeconds() < 1;
        row("top", top, 0, "1 s after the start: " + met(isFast));
        CommandRun more = median(own, "top", "-n", "" + TOP, after);
        row("top -n " + TOP, more, 0, compare(more.json(), exact.json()));
        rate("top --exact", exact, liveMegabytes, valueBytes);
        rate("verify", verify, liveMegabytes, valueBytes);
        CommandRun count =
                median(
                        own,
                        "sql",
                        after,
                        "select (select count(*) from "
                                + TwoCheckpoints.VALUES
                                + ") + (select count(*) from "
                                + TwoCheckpoints.MAPS
                                + ") as n");
        Answers.expect(
                "count(*)", 0, liveEntries, count.json().path("rows").path(0).path("n").asLong());
        rate("count(*)", count, liveMegabytes, valueBytes);
        CommandRun diff = median(own, "diff", before, after);
        for (String kind : List.of("changed", "added")) {
            Answers.expect(
                    "diff, " + kind,
                    0,
                    checkpoints.changed(),
                    (long) sum(diff.json().path("states"), kind));
        }
        double share = diff.json().path("read_bytes").asDouble() / MEGA / fileMegabytes;
        row(
                "diff",
                diff,
                0,
                String.format(
                        Locale.ROOT,
                        "10 %% of the bytes of a checkpoint: read %.1f %%, %s",
                        share * 100,
                        met(share < 0.1)));
        CommandRun report = median(own, "report", "--force", "-o", page.toString(), after);
        row("report", report, 0, "10 s: " + met(report.cpuSeconds() < 10));
        out.println();
    }

    private void rate(String name, CommandRun run, double megabytes, int valueBytes) {
        int least = LEAST_RATE.getOrDefault(valueBytes, 0);
        double rate = megabytes / run.cpuSeconds();
        row(name, run, rate, least + " MB/s of CPU: " + met(rate >= least));
    }

    private void row(String name, CommandRun run, double rate, String bar) {
        out.printf(
                Locale.ROOT,
                "%-16s %8.2f %8.2f %14s  %s%n",
                name,
                run.wallSeconds(),
                run.cpuSeconds(),
                rate == 0 ? "" : String.format(Locale.ROOT, "%.0f", rate),
                bar);
    }

    private static String met(boolean isMet) {
        return isMet ? "met" : "missed";
    }

    /** The round in the middle by its CPU time. */
    private CommandRun median(Path own, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (all.size() > 1) {
            all.add("--json");
        }
        List<CommandRun> runs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            runs.add(CommandRun.of(own, all));
        }
        runs.sort(Comparator.comparingDouble(CommandRun::cpuSeconds));
        return runs.get(runs.size() / 2);
    }

    private static double sum(JsonNode rows, String field) {
        double sum = 0;
        for (JsonNode row : rows) {
            sum += row.path(field).asDouble();
        }
        return sum;
    }

    /**
     * What sketches say beside what is there: a key that they leave out must not be larger than
     * they say such a key can be, and the number of keys must be as near as they say.
     */
    private static String compare(JsonNode sketched, JsonNode exact) {
        Map<String, JsonNode> listed = new HashMap<>();
        sketched.path("top").forEach(one -> listed.put(id(one), one));
        long othersAtMost = sketched.path("others_at_most").asLong();
        int found = 0;
        boolean isWithin = true;
        for (JsonNode one : exact.path("top")) {
            JsonNode same = listed.get(id(one));
            long live = one.path("live_bytes").asLong();
            if (same == null) {
                isWithin &= live <= othersAtMost;
            } else {
                found++;
                // What is stored is at least what is live, unless it is a lower bound itself.
                isWithin &=
                        same.path("at_least").asBoolean()
                                || same.path("stored_bytes").asLong() >= live;
            }
        }
        double farthest = 0;
        for (JsonNode one : exact.path("states")) {
            for (JsonNode other : sketched.path("states")) {
                if (other.path("tree").equals(one.path("tree"))) {
                    double ratio =
                            other.path("count").asDouble() / one.path("count").asDouble() - 1;
                    double allowed = other.path("count_relative_error").asDouble();
                    isWithin &= Math.abs(ratio) <= STANDARD_ERRORS * allowed;
                    farthest = Math.max(farthest, Math.abs(ratio));
                }
            }
        }
        return String.format(
                Locale.ROOT,
                "%d of the largest %d keys, count of keys off by %.1f %%; within its stated"
                        + " errors: %s",
                found,
                exact.path("top").size(),
                farthest * 100,
                isWithin ? "yes" : "no");
    }

    private static String id(JsonNode one) {
        return one.path("tree").asText() + " " + one.path("key_hex").asText();
    }
}
