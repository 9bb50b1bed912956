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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.benchmarks.cases.CaseGroup;
import io.flinklsm.benchmarks.cases.CaseOptions;
import io.flinklsm.benchmarks.cases.HotCases;
import io.flinklsm.benchmarks.report.Bar;
import io.flinklsm.benchmarks.report.Bars;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import io.flinklsm.benchmarks.run.Step;
import io.flinklsm.benchmarks.workload.Answers;
import io.flinklsm.benchmarks.workload.Scale;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

final class StateBenchmarkTest {

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(Peer.class)
    void everyCaseRunsAndAnswersRightlyOnEveryBackend(Peer peer) throws Exception {
        for (CaseGroup group : CaseGroup.values()) {
            GroupSettings settings = RunPlan.of(group, Scale.TINY);
            if (!settings.peers().contains(peer)) {
                continue;
            }
            List<Sample> samples =
                    MeasuringJvm.measure(
                            peer,
                            group,
                            Scale.TINY,
                            Math.min(64, settings.managedMegabytes()) * (1L << 20),
                            directory.resolve("backend"),
                            CaseOptions.DEFAULT);

            assertThat(samples).isNotEmpty();
            assertThat(samples).extracting(Sample::caseName).doesNotHaveDuplicates();
            assertThat(directory.resolve("backend")).doesNotExist();
            assertThat(Bars.ALL)
                    .filteredOn(bar -> bar.group().equals(group.label()))
                    // The bar of the curve is about several JVMs: see CapacityCurvesTest.
                    .filteredOn(bar -> group != CaseGroup.CURVE)
                    .allSatisfy(bar -> assertThat(samples).anyMatch(sample -> has(sample, bar)));
        }
    }

    @Test
    void everyBarBelongsToAGroupThatIsMeasuredOnUsAndOnThePeer() {
        assertThat(Bars.ALL)
                .filteredOn(bar -> !bar.group().equals("jobs"))
                .allSatisfy(
                        bar ->
                                assertThat(
                                                RunPlan.of(
                                                                CaseGroup.ofLabel(bar.group()),
                                                                Scale.FULL)
                                                        .peers())
                                        .contains(Peer.LSM)
                                        .containsAll(judgedBy(bar)));
    }

    @Test
    void theProgramMeasuresInItsOwnJvmsKeepsTheResultsAndReports() throws Exception {
        StringWriter out = new StringWriter();

        Path results = directory.resolve("results");

        int exit =
                run(
                        out,
                        "--tiny",
                        "--groups=hot",
                        "--hot-cases=reducing .*",
                        "--seed=7",
                        "--backends=hashmap",
                        "--into=" + results);

        assertThat(exit).isZero();
        assertThat(out.toString())
                .contains("| reducing add | ", "| hot state | seed | hashmap | 7.00 |");
        assertThat(results.resolve("benchmarks.md")).content().contains("| reducing add | ");
        assertThat(results.resolve("jvm-0001-hot-hashmap.json")).exists();
        assertThat(RunDirectory.open(results).conditions())
                .singleElement()
                .satisfies(
                        start -> {
                            assertThat(start.scale()).isEqualTo("tiny");
                            assertThat(start.command()).contains("--hot-cases=reducing .*");
                        });
    }

    @Test
    void theCurveHasAJvmForEachSizeAndBackendInTurn() {
        List<Step> steps =
                RunPlan.steps(
                        List.of(CaseGroup.CURVE),
                        Scale.FULL,
                        new RunOptions(),
                        CaseOptions.DEFAULT,
                        List.of(0.5, 10.0));

        assertThat(steps)
                .extracting(step -> step.peer() + " " + step.cases())
                .containsExactly(
                        "hashmap [curve: state at 0.5]",
                        "rocksdb [curve: state at 0.5]",
                        "rocksdb-tuned [curve: state at 0.5]",
                        "lsm [curve: state at 0.5]",
                        "hashmap [curve: state at 10]",
                        "rocksdb [curve: state at 10]",
                        "rocksdb-tuned [curve: state at 10]",
                        "lsm [curve: state at 10]");
        // As much memory in all: what the others manage beside their heap.
        assertThat(steps)
                .extracting(step -> step.memory().heapMegabytes())
                .startsWith(384, 256, 256, 256);
    }

