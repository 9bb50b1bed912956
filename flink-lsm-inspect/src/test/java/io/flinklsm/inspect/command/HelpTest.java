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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.FlinkLsm;
import io.flinklsm.inspect.testing.Run;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

final class HelpTest {

    static Stream<String> commands() {
        return Arrays.stream(FlinkLsm.class.getAnnotation(Command.class).subcommands())
                .map(type -> type.getAnnotation(Command.class).name());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandShowsTwoExamplesThatParse(String command) {
        Run run = Run.of(command, "--help");

        List<String> examples =
                run.out()
                        .lines()
                        .filter(line -> line.startsWith("  flink-lsm " + command))
                        .toList();
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(examples).hasSize(2);
        for (String example : examples) {
            Run tried = Run.of(words(example));
            // Nothing is where the examples say: any complaint but one about the command line.
            assertThat(tried.exitCode()).as(example + ": " + tried.err()).isNotEqualTo(2);
        }
    }

    /** Splits at spaces outside of double quotes. */
    private static String[] words(String example) {
        return Arrays.stream(
                        example.strip()
                                .substring("flink-lsm ".length())
                                .split(" (?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)"))
                .map(word -> word.replace("\"", ""))
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandTellsTheUserWhatIsMissing(String command) {
        Run run = Run.of(command);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("flink-lsm: ")
                .contains("flink-lsm " + command + " --help");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void unknownOptionsAreErrorsOfUsage() {
        Run run = Run.of("ls", "--nonsense", "/");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--nonsense");
    }

    @Test
    void withoutACommandTheHelpListsThemAll() {
        Run run = Run.of();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(commands().toArray(String[]::new));
    }
}
