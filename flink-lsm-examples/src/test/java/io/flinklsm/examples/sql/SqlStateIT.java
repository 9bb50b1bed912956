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
package io.flinklsm.examples.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Takes a checkpoint of queries of Flink SQL; DuckDB reads the same answers from its files. */
final class SqlStateIT {

    private static final TypeInformation<Row> FLIGHT =
            Types.ROW_NAMED(
                    new String[] {"id", "carrier", "origin", "delay", "fee", "departed"},
                    Types.LONG,
                    Types.STRING,
                    Types.STRING,
                    Types.INT,
                    Types.BIG_DEC,
                    Types.LOCAL_DATE_TIME);

    private static final TypeInformation<Row> CARRIER =
            Types.ROW_NAMED(
                    new String[] {"code", "name", "founded"},
                    Types.STRING,
                    Types.STRING,
                    Types.LOCAL_DATE);

    private static final String GROUPED =
            "SELECT carrier, COUNT(*), SUM(delay), SUM(fee), COUNT(DISTINCT origin)"
                    + " FROM flights GROUP BY carrier";
    private static final String JOINED =
            "SELECT id, fee, departed, name, founded"
                    + " FROM flights JOIN carriers ON carrier = code";
    private static final String RANKED =
            "SELECT carrier, id, delay FROM (SELECT *, ROW_NUMBER()"
                    + " OVER (PARTITION BY carrier ORDER BY delay DESC) AS place FROM flights)"
                    + " WHERE place <= 2";
    private static final String LAST =
            "SELECT origin, id, delay FROM (SELECT *, ROW_NUMBER()"
                    + " OVER (PARTITION BY origin ORDER BY arrived DESC) AS place FROM flights)"
                    + " WHERE place = 1";

    @TempDir private static Path directory;

