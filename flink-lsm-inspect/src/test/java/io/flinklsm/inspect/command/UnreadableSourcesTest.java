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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A file system that fails says nothing of the files on it: they are not damaged. */
final class UnreadableSourcesTest {

    @TempDir Path root;

    private Path checkpoint;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(10, 0).take(1);
        }
    }

    static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of(List.of("show"), false),
                Arguments.of(List.of("files"), false),
                Arguments.of(List.of("scan", "--state", "tags"), false),
                Arguments.of(List.of("gc"), true));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whicheverCallFailsTheExitCodeIsThatOfUnreadable(List<String> command, boolean ofRoot) {
        String location = "fails:" + (ofRoot ? checkpoint.getParent() : checkpoint);
        List<String> arguments = new ArrayList<>(command);
        arguments.add(location);
        boolean hasFailed = true;
        int failures = 0;
        for (int call = 1; hasFailed; call++) {
            FailingFileSystem.failOnce(call);
            Run run = Run.of(arguments.toArray(String[]::new));
            hasFailed = FailingFileSystem.hasFailed();
            FailingFileSystem.reset();
            if (hasFailed) {
                failures++;
                assertThat(run.exitCode()).as(call + ": " + run.err()).isEqualTo(3);
                assertThat(run.err()).contains("is made to fail").doesNotContain("bug");
            } else {
                assertThat(run.exitCode()).as(run.err()).isZero();
            }
        }
        assertThat(failures).isGreaterThan(5);
    }
}
