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
package io.flinklsm.benchmarks.parts;

import io.flinklsm.benchmarks.report.ResultTable;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Measured;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.ProcessCounters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The process that runs all benchmarks of parts in short; {@link PartSteps} starts it. */
final class PartsJvm {

    private static final String ALL_PARTS = "io\\.flinklsm\\..*Benchmark";

    /** Those that need no files of hundreds of thousands of entries. */
    private static final String SMALL_PARTS = "io\\.flinklsm\\..*(HotTier|Page)Benchmark";

    private PartsJvm() {}

    /** Takes a directory that it leaves alone, the file for its results, and the scale. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            throw new IllegalArgumentException(
                    "[parts JVM] wrong call: arguments="
                            + List.of(arguments)
                            + "; start PartsBenchmark instead");
        }
        List<Sample> samples = measure(arguments[2]);
        RunDirectory.writeMeasured(
                Path.of(arguments[1]), new Measured(ProcessCounters.peakResidentBytes(), samples));
        System.exit(0);
    }

    /** Runs every benchmark: in full in JVMs of their own, else in this one. */
    private static List<Sample> measure(String scale) throws RunnerException {
        // Another run on the machine disturbs the figures, and must not end this one.
        System.setProperty("jmh.ignoreLock", "true");
        ChainedOptionsBuilder options =
                new OptionsBuilder()
                        .include(scale.equals("quick") ? SMALL_PARTS : ALL_PARTS)
                        .param("valueBytes", "100");
        switch (scale) {
            case "full" ->
                    options.forks(1)
                            .warmupIterations(2)
                            .warmupTime(TimeValue.milliseconds(500))
                            .measurementIterations(4)
                            .measurementTime(TimeValue.milliseconds(500));
            case "quick" ->
                    options.forks(0)
                            .param("entries", "100000")
                            .param("keys", "100000")
                            .warmupIterations(1)
                            .warmupTime(TimeValue.milliseconds(100))
                            .measurementIterations(2)
                            .measurementTime(TimeValue.milliseconds(50));
            default ->
                    options.forks(0)
                            .param("entries", "2000")
                            .param("keys", "2000")
                            .warmupIterations(0)
                            .measurementIterations(1)
                            .measurementTime(TimeValue.milliseconds(1));
        }
        return samples(new Runner(options.build()).run());
    }

    private static List<Sample> samples(Collection<RunResult> results) {
        List<Sample> samples = new ArrayList<>();
        for (RunResult result : results) {
            BenchmarkParams params = result.getParams();
            String[] name = params.getBenchmark().split("\\.", -1);
            Result<?> score = result.getPrimaryResult();
            List<Figure> figures = new ArrayList<>();
            figures.add(new Figure(score.getScoreUnit(), score.getScore()));
            // One iteration has no error.
            if (!Double.isNaN(score.getScoreError())) {
                figures.add(
                        new Figure(
                                ResultTable.ERROR + score.getScoreUnit(), score.getScoreError()));
            }
            samples.add(
                    Sample.ofFigures(
                            ResultTable.PART
                                    + name[name.length - 2].replaceFirst("Benchmark$", "")
                                    + '.'
                                    + name[name.length - 1],
                            figures,
                            List.of()));
        }
        return samples;
    }
}
