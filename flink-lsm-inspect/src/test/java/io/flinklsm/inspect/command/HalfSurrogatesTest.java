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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names and keys that UTF-8 cannot say come out all the same, each as itself. */
final class HalfSurrogatesTest {

    /**
     * Bytes of the keys, in the middle of those of the entries: lengths, units in sevens of bits.
     */
    private static final List<String> KEYS = List.of("0380b003" + "6b", "0381b003" + "6b");

    private static final String TREE = "kv-escaped/s\\ud800";

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static String checkpoint;

    @BeforeAll
    static void takeACheckpointOfTwoSuchKeys() throws Exception {
        sample = new SampleCheckpoint(root).valueState("s\ud800");
        checkpoint =
                sample.write("\ud800k", 1, 0)
                        .write("\ud801k", 2, 0)
                        .write("k", 3, 0)
                        .take(1)
                        .toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @Test
    void theStateIsShownAndFoundByTheNameOfItsTree() throws Exception {
        assertThat(Run.of("show", checkpoint).out()).contains("s\\ud800");
        assertThat(Run.of("scan", "--state", TREE, "--count", checkpoint).out()).isEqualTo("3\n");
        JsonNode shown = new ObjectMapper().readTree(Run.of("show", "--json", checkpoint).out());
        assertThat(shown.findValuesAsText("tree")).contains(TREE);
        assertThat(shown.findValuesAsText("state")).contains("s\ud800");
    }

    @Test
    void scanShowsTheBytesOfTheKeys() throws Exception {
        assertContains(Run.of("scan", "--state", TREE, checkpoint));
        assertContains(Run.of("scan", "--state", TREE, "--json", checkpoint));
    }

    @Test
    void sqlAndExportShowTheBytesOfTheKeysBesideThoseThatAreText() throws Exception {
        assertContains(Run.of("sql", checkpoint, "select * from \"s\\ud800\" order by _key"));
        assertContains(Run.of("sql", checkpoint, "select _key from \"s\\ud800\""));
        assertThat(
                        Run.of("sql", checkpoint, "select key from \"s\\ud800\" where _key is null")
                                .out())
                .isEqualTo("key\nk\n");
        assertContains(Run.of("export", checkpoint, TREE, "--format", "json"));
        assertContains(Run.of("export", checkpoint, TREE, "--format", "csv"));
        Path file = root.resolve("export.parquet");
        Run.of("export", checkpoint, TREE, "--format", "parquet", "-o", file.toString());
        Set<String> keys = new HashSet<>();
        try (var connection = java.sql.DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                "select lower(hex(_key)) from '" + file + "' where key is null")) {
            while (rows.next()) {
                String key = rows.getString(1);
                keys.add(key.substring(2, key.length() - 2));
            }
        }
        assertThat(keys).containsExactlyInAnyOrderElementsOf(KEYS);
    }

    private static void assertContains(Run run) {
        assertThat(run.exitCode()).as(run.err()).isZero();
        for (String key : KEYS) {
            assertThat(run.out()).containsOnlyOnce(key);
        }
    }
}
