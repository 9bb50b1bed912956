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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqlCommandTest {

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

    private static Run sql(String statement) {
        return Run.of("sql", checkpoint, statement);
    }

    /** With single gaps between columns. */
    private static String golden(String statement) {
        Run run = sql(statement);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run.golden(root).replaceAll("(?m)(?<=\\S) {2,}", "  ").replaceAll("(?m)^ +", "");
    }

    @Test
    void newestEntriesCountAndTombstonesHide() {
        assertThat(golden("select key_group, key, value, _value from count order by key"))
                .isEqualTo(
                        """
                        key_group  key  value  _value
                        3  k1  10  NULL
                        2  k2  21  NULL
                        10  k3  30  NULL
                        2  k4  41  NULL
                        8  k5  50  NULL
                        7  k6  61  NULL
                        3  k7  70  NULL
                        0  k8  81  NULL
                        6  k9  90  NULL
                        """);
    }

    @Test
    void listsAreFoldedAndUnnest() {
        assertThat(
                        golden(
                                "select key, value, len(value) as n from visits where key <= 'k1'"
                                        + " order by key"))
                .isEqualTo("key  value  n\nk0  [0, 0, 0, 1]  4\nk1  [1, 0]  2\n");
        assertThat(golden("select sum(v)::bigint s from (select unnest(value) v from visits)"))
                .contains("\n70\n");
    }

    @Test
    void mapsHaveARowForEachEntry() {
        assertThat(golden("select key, map_key, value from tags where key = 'k2' order by all"))
                .isEqualTo(
                        """
                        key  map_key  value
                        k2  always  1
                        k2  round0  k2
                        k2  round1  k2
                        """);
    }

    @Test
    void timersAreAViewOfTheirOwn() {
        assertThat(golden("select \"timestamp\", key from timers order by 1 limit 2"))
                .isEqualTo(
                        """
                        timestamp  key
                        0  k0
                        1  k0
                        """);
    }

    @Test
    void aStateThatIsNamedTwiceIsReadTwice() {
        assertThat(
                        golden(
                                "select count(*) n from count a join count b on a.value = b.value"
                                        + " where a.key in (select key from count)"))
                .isEqualTo("n\n9\n");
        assertThat(golden("with c as (select key from count) select count(*) n from c, c d"))
                .isEqualTo("n\n81\n");
        assertThat(
                        golden(
                                "with a as (from count), b as (from a union all from a) select"
                                        + " (select count(*) from b) + (select count(*) from b) n"))
                .isEqualTo("n\n36\n");
    }

    @Test
    void onlyColumnsThatAreNamedAreThere() {
        assertThat(golden("select count(*) n from count")).isEqualTo("n\n9\n");
        assertThat(golden("select c from count c order by c limit 1"))
                .contains("{key_group: 0, key: k8, value: 81, _key: null, _value: null}");
        assertThat(golden("select c.KEY from Count as c order by 1 limit 1"))
                .isEqualTo("key\nk1\n");
    }

    @Test
    void describeAndShowTablesTellWhatThereIs() {
        assertThat(golden("describe count"))
                .contains("key_group", "key  VARCHAR", "value  BIGINT", "_value  BLOB");
        assertThat(golden("show tables"))
                .isEqualTo(
                        """
                        name
                        count
                        lsm_checkpoints
                        lsm_files
                        lsm_health
                        lsm_keygroups
                        lsm_levels
                        lsm_states
                        lsm_top_keys
                        lsm_ttl
                        tags
                        timers
                        visits
                        """);
        assertThat(golden("explain select count(*) from count")).contains("ARROW_SCAN");
    }

    @Test
    void theCheckpointItselfIsInTables() {
        assertThat(
                        golden(
                                "select view, subtask, level, generation, entries, tombstones"
                                        + " from lsm_files where state = 'count' order by all"))
                .isEqualTo(
                        """
                        view   subtask  level  generation  entries  tombstones
                        count  0      0           1        8           0
                        count  0      0           5        5           1
                        count  1      0           1        2           0
                        """
                                .replaceAll("(?m)(?<=\\S) {3,}", "  "));
        assertThat(golden("select state, kind, subtasks, entries from lsm_states order by all"))
                .contains("count  value  2  15", "timers  queue  2");
        assertThat(
                        golden(
                                "select state, sum(sstables)::int s from lsm_levels group by all"
                                        + " order by all"))
                .contains("count  3");
        assertThat(
                        golden(
                                "select key_group, entries from lsm_keygroups where view = 'count'"
                                        + " and entries > 1 order by all"))
                .isEqualTo(
                        """
                        key_group  entries
                        2  2
                        3  2
                        """);
    }

    @Test
    void jsonHasASchemaAndTypes() {
        Run run =
                Run.of(
                        "sql",
                        "--json",
                        checkpoint,
                        "select key, value, {'a': [1, null]} s, 'x'::blob b, null n from count"
                                + " order by key limit 1");

        assertThat(run.golden(root))
                .startsWith(
                        """
                        {
                          "schema" : "flink-lsm/sql/1",
                          "location" : "ROOT/checkpoints/chk-2",
                          "columns" : [
                            {
                              "name" : "key",
                              "type" : "VARCHAR"
                        """)
                .containsSubsequence("\"s\" : {", "\"a\" : [", "1,", "null", "\"b\" : \"78\"");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void csvHasAHeaderAndNoFormulas() {
        Run run =
                Run.of(
                        "sql",
                        "--csv",
                        checkpoint,
                        "select '=1+1' a, -1 b, 'x,\"y\"' c, null d, '@x' as \"+e\"");

        assertThat(run.out()).isEqualTo("a,b,c,d,'+e\n'=1+1,-1,\"x,\"\"y\"\"\",,'@x\n");
    }

    @Test
    void valuesOfEveryKindArePrinted() {
        assertThat(
                        golden(
                                "select true t, 1::hugeint h, 1.50 d, date '2026-01-02' a,"
                                    + " timestamp '2026-01-02 03:04:05.006' b, timestamptz"
                                    + " '2026-01-02 03:04:05+01' c, 'infinity'::timestamp i, map"
                                    + " {'k': [1]} m, interval 1 day e, time '10:00' g"))
                .contains(
                        "true",
                        "1.50",
                        "2026-01-02",
                        "2026-01-02T03:04:05.006",
                        "TIME",
                        "infinity",
                        "{k: [1]}",
                        "1 day",
                        "10:00:00");
    }

    @Test
    void tablesEndAtALimitThatIsTold() {
        Run run = Run.of("sql", "--limit", "2", checkpoint, "select * from range(10)");

        assertThat(run.out()).isEqualTo("range\n    0\n    1\n");
        assertThat(run.err()).contains("there are more rows", "--limit 20");
    }

    // ------------------------------------------------------------------------------------ errors

    @Test
    void anUnknownTableNamesThoseThatThereAre() {
        Run run = sql("select * from counts");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("counts", "\"count\"", "lsm_files");
        assertThat(run.err().lines()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "selct 1",
                "select nothing from count",
                "select value + key from count",
                "select 1; select 2",
                ""
            })
    void aWrongStatementIsAnErrorOfUsage(String statement) {
        Run run = sql(statement);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("flink-lsm: ");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aMissingCheckpointCannotBeRead() {
        Run run = Run.of("sql", root.resolve("nowhere").toString(), "select 1");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("nowhere");
    }

    @Test
    void nullAndAnEmptyTextAreDifferentCells() {
        Run run = Run.of("sql", checkpoint, "select null as a, '' as b, 'x' as c", "--csv");

        assertThat(run.out()).isEqualTo("a,b,c\n,\"\",x\n");
    }

    @Test
    void aLimitBelowZeroIsAnErrorOfUsage() {
        for (String limit : new String[] {"-1", "-100"}) {
            Run run = Run.of("sql", checkpoint, "select 1", "-n", limit);

            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains("--limit must not be negative: given=" + limit);
            assertThat(run.out()).isEmpty();
        }
    }
}
