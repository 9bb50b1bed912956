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
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqlSecurityTest {

    @TempDir static Path root;

    private static SampleCheckpoint sample;
    private static String checkpoint;

    @BeforeAll
    static void takeACheckpointOfTwoRounds() throws Exception {
        sample = SampleCheckpoint.ofTwoRounds(root);
        checkpoint = sample.last().toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from read_text('SECRET')",
                "select * from read_csv('SECRET')",
                "select * from read_blob('SECRET')",
                "select * from read_json('SECRET')",
                "select * from 'SECRET'",
                "select * from glob('SECRET*')",
                "select * from query('select * from read_text(''SECRET'')')",
                "select (select content from read_text('SECRET'))",
                "with x as (from read_text('SECRET')) select 1",
                "explain analyze select * from read_text('SECRET')",
                "describe select * from read_text('SECRET')",
                "select * from arrow_scan(0, 0, 0)",
                "select * from sniff_csv('SECRET')",
                "copy (select 1) to 'SECRET'",
                "explain copy (select 1) to 'SECRET'",
                "attach 'SECRET'",
                "install httpfs",
                "load 'SECRET'",
                "set enable_external_access = true",
                "pragma database_list",
                "create table t (i int)",
                "insert into lsm_files select * from lsm_files",
                "drop view count",
                "call pragma_version()",
                "export database 'SECRET'",
                "select 1; copy (select 1) to 'SECRET'"
            })
    void sqlReadsTheCheckpointAndNothingElse(String statement) throws Exception {
        Path secret = root.resolve("secret.csv");
        Files.writeString(secret, "planted\n");

        Run run = Run.of("sql", checkpoint, statement.replace("SECRET", secret.toString()));

        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).doesNotContain("planted");
        assertThat(secret).hasContent("planted\n");
    }

    @Test
    void namesOfStatesAreIdentifiersAndNeverStatements() throws Exception {
        Path hostile = root.resolve("hostile");
        String name = "x\"; drop view count; --\n'\u001b";
        try (var other = new SampleCheckpoint(hostile).valueState(name)) {
            String taken = other.write(3, 0).take(1).toString();

            Run run = Run.of("sql", taken, "select view, entries from lsm_states order by view");
            Run twice =
                    Run.of(
                            "sql",
                            taken,
                            "select count(*) n from \"x\"\"; drop view count; --_'_\" a,"
                                    + " \"x\"\"; drop view count; --_'_\" b");

            assertThat(run.err()).isEmpty();
            assertThat(run.out()).contains("x\"; drop view count; --_'_");
            assertThat(twice.err()).isEmpty();
            assertThat(twice.golden(root)).isEqualTo("n\n9\n");
        }
    }

    @Test
    void memoryIsBoundedAndWhatDoesNotFitIsToldWithTheWayOut() {
        Run run =
                Run.of(
                        "sql",
                        "--memory=20MB",
                        checkpoint,
                        "select count(*) from (select distinct range from range(100000000))");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("needs more memory", "--memory");
        assertThat(Run.of("sql", "--memory=lots", checkpoint, "select 1").exitCode()).isEqualTo(2);
    }
}
