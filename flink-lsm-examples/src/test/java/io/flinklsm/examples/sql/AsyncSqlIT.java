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

import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.api.operators.StreamOperatorFactory;
import org.apache.flink.streaming.runtime.operators.asyncprocessing.AsyncKeyOrderedProcessingOperator;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries over an auction give the same results with asynchronous state and without. */
final class AsyncSqlIT {

    private static final int AUCTIONS = 40;
    private static final int BIDS = 3_000;
    private static final LocalDateTime BEGIN = LocalDateTime.of(2020, 1, 1, 0, 0);
    private static final Duration BID_INTERVAL = Duration.ofMillis(20);

    private static final TypeInformation<Row> BID =
            Types.ROW_NAMED(
                    new String[] {"auction", "bidder", "price", "madeAt"},
                    Types.LONG,
                    Types.LONG,
                    Types.LONG,
                    Types.LOCAL_DATE_TIME);

    private static final TypeInformation<Row> AUCTION =
            Types.ROW_NAMED(
                    new String[] {"id", "itemName", "seller"},
                    Types.LONG,
                    Types.STRING,
                    Types.LONG);

    private static final Map<String, String> QUERIES =
            Map.of(
                    "group",
                    "SELECT auction, COUNT(*), SUM(price), MIN(price), MAX(price), AVG(price)"
                            + " FROM bid GROUP BY auction",
                    "join",
                    "SELECT b.auction, b.bidder, b.price, a.itemName, a.seller"
                            + " FROM bid b JOIN auction a ON b.auction = a.id",
                    "left join",
                    "SELECT b.auction, b.price, a.itemName"
                            + " FROM bid b LEFT JOIN auction a ON b.auction = a.id",
                    "tumble",
                    "SELECT bidder, window_start, COUNT(*), MAX(price) FROM TABLE("
                            + "TUMBLE(TABLE bid, DESCRIPTOR(madeAt), INTERVAL '10' SECOND))"
                            + " GROUP BY bidder, window_start, window_end",
                    "hop",
                    "SELECT auction, window_start, COUNT(*), SUM(price) FROM TABLE(HOP(TABLE bid,"
                            + " DESCRIPTOR(madeAt), INTERVAL '5' SECOND, INTERVAL '20' SECOND))"
                            + " GROUP BY auction, window_start, window_end",
                    "top",
                    "SELECT auction, bidder, price FROM (SELECT *, ROW_NUMBER() OVER"
                            + " (PARTITION BY auction ORDER BY price DESC, bidder) AS place"
                            + " FROM bid) WHERE place <= 3");

    @TempDir private Path directory;

    @Test
    void resultsAreEqualWithAsynchronousStateAndWithout() throws Exception {
        SqlJobExchange.reset(0);
        Configuration configuration = configuration();
        List<String> asyncOperators;
        try (MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(configuration)
                                .setNumSlotsPerTaskManager(1)
                                .build())) {
            cluster.start();
            assertThat(run(cluster, configuration, false)).isEmpty();
            asyncOperators = run(cluster, configuration, true);
        }