    @BeforeAll
    static void takeACheckpoint() throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, directory.toUri().toString());
        configuration.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        SqlJobExchange.reset(2);
        try (StreamExecutionEnvironment environment =
                        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
                MiniCluster cluster =
                        new MiniCluster(
                                new MiniClusterConfiguration.Builder()
                                        .setConfiguration(configuration)
                                        .setNumSlotsPerTaskManager(1)
                                        .build())) {
            environment.setParallelism(1);
            defineJob(environment);
            cluster.start();
            JobID job =
                    cluster.submitJob(environment.getStreamGraph().getJobGraph())
                            .get(1, TimeUnit.MINUTES)
                            .getJobID();
            SqlJobExchange.awaitSources();
            takeCheckpoint(cluster, job);
            cluster.cancelJob(job).get(1, TimeUnit.MINUTES);
        }
    }

    /** A checkpoint is refused until the last task has told that it runs: asks again then. */
    private static void takeCheckpoint(MiniCluster cluster, JobID job) throws Exception {
        boolean isTaken = false;
        while (!isTaken) {
            try {
                cluster.triggerCheckpoint(job, CheckpointType.FULL).get(1, TimeUnit.MINUTES);
                isTaken = true;
            } catch (ExecutionException e) {
                assertThat(e).hasStackTraceContaining("Not all required tasks");
            }
        }
    }

    private static void defineJob(StreamExecutionEnvironment environment) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        tables.createTemporaryView(
                "flights",
                source(environment, flights(), FLIGHT),
                Schema.newBuilder()
                        .column("id", DataTypes.BIGINT())
                        .column("carrier", DataTypes.STRING())
                        .column("origin", DataTypes.STRING())
                        .column("delay", DataTypes.INT())
                        .column("fee", DataTypes.DECIMAL(10, 2))
                        .column("departed", DataTypes.TIMESTAMP(6))
                        .columnByExpression("arrived", "PROCTIME()")
                        .build());
        tables.createTemporaryView(
                "carriers",
                source(environment, carriers(), CARRIER),
                Schema.newBuilder()
                        .column("code", DataTypes.STRING())
                        .column("name", DataTypes.STRING())
                        .column("founded", DataTypes.DATE())
                        .build());
        for (String query : List.of(GROUPED, JOINED, RANKED, LAST)) {
            tables.toChangelogStream(tables.sqlQuery(query))
                    .map(
                            row -> {
                                SqlJobExchange.add(query, row);
                                return row;
                            })
                    .sinkTo(new DiscardingSink<>());
        }
    }

    @SuppressWarnings("deprecation")
    private static DataStream<Row> source(
            StreamExecutionEnvironment environment, List<Row> rows, TypeInformation<Row> type) {
        return environment.addSource(new SqlJobExchange.Source(rows), "rows", type);
    }

    private static List<Row> flights() {
        Random random = new Random(7);
        List<Row> rows = new ArrayList<>();
        for (long id = 0; id < 500; id++) {
            rows.add(
                    Row.of(
                            id,
                            "carrier-" + random.nextInt(12),
                            id % 50 == 0 ? null : "Ä" + random.nextInt(9),
                            random.nextInt(1_000_000) - 1000,
                            BigDecimal.valueOf(random.nextInt(1_000_000), 2),
                            LocalDateTime.of(2001, 1, 1, 0, 0)
                                    .plusNanos(random.nextInt() * 1_000_000L + 5_000)));
        }
        return rows;
    }

    private static List<Row> carriers() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            rows.add(
                    Row.of(
                            "carrier-" + i,
                            "Carrier number " + i,
                            LocalDate.of(1930 + 7 * i, 1 + i, 3)));
        }
        return rows;
    }

    @Test
    void theAccumulatorsOfAGroupByAreItsResults() throws Exception {
        try (DuckDbFiles files = new DuckDbFiles(directory)) {
            files.createView("groups", "accState");

            assertThat(files.typedRows("groups")).isEqualTo(12);
            assertThat(
                            files.query(
                                    "SELECT key.f0, value.f0, value.f1, value.f2, value.f3"
                                            + " FROM groups WHERE _op = 0"))
                    .isEqualTo(SqlJobExchange.results(GROUPED));
        }
    }

    @Test
    void theViewOfADistinctCountHasItsValues() throws Exception {
        List<List<Object>> counts = new ArrayList<>();
        for (List<Object> row : SqlJobExchange.results(GROUPED)) {
            counts.add(List.of(row.get(0), row.get(4)));
        }
        try (DuckDbFiles files = new DuckDbFiles(directory)) {
            files.createView("origins", "distinctAcc_0");

            assertThat(files.typedRows("origins")).isPositive();
            assertThat(
                            files.query(
                                    "SELECT key.f0, count(map_key) FROM origins WHERE _op = 0"
                                            + " GROUP BY ALL"))
                    .isEqualTo(counts);
        }
    }

    @Test
    void bothSidesOfAJoinJoinToItsResults() throws Exception {
        try (DuckDbFiles files = new DuckDbFiles(directory)) {
            files.createView("flights", "left-records");
            files.createView("carriers", "right-records");

            assertThat(files.typedRows("flights")).isEqualTo(500);
            assertThat(files.typedRows("carriers")).isEqualTo(10);
            assertThat(
                            files.query(
                                    "SELECT f.map_key.f0, f.map_key.f2, f.map_key.f3,"
                                            + " c.map_key.f1, c.map_key.f2"
                                            + " FROM flights f JOIN carriers c"
                                            + " ON f.key.f0 = c.key.f0"
                                            + " WHERE f._op = 0 AND c._op = 0"))
                    .isEqualTo(SqlJobExchange.results(JOINED))
                    .hasSizeGreaterThan(100);
        }
    }

    @Test
    void theListsOfATopNAreItsResults() throws Exception {
        try (DuckDbFiles files = new DuckDbFiles(directory)) {
            files.createView("ranks", "data-state-with-append");

            assertThat(files.typedRows("ranks")).isPositive();
            assertThat(
                            files.query(
                                    "SELECT carrier, flight.f0, flight.f2 FROM"
                                            + " (SELECT key.f0 AS carrier, unnest(value) AS flight"
                                            + " FROM ranks WHERE _op = 0)"))
                    .isEqualTo(SqlJobExchange.results(RANKED))
                    .hasSize(24);
        }
    }

    @Test
    void theLastRowOfEachKeyIsTheResultOfADeduplication() throws Exception {
        try (DuckDbFiles files = new DuckDbFiles(directory)) {
            files.createView("last", "deduplicate-state");

            assertThat(files.typedRows("last")).isEqualTo(10);
            assertThat(files.query("SELECT key.f0, value.f0, value.f2 FROM last WHERE _op = 0"))
                    .isEqualTo(SqlJobExchange.results(LAST));
        }
    }
}
