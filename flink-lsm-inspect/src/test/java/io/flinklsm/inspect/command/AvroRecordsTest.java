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

import io.flinklsm.inspect.testing.AvroStates;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States of Avro's records, in checkpoints of ours and in canonical savepoints. */
final class AvroRecordsTest {

    @TempDir static Path root;

    private static Path checkpoint;
    private static Path savepoint;

    @BeforeAll
    static void take() throws Exception {
        try (var sample = new SampleCheckpoint(root, new LsmStateBackend())) {
            for (int i = 1; i <= 6; i++) {
                int number = i;
                sample.with("k" + i, backend -> AvroStates.write(backend, number));
            }
            checkpoint = sample.take(1);
            savepoint = sample.takeCanonicalSavepoint(2);
        }
    }

    private static Path source(boolean canonical) {
        return canonical ? savepoint : checkpoint;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void statesAreShownWithTheirTypes(boolean canonical) {
        Run run = Run.of("show", source(canonical).toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .containsPattern("orders +value +string → struct\\(id: int64, customer: union")
                .containsPattern("payments +list +string → list\\(struct\\(day: epoch-day");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordsAreFoundAndScanned(boolean canonical) {
        String path = source(canonical).toString();
        Run get = Run.of("get", "--state", "orders", "--key", "k6", path);
        Run scan = Run.of("scan", "--state", "payments", path);

        assertThat(get.out())
                .contains("id: 6, customer: null, at: 2023-11-14T22:13:20.006")
                .contains("goods: [goods 0, goods 1], counts: {")
                .contains("discount: {double: null, string: all}");
        assertThat(scan.out())
                .contains("{day: 2024-10-06, time: 00:00:02.000002")
                .contains("amount: 2.25, kind: CASH, to: {city: city 2}}")
                .contains("amount: 3.25, kind: CARD, to: null}");
        assertThat(get.err() + scan.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sqlSeesTheFields(boolean canonical) {
        String path = source(canonical).toString();
        Run orders =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select key, value.customer as customer, epoch_ms(value.at) as at,"
                                + " len(value.goods) as goods, value.counts['goods 1'] as n,"
                                + " value.discount.double as d, value.discount.string as s"
                                + " from orders where value.id >= 4 order by key");
        Run payments =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select p.kind as kind, sum(p.amount) as amount, max(p.day) as day,"
                                + " count(p.\"to\".city) as cities"
                                + " from (select unnest(value) as p from payments)"
                                + " group by all order by all");

        assertThat(orders.err() + payments.err()).isEmpty();
        assertThat(orders.out())
                .isEqualTo(
                        """
                        key,customer,at,goods,n,d,s
                        k4,customer 4,1700000000004,0,,1.0,
                        k5,customer 5,1700000000005,1,,,
                        k6,,1700000000006,2,2,,all
                        """);
        assertThat(payments.out())
                .isEqualTo(
                        """
                        kind,amount,day,cities
                        CARD,25.50,2024-10-11,0
                        CASH,25.50,2024-10-10,6
                        """);
    }

    /** A file for each SSTable of a state. */
    private static List<Path> files(String state) throws IOException {
        Path directory = Files.createTempDirectory(root, state).resolve("files");
        Run run =
                Run.of(
                        "files",
                        "--state",
                        state,
                        "--copy-to",
                        directory.toString(),
                        checkpoint.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
        }
    }

    @Test
    void plainDuckDbReadsTheFiles() throws Exception {
        assertThat(
                        duckDb(
                                "orders",
                                "key, value.id, value.customer, epoch_ms(value.at),"
                                        + " list_sort(value.goods), value.counts['goods 1'],"
                                        + " value.discount.double, value.discount.string"))
                .containsExactly(
                        "k1|1|customer 1|1700000000001|[goods 0]|null|null|all",
                        "k2|2|customer 2|1700000000002|[goods 0, goods 1]|2|0.5|null",
                        "k3|3|null|1700000000003|[goods 0, goods 1, goods 2]|2|0.75|null",
                        "k4|4|customer 4|1700000000004|[]|null|1.0|null",
                        "k5|5|customer 5|1700000000005|[goods 0]|null|null|null",
                        "k6|6|null|1700000000006|[goods 0, goods 1]|2|null|all");
        assertThat(
                        duckDb(
                                "payments",
                                "key, value[1].day, value[1].amount, value[1].kind,"
                                        + " value[1].\"to\".city, value[2].amount"))
                .startsWith(
                        "k1|2024-10-05|1.25|CARD|null|2.25", "k2|2024-10-06|2.25|CASH|city 2|3.25")
                .hasSize(6);
    }

    private static List<String> duckDb(String state, String columns) throws Exception {
        List<String> names = new ArrayList<>();
        files(state).forEach(file -> names.add("'" + file + "'"));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT "
                                        + columns
                                        + " FROM read_parquet("
                                        + names
                                        + ") ORDER BY key")) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                List<String> line = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    line.add(String.valueOf(rows.getString(i)));
                }
                lines.add(String.join("|", line));
            }
            return lines;
        }
    }

    @Test
    void parquetsOwnReaderReadsTheFiles() throws Exception {
        Map<String, String> orders = new TreeMap<>();
        read(
                "orders",
                row -> {
                    Group value = row.getGroup("value", 0);
                    Group counts = value.getGroup("counts", 0);
                    orders.put(
                            row.getString("key", 0),
                            value.getLong("id", 0)
                                    + "/"
                                    + (value.getFieldRepetitionCount("customer") == 0
                                            ? null
                                            : value.getString("customer", 0))
                                    + "/"
                                    + value.getLong("at", 0)
                                    + "/"
                                    + counts.getFieldRepetitionCount(0));
                });
        List<Integer> days = new ArrayList<>();
        read(
                "payments",
                row -> {
                    Group list = row.getGroup("value", 0);
                    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
                        days.add(list.getGroup(0, i).getGroup(0, 0).getInteger("day", 0));
                    }
                });

        assertThat(orders)
                .hasSize(6)
                .containsEntry("k3", "3/null/1700000000003/3")
                .containsEntry("k4", "4/customer 4/1700000000004/0");
        assertThat(days)
                .containsExactlyInAnyOrder(
                        20_001, 20_002, 20_002, 20_003, 20_003, 20_004, 20_004, 20_005, 20_005,
                        20_006, 20_006, 20_007);
    }

    private static void read(String state, Consumer<Group> taker) throws IOException {
        for (Path file : files(state)) {
            try (ParquetReader<Group> reader =
                    ParquetReader.builder(
                                    new GroupReadSupport(),
                                    new org.apache.hadoop.fs.Path(file.toUri()))
                            .build()) {
                for (Group row = reader.read(); row != null; row = reader.read()) {
                    taker.accept(row);
                }
            }
        }
    }
}
