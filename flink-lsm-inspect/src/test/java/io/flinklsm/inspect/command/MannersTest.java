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
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, completion, the manual, and what is said to somebody who mistyped. */
final class MannersTest {

    @TempDir Path root;

    private static String shell(Path directory, String script) throws Exception {
        Process process =
                new ProcessBuilder("bash", "-c", script)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @Test
    void helpOfACommandIsItsHelp() {
        assertThat(Run.of("help", "top")).isEqualTo(Run.of("top", "--help"));
        assertThat(Run.of("help")).isEqualTo(Run.of("--help"));
        assertThat(Run.of("help", "nothing").exitCode()).isEqualTo(2);
    }

    @Test
    void aMistypedCommandOptionOrStateIsGuessed() throws Exception {
        try (SampleCheckpoint sample = new SampleCheckpoint(root)) {
            String checkpoint = sample.write(3, 0).take(1).toString();

            Run command = Run.of("scna", checkpoint);
            Run option = Run.of("scan", "--stat", "count", checkpoint);
            Run state = Run.of("scan", "--state", "Cuont", checkpoint);
            Run operator = Run.of("scan", "--operator", "rembember", checkpoint);
            Run nothingLikeIt = Run.of("scan", "--state", "z", checkpoint);

            assertThat(command.err())
                    .contains("'scna'", "; did you mean \"scan\"? \"flink-lsm --help\"");
            assertThat(option.err()).contains("did you mean \"--state\"?");
            assertThat(state.err()).contains("did you mean \"count\"? there are remember");
            assertThat(operator.err()).contains("did you mean \"remember\"?");
            assertThat(nothingLikeIt.err()).contains("; there are").doesNotContain("did you mean");
            for (Run run : List.of(command, option, state, operator, nothingLikeIt)) {
                assertThat(run.exitCode()).isEqualTo(2);
            }
        }
    }

    @Test
    void aShellCompletesCommandsAndOptions() throws Exception {
        Files.writeString(root.resolve("completion"), Run.of("completion", "bash").out());
        String complete =
                "source ./completion; COMP_WORDS=(%s); COMP_CWORD=%d;"
                        + " COMP_LINE=\"${COMP_WORDS[*]}\"; _complete_flink-lsm; echo"
                        + " \"${COMPREPLY[@]}\"";

        assertThat(shell(root, complete.formatted("flink-lsm he", 1)).split("\\s+"))
                .contains("health");
        assertThat(shell(root, complete.formatted("flink-lsm top --ex", 2)).split("\\s+"))
                .contains("--exact");
        assertThat(Run.of("completion", "fish").exitCode()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flink-lsm", "top", "diff", "sql", "man"})
    void pagesOfTheManualAreWhatManReads(String page) throws Exception {
        Run run = Run.of("man", page);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .startsWith(".TH \"")
                .contains(".SH NAME\n", ".SH SYNOPSIS\n", ".SH OPTIONS\n", ".SH EXAMPLES\n")
                .doesNotContain("${", "@|");
        // Every line is text or a command that man knows.
        assertThat(run.out().lines().filter(line -> line.startsWith(".")))
                .allMatch(line -> line.matches("\\.(TH|SH|B|I|TP|PP|nf|fi)\\b.*"));
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")), "no groff here");
        Files.writeString(root.resolve("page.1"), run.out());
        assertThat(shell(root, "groff -man -Tutf8 -P-cbou -ww page.1"))
                .contains("SYNOPSIS")
                .doesNotContain("warning");
    }

    @Test
    void thereIsNoPageOfWhatIsNoCommand() {
        Run run = Run.of("man", "nothing");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("given=nothing", "flink-lsm, ls, show");
    }
}
