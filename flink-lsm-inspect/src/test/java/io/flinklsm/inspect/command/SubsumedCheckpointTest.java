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

import io.flinklsm.inspect.testing.FailingFileSystem;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A job deletes a checkpoint, with all its files, while a command reads it: no damage is told. */
final class SubsumedCheckpointTest {

    @TempDir Path root;

    private Path checkpoint;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(10, 0).take(1);
        }
    }

    @AfterEach
    void everythingIsThereAgain() {
        FailingFileSystem.reset();
    }

    static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of(List.of("show")),
                Arguments.of(List.of("files")),
                Arguments.of(List.of("verify")),
                Arguments.of(List.of("top")),
                Arguments.of(List.of("scan", "--state", "tags")));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whenItGoesTheCommandSaysSo(List<String> command) {
        List<String> arguments = new ArrayList<>(command);
        arguments.add("fails:" + checkpoint);
        boolean hasVanished = true;
        int deleted = 0;
        for (int call = 2; hasVanished; call++) {
            FailingFileSystem.vanishFrom(checkpoint.getParent().getFileName().toString(), call);
            Run run = Run.of(arguments.toArray(String[]::new));
            hasVanished = FailingFileSystem.hasVanished();
            if (run.exitCode() == 0) {
                continue;
            }
            assertThat(run.exitCode()).as(call + ": " + run.out() + run.err()).isEqualTo(3);
            assertThat(run.err()).doesNotContain("is missing", "bug");
            if (run.err().contains("was deleted while it was read")) {
                deleted++;
            }
        }
        assertThat(deleted).isPositive();
    }

    @Test
    void aListingLeavesItOut() throws Exception {
        boolean hasVanished = true;
        int left = 0;
        for (int call = 2; hasVanished; call++) {
            FailingFileSystem.vanishFrom(checkpoint.getFileName().toString(), call);
            Run run = Run.of("ls", "fails:" + checkpoint.getParent());
            hasVanished = FailingFileSystem.hasVanished();
            assertThat(run.err()).as("call=%s", call).doesNotContain("skipped");
            if (run.err().contains("has no checkpoint in it")) {
                left++;
            }
        }
        assertThat(left).isPositive();
    }
}
