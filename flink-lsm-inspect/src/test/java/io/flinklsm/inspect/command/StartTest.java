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

import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starting where the process may do little: each error is one sentence with the right code. */
final class StartTest {

    @TempDir static Path root;
    @TempDir Path work;

    private static String checkpoint;

    @BeforeAll
    static void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(10, 0).take(1).toString();
        }
    }

    private static List<String> sql() {
        return List.of("sql", checkpoint, "select count(*) as n from count", "--csv");
    }

    @Test
    void withoutADirectoryOfTemporaryFilesSqlSaysWhichOneItNeeds() throws Exception {
        Child child = Child.of(work, "_JAVA_OPTIONS=-Djava.io.tmpdir=/nowhere \"$@\"", sql());

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err())
                .contains("flink-lsm: [/nowhere] the SQL engine's native library")
                .contains("-Djava.io.tmpdir=")
                .doesNotContain("\tat ", "Exception in thread");
    }

    @Test
    void withoutADirectoryOfTemporaryFilesAllElseWorks() throws Exception {
        for (List<String> command :
                List.of(
                        List.of("show", checkpoint),
                        List.of("verify", checkpoint),
                        List.of("scan", "--state", "tags", checkpoint))) {
            Child child = Child.of(work, "_JAVA_OPTIONS=-Djava.io.tmpdir=/nowhere \"$@\"", command);

            assertThat(child.exitCode()).as(child.err()).isZero();
        }
    }

    @Test
    void aLibraryThatIsCutDoesNotStay() throws Exception {
        // The library has 57 MB; a file of this process may have 10.
        Child child =
                Child.of(
                        work,
                        "(ulimit -f 10000; \"$@\"); code=$?; ls -A *.so *.tmp; exit $code",
                        sql());

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err())
                .contains("native library cannot be unpacked")
                .doesNotContain("\tat ", "Exception in thread");
        assertThat(child.out()).isEmpty();
    }

    @Test
    void aLibraryThatWasLoadedDoesNotStayEither() throws Exception {
        Child child = Child.of(work, "\"$@\"; ls -A *.so *.tmp", sql());

        assertThat(child.out()).isEqualTo("n\n10\n");
    }

    /** With fewer, the JVM itself does not get as far as the program. */
    @Test
    void withHardlyAnyFilesTheScriptSaysSo() throws Exception {
        Path script = Path.of("../bin/flink-lsm").toAbsolutePath().normalize();

        Child child = Child.of(work, "ulimit -n 12; shift $#; '" + script + "' ls .", List.of());

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err()).contains("bin/flink-lsm: ", "ulimit -n", "openFiles=12");
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 90, 120, 1024})
    void withFewFilesItWorksOrSaysSo(int files) throws Exception {
        assumeTrue(Child.canRun("ulimit -n " + files), "no limits here");

        Child child =
                Child.of(
                        work,
                        "(ulimit -n " + files + "; \"$@\"); code=$?; ls *.so; exit $code",
                        sql());

        if (child.exitCode() != 0) {
            assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
            assertThat(child.err())
                    .contains("ulimit -n")
                    .doesNotContain("\tat ", "Exception in thread");
            assertThat(child.out()).isEmpty();
        } else {
            assertThat(child.out()).isEqualTo("n\n10\n");
        }
    }
}