        assertThat(asyncOperators)
                .containsExactlyInAnyOrder(
                        "GroupAggregate",
                        "Join",
                        "Join",
                        "Rank",
                        "WindowAggregate",
                        "WindowAggregate");
        assertThat(QUERIES.keySet())
                .allSatisfy(
                        query ->
                                assertThat(results(query, true))
                                        .as(query)
                                        .isNotEmpty()
                                        .isEqualTo(results(query, false)));
        assertThat(results("group", true)).hasSize(AUCTIONS);
        assertThat(results("left join", true)).hasSize(BIDS);
        assertThat(results("top", true)).hasSize(3 * AUCTIONS);
    }

    /**
     * Flink 2.3.0 forgets hopping windows that end behind the last row of a key when the input
     * ends: the timer of the next window is set when a window has been read, and the last watermark
     * does not wait for that. These are left out.
     */
    private static List<List<Object>> results(String query, boolean isAsync) {
        List<List<Object>> results = SqlJobExchange.results(key(query, isAsync));
        LocalDateTime lastBegin = BEGIN.plus(BID_INTERVAL.multipliedBy(BIDS)).minusSeconds(20);
        return query.equals("hop")
                ? results.stream()
                        .filter(row -> !((LocalDateTime) row.get(1)).isAfter(lastBegin))
                        .toList()
                : results;
    }

    private Configuration configuration() {
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.BIND_PORT, "0");
        configuration.set(
                StateBackendOptions.STATE_BACKEND,
                "io.flinklsm.statebackend.LsmStateBackendFactory");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, directory.toUri().toString());
        configuration.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO);
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(500));
        return configuration;
    }

    /** Runs all queries as one job to its end; gives the kinds of its asynchronous operators. */
    private static List<String> run(
            MiniCluster cluster, Configuration configuration, boolean isAsync) throws Exception {
        try (StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration)) {
            environment.setParallelism(1);
            defineJob(environment, isAsync);
            StreamGraph graph = environment.getStreamGraph();
            List<String> asyncOperators = asyncOperators(graph);
            JobID job = cluster.submitJob(graph.getJobGraph()).get(1, TimeUnit.MINUTES).getJobID();
            cluster.requestJobResult(job)
                    .get(1, TimeUnit.MINUTES)
                    .toJobExecutionResult(AsyncSqlIT.class.getClassLoader());
            return asyncOperators;
        }
    }

    private static List<String> asyncOperators(StreamGraph graph) {
        List<String> kinds = new ArrayList<>();
        for (StreamNode node : graph.getStreamNodes()) {
            StreamOperatorFactory<?> factory = node.getOperatorFactory();
            if (factory != null
                    && AsyncKeyOrderedProcessingOperator.class.isAssignableFrom(
                            factory.getStreamOperatorClass(AsyncSqlIT.class.getClassLoader()))) {
                // "Join[7]"
                kinds.add(node.getOperatorName().split("\\[", 2)[0]);
            }
        }
        return kinds;
    }

    private static void defineJob(StreamExecutionEnvironment environment, boolean isAsync) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        tables.getConfig().set("table.exec.async-state.enabled", Boolean.toString(isAsync));
        // Flink has no asynchronous window that takes what another operator has aggregated.
        tables.getConfig().set("table.optimizer.agg-phase-strategy", "ONE_PHASE");
        tables.createTemporaryView(
                "bid",
                environment.fromData(bids(), BID),
                Schema.newBuilder()
                        .column("auction", DataTypes.BIGINT())
                        .column("bidder", DataTypes.BIGINT())
                        .column("price", DataTypes.BIGINT())
                        .column("madeAt", DataTypes.TIMESTAMP(3))
                        .watermark("madeAt", "madeAt - INTERVAL '0.001' SECOND")
                        .build());
        tables.createTemporaryView(
                "auction",
                environment.fromData(auctions(), AUCTION),
                Schema.newBuilder()
                        .column("id", DataTypes.BIGINT())
                        .column("itemName", DataTypes.STRING())
                        .column("seller", DataTypes.BIGINT())
                        .build());
        QUERIES.forEach(
                (name, query) -> {
                    String key = key(name, isAsync);
                    tables.toChangelogStream(tables.sqlQuery(query))
                            .map(
                                    row -> {
                                        SqlJobExchange.add(key, row);
                                        return row;
                                    })
                            .sinkTo(new DiscardingSink<>());
                });
    }

    private static String key(String query, boolean isAsync) {
        return query + (isAsync ? ", asynchronous" : ", synchronous");
    }

    /** In the order of their times, so that no bid is late. */
    private static List<Row> bids() {
        Random random = new Random(11);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < BIDS; i++) {
            rows.add(
                    Row.of(
                            (long) i % AUCTIONS,
                            (long) random.nextInt(100),
                            (long) random.nextInt(1_000_000),
                            BEGIN.plus(BID_INTERVAL.multipliedBy(i))));
        }
        return rows;
    }

    /** Of half of the auctions. */
    private static List<Row> auctions() {
        List<Row> rows = new ArrayList<>();
        for (long id = 0; id < AUCTIONS; id += 2) {
            rows.add(Row.of(id, "item " + id, id % 7));
        }
        return rows;
    }
}