    @Test
    void allBackendsOfARoundHaveTheSameSeedAndEveryRoundItsOwn() {
        List<Step> steps =
                RunPlan.steps(
                        List.of(CaseGroup.HOT),
                        Scale.FULL,
                        new RunOptions(),
                        CaseOptions.DEFAULT,
                        List.of());

        assertThat(steps).extracting(Step::round).contains(1, 2);
        assertThat(steps)
                .allSatisfy(
                        step ->
                                assertThat(
                                                CaseOptions.ofArguments(
                                                                step.arguments()
                                                                        .subList(
                                                                                4,
                                                                                step.arguments()
                                                                                        .size()))
                                                        .seed())
                                        .isEqualTo(CaseOptions.DEFAULT.seed() + step.round() - 1));
    }

    @Test
    void aResumedRunGoesOnWithTheSeedOfItsFirstRound() {
        Sample hot =
                Sample.ofFigures(HotCases.STATE, List.of(new Figure(HotCases.SEED, 44)), List.of());
        JvmRun ofThirdRound = new JvmRun("lsm", "hot", 3, 2048, 256, 0, List.of(hot));

        assertThat(StateBenchmark.seedOf(List.of(ofThirdRound))).hasValue(42);
        assertThat(StateBenchmark.seedOf(List.of())).isEmpty();
    }

    @Test
    void onlyAFullRunOfEverythingIsPublished() {
        assertThat(isPublished()).isTrue();
        assertThat(isPublished("--rounds=3")).isTrue();
        assertThat(isPublished("--quick")).isFalse();
        assertThat(isPublished("--scale=quick")).isFalse();
        assertThat(isPublished("--tiny")).isFalse();
        assertThat(isPublished("--groups=hot")).isFalse();
        assertThat(isPublished("--backends=lsm")).isFalse();
        assertThat(isPublished("--managed-mb=64")).isFalse();
        assertThat(isPublished("--hot-cases=map .*")).isFalse();
        assertThat(isPublished("--curve-sizes=0.5")).isFalse();
        assertThat(isPublished("--storage-gb=1")).isFalse();
    }

    private static boolean isPublished(String... arguments) {
        return CommandLine.populateCommand(new StateBenchmark(), arguments).isPublished();
    }

    @Test
    void aBackendThatIsUnknownIsNamedTogetherWithTheKnownOnes() {
        StringWriter out = new StringWriter();

        int exit = run(out, "--backends=leveldb");

        assertThat(exit).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(out.toString()).contains("name=leveldb", "hashmap, rocksdb");
    }

    @Test
    void aWrongAnswerEndsTheMeasurement() {
        assertThatThrownBy(() -> Answers.expect("get", 7, 1, 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("key=7, expected=1, actual=2");
    }

    /** A limit needs no peer; the report shows one beside it where it was measured. */
    private static List<Peer> judgedBy(Bar bar) {
        return bar.asked().contains("×") ? List.of(Peer.ofLabel(bar.peer())) : List.of();
    }

    private static boolean has(Sample sample, Bar bar) {
        return bar.cases().stream().anyMatch(name -> isOf(sample.caseName(), name))
                && sample.quantity(bar.quantity()).isPresent();
    }

    private static boolean isOf(String caseName, String pattern) {
        return pattern.endsWith("*")
                ? caseName.startsWith(pattern.substring(0, pattern.length() - 1))
                : caseName.equals(pattern);
    }

    private static int run(StringWriter out, String... arguments) {
        PrintWriter writer = new PrintWriter(out);
        return new CommandLine(new StateBenchmark())
                .setOut(writer)
                .setErr(writer)
                .execute(arguments);
    }
}
