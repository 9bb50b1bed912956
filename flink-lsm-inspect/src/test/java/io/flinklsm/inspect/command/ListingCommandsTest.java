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

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Golden output of the commands that read metadata and manifests alone. */
final class ListingCommandsTest {

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static String second;

    @BeforeAll
    static void takeTwoCheckpoints() throws Exception {
        sample = SampleCheckpoint.ofTwoRounds(root);
        second = sample.last().toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @Test
    void lsListsCheckpointsOldestFirst() {
        Run run = Run.of("ls", sample.jobDirectory().toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        checkpoint  id  type  created  age  size  new  states
                        chk-1  1  checkpoint  TIME  AGE  SIZE  SIZE  count, tags, timers, visits
                        chk-2  2  checkpoint  TIME  AGE  SIZE  SIZE  count, tags, timers, visits
                        """);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void filesListsTheSstablesOfEachState() {
        Run run = Run.of("files", "--state", "count", second);

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        operator  state  subtask  level  gen  entries  tombstones  size  key groups  shared  file
                        remember  count  0  0  5  5  1  SIZE  0-7  no  ROOT/checkpoints/chk-2/FILE
                        remember  count  0  0  1  8  0  SIZE  0-7  no  ROOT/checkpoints/chk-2/FILE
                        remember  count  1  0  1  2  0  SIZE  8-10  no  ROOT/checkpoints/chk-2/FILE
                        """);
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void tablesFitTheTerminalAndKeepBothEndsOfANameThatIsCut() {
        Run run = Run.of(110, false, "files", "--state", "count", second);

        assertThat(run.out().lines()).allMatch(line -> line.length() <= 110);
        assertThat(run.out().lines().skip(1)).allMatch(line -> line.contains("…"));
    }

    @Test
    void jsonNamesItsSchemaFirst() {
        Run run = Run.of("files", "--json", second);

        assertThat(run.out()).startsWith("{\n  \"schema\" : \"flink-lsm/files/1\",\n");
        assertThat(run.golden(root))
                .contains("\"tree\" : \"kv/count\"", "\"min_key\" : \"00036b3800\"");
    }

    @Test
    void anUnknownStateIsAnErrorOfUsageThatNamesTheOthers() {
        Run run = Run.of("files", "--state", "nothing", second);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("state=nothing", "remember / kv/count");
        assertThat(run.out()).isEmpty();
    }
}
