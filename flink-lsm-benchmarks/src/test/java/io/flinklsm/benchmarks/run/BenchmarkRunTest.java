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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.Measured;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

final class BenchmarkRunTest {

    @TempDir private Path directory;

    @Test
    void aJvmThatFailsEndsNoRunAndIsNamedInTheReport() throws Exception {
        Path results = directory.resolve("results");

        int exit = run(List.of(step("broken", "fail"), step("sound", "7")), "--into=" + results);

        assertThat(exit).isEqualTo(1);
        assertThat(values(results)).containsExactly(7.0);
        assertThat(RunDirectory.open(results).conditions().get(0).failures())
                .containsExactly("round 1, broken on lsm");
        assertThat(results.resolve("benchmarks.md"))
                .content()
                .contains("**JVMs that failed:** round 1, broken on lsm.");
    }

    @Test
    void aResumedRunStartsOnlyTheJvmsThatLeftNoResult() throws Exception {
        Path results = directory.resolve("results");
        run(List.of(step("one", "1"), step("two", "fail")), "--into=" + results);

        int exit =
                run(
                        List.of(step("one", "100"), step("two", "2"), step("three", "3")),
                        "--resume=" + results);

        assertThat(exit).isZero();
        assertThat(values(results)).containsExactly(1.0, 2.0, 3.0);
    }

    @Test
    void aStepOfOneCaseIsNotDoneByAnotherCaseOfItsGroup() throws Exception {
        Path results = directory.resolve("results");
        run(List.of(step("jobs", "1", "case 1")), "--into=" + results);

        run(
                List.of(step("jobs", "1", "case 1"), step("jobs", "2", "case 2")),
                "--resume=" + results);

        assertThat(values(results)).containsExactly(1.0, 2.0);
    }

    @Test
    void whatIsMeasuredAgainTakesThePlaceOfWhatWasMeasured() throws Exception {
        Path results = directory.resolve("results");
        run(List.of(step("one", "1"), step("two", "2")), "--into=" + results);

        run(List.of(step("one", "10")), "--into=" + results, "--replace");

        assertThat(values(results)).containsExactlyInAnyOrder(2.0, 10.0);
    }

    @Test
    void thereIsNothingToGoOnWithInADirectoryThatIsMissing() {
        StringWriter err = new StringWriter();

        int exit = run(err, List.of(), "--resume=" + directory.resolve("none"));

        assertThat(exit).isNotZero();
        assertThat(err.toString()).contains("none] nothing to go on with");
    }

    private List<Double> values(Path results) throws Exception {
        return RunDirectory.open(results).jvmRuns().stream()
                .map(JvmRun::samples)
                .map(samples -> samples.get(0).figures().get(0).value())
                .toList();
    }

    private static Step step(String group, String value, String... cases) {
        return new Step(
                group,
                Peer.LSM,
                1,
                new Step.Memory(16, 1),
                List.of(),
                Program.class,
                List.of(value),
                List.of(cases));
    }

    private static int run(List<Step> steps, String... arguments) {
        return run(new StringWriter(), steps, arguments);
    }

    private static int run(StringWriter err, List<Step> steps, String... arguments) {
        return new CommandLine(new Caller(steps))
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    /** Measures the number it is given as {@code case N}, or fails. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws Exception {
            Files.createDirectories(Path.of(arguments[0]));
            double value = Double.parseDouble(arguments[2]);
            RunDirectory.writeMeasured(
                    Path.of(arguments[1]),
                    new Measured(
                            1,
                            List.of(
                                    Sample.ofFigures(
                                            "case " + arguments[2],
                                            List.of(new Figure("number", value)),
                                            List.of()))));
        }
    }

    @Command(name = "bench")
    static final class Caller implements Callable<Integer> {

        private final List<Step> steps;
        @Mixin private RunOptions options = new RunOptions();
        @Spec private @Nullable CommandSpec spec;

        Caller(List<Step> steps) {
            this.steps = steps;
        }

        @Override
        public Integer call() throws Exception {
            return spec == null ? -1 : BenchmarkRun.execute(options, spec, steps, false);
        }
    }
}
