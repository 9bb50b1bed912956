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
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flinklsm.core.LsmStore;
import io.flinklsm.core.LsmStoreOptions;
import io.flinklsm.core.LsmTree;
import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.RandomTypes;
import io.flinklsm.core.columns.RoundTrip;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.inspect.FlinkLsm;
import io.flinklsm.inspect.testing.Run;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a value is, to the last digit, in every form that it comes out in. */
final class OutputsAgreeTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What "sql" and Parquet do not say: that a time is an instant. */
    private static final String ZONE = "Z$";

    @TempDir Path directory;

    /**
     * A value.
     *
     * @param hex its serialized form
     * @param shown as JSON, by scan and export
     * @param parquet as DuckDB shows it of an export
     */
    private record Case(String type, String hex, String shown, String parquet) {}

    private static final List<Case> CASES =
            List.of(
                    new Case("boolean", "01", "true", "true"),
                    new Case("int8", "80", "-128", "-128"),
                    new Case("int16", "8000", "-32768", "-32768"),
                    new Case("int32", "80000000", "-2147483648", "-2147483648"),
                    new Case(
                            "int64",
                            "7FFFFFFFFFFFFFFF",
                            "9223372036854775807",
                            "9223372036854775807"),
                    new Case("float", "3DCCCCCD", "0.1", "0.1"),
                    new Case("double", "0000000000000001", "4.9E-324", "5e-324"),
                    new Case("bytes", "0000000200FF", "\"00ff\"", "\\x00\\xFF"),
                    new Case("string", "0361E401", "\"a\u00e4\"", "a\u00e4"),
                    new Case("char", "20AC", "\"\u20ac\"", "\u20ac"),
                    new Case(
                            "big-integer",
                            "0000000D008000000000000000",
                            "\"9223372036854775808\"",
                            "9223372036854775808"),
                    new Case("big-decimal", "000000058500000002", "\"-1.23\"", "-1.23"),
                    new Case(
                            "date-millis",
                            "0000000000000001",
                            "\"1970-01-01T00:00:00.001Z\"",
                            "1970-01-01 00:00:00.001+00"),
                    new Case(
                            "sql-timestamp",
                            "000000000000000100112233",
                            "\"1970-01-01T00:00:00.001122867Z\"",
                            "1970-01-01 00:00:00.001122867"),
                    new Case(
                            "instant",
                            "000000000000000100000FFF",
                            "\"1970-01-01T00:00:01.000004095Z\"",
                            "1970-01-01 00:00:01.000004095"),
                    new Case(
                            "instant",
                            "0000000225C17D033B9AC9FF",
                            "\"2262-04-11T23:47:15.999999999Z\"",
                            "2262-04-11 23:47:15.999999999"),
                    new Case("local-date", "0000270F0C1F", "\"9999-12-31\"", "9999-12-31"),
                    new Case(
                            "local-time",
                            "173B3B3B9AC9FF",
                            "\"23:59:59.999999999\"",
                            "23:59:59.999999999"),
                    new Case("local-time", "17000000000000", "\"23:00:00\"", "23:00:00"),
                    new Case(
                            "local-date-time",
                            "000007EA0B16173B3B3B9AC9FF",
                            "\"2026-11-22T23:59:59.999999999\"",
                            "2026-11-22 23:59:59.999999999"),
                    new Case("enum[\"A\",\"B\"]", "00000001", "\"B\"", "B"),
                    new Case(
                            "list(instant)",
                            "00000001000000000000000100000FFF",
                            "[\"1970-01-01T00:00:01.000004095Z\"]",
                            "['1970-01-01 00:00:01.000004095']"),
                    new Case(
                            "map(instant,local-time)",
                            "00000001000000000000000100000FFF00173B3B3B9AC9FF",
                            "[{\"key\":\"1970-01-01T00:00:01.000004095Z\","
                                    + "\"value\":\"23:59:59.999999999\"}]",
                            "{'1970-01-01 00:00:01.000004095'='23:59:59.999999999'}"),
                    new Case(
                            "struct(\"a\":instant)",
                            "000000000000000100000FFF",
                            "{\"a\":\"1970-01-01T00:00:01.000004095Z\"}",
                            "{'a': '1970-01-01 00:00:01.000004095'}"),
                    new Case(
                            "millis-and-nanos[\"3\",\"1\"]",
                            "0000000000000001",
                            "\"1970-01-01T00:00:00.001Z\"",
                            "1970-01-01 00:00:00.001+00"),
                    new Case(
                            "millis-and-nanos[\"6\",\"0\"]",
                            "0000000000000001000003E8",
                            "\"1970-01-01T00:00:00.001001\"",
                            "1970-01-01 00:00:00.001001"),
                    new Case(
                            "millis-and-nanos[\"9\",\"1\"]",
                            "000000000000000100000001",
                            "\"1970-01-01T00:00:00.001000001Z\"",
                            "1970-01-01 00:00:00.001000001"),
                    new Case("unscaled[\"20\",\"2\"]", "00000001FF", "-0.01", "-0.01"));

    @Test
    void everyTypeIsTheSameInEveryOutput() throws Exception {
        List<String> names = new ArrayList<>();
        List<ColumnType> types = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ObjectNode shown = JSON.createObjectNode();
        List<String> inParquet = new ArrayList<>();
        for (Case one : CASES) {
            String name = "c" + names.size();
            names.add(name);
            types.add(ColumnType.parse(one.type()));
            bytes.writeBytes(HexFormat.of().parseHex(one.hex()));
            shown.set(name, JSON.readTree(one.shown()));
            inParquet.add(one.parquet());
        }

        write(ColumnTypes.struct(names, types), List.of(bytes.toByteArray()));

        assertThat(scanned()).extracting(JsonNode::toString).containsExactly(shown.toString());
        assertThat(exported()).extracting(JsonNode::toString).containsExactly(shown.toString());
        assertThat(queried())
                .extracting(JsonNode::toString)
                .containsExactly(withoutZone(shown.toString()));
        assertThat(parquet("unnest(value)")).isEqualTo(inParquet);
    }

    /** Of columns that are no parts of others, the engine's driver makes other objects. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "instant | 000000000000000100000FFF | 1970-01-01T00:00:01.000004095Z",
                "instant | FFFFFFFDDA3E82FD00000001 | 1677-09-21T00:12:45.000000001Z",
                "local-time | 173B3B3B9AC9FF | 23:59:59.999999999",
                "local-date-time | 000007EA0B16173B3B3B9AC9FF | 2026-11-22T23:59:59.999999999",
                "sql-timestamp | 000000000000000100112233 | 1970-01-01T00:00:00.001122867Z"
            })
    void nanosecondsAreInEveryOutput(String type, String hex, String shown) throws Exception {
        write(ColumnType.parse(type), List.of(HexFormat.of().parseHex(hex)));

        assertThat(scanned()).extracting(JsonNode::asText).containsExactly(shown);
        assertThat(exported()).extracting(JsonNode::asText).containsExactly(shown);
        assertThat(queried())
                .extracting(JsonNode::asText)
                .containsExactly(shown.replaceAll(ZONE, ""));
        Run csv = Run.of("export", directory.toString(), "s", "--format", "csv");
        assertThat(csv.out().lines()).endsWith("1,0," + shown + ",,");
    }

    @Test
    void whatParquetCannotSayIsSaid() throws Exception {
        Path file = directory.resolve("export.out");
        String[] export = {
            "export", directory.toString(), "s", "--format", "parquet", "-o", file.toString()
        };
        write(
                ColumnType.parse("list(instant)"),
                List.of(HexFormat.of().parseHex("00000001000000000000000100000FFF")));
        assertThat(Run.of(export).err())
                .contains("instants in nanoseconds are written in UTC without the mark")
                .contains("columns=value.");

        write(ColumnType.parse("int8"), List.of(new byte[] {1}));
        assertThat(Run.of(export).err()).doesNotContain("nanoseconds");
    }

    /** A local time may be one that the process's own zone skips: here an hour of spring. */
    @Test
    void theZoneOfTheProcessChangesNothing() throws Exception {
        write(
                ColumnType.parse("list(local-date-time)"),
                List.of(HexFormat.of().parseHex("00000001000007EA031D021E0000000000")));
        assertThat(exported().toString()).isEqualTo("[[\"2026-03-29T02:30:00\"]]");

        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .filter(argument -> argument.startsWith("--add-"))
                        .toList());
        command.addAll(
                List.of(
                        "-Duser.timezone=Europe/Berlin",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FlinkLsm.class.getName(),
                        "sql",
                        directory.toString(),
                        "select value[1] as one, value from s"));
        Path out = directory.resolve("process.out");
        Process process =
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .redirectOutput(out.toFile())
                        .start();
        assertThat(process.waitFor()).isZero();
        assertThat(Files.readAllLines(out).get(1).split(" +"))
                .containsExactly("2026-03-29T02:30:00", "[2026-03-29T02:30:00]");
    }

    /** Milliseconds and microseconds keep their zone in SQL as well. */
    private static String withoutZone(String json) {
        return json.replaceAll("(\\.[0-9]{7,9})Z\"", "$1\"");
    }

    @Test
    void valuesOfAnyShapeAreTheSameInScanAndExport() throws Exception {
        for (long seed = 0; seed < 10; seed++) {
            RandomTypes.Sample sample = new RandomTypes(new Random(seed)).next(2);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                values.add(sample.bytes());
            }
            write(sample.type(), values);

            assertThat(exported())
                    .as("seed %s: %s", seed, sample.type())
                    .hasSize(20)
                    .isEqualTo(scanned());
        }
    }

    private void write(ColumnType type, List<byte[]> values) throws Exception {
        try (var files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        try (StoreResources resources =
                        StoreResources.create("outputs", 8 << 20, 1, Clock.system());
                LsmStore store =
                        LsmStore.create(
                                new LocalStorage(directory, false),
                                LsmStoreOptions.DEFAULTS,
                                resources)) {
            LsmTree tree =
                    store.openTree("kv/s", TreeOptions.DEFAULTS.withColumns(RoundTrip.row(type)));
            KeyBuffer key = new KeyBuffer();
            for (int i = 0; i < values.size(); i++) {
                byte[] bytes = ByteBuffer.allocate(10).put((byte) 1).putLong(i).array();
                tree.put(key.set(bytes, 0, bytes.length), values.get(i), 0, values.get(i).length);
            }
            tree.flush();
            try (var pending = store.beginCheckpoint(1)) {
                store.writeManifest(pending.complete());
            }
        }
    }

    private List<JsonNode> scanned() throws Exception {
        return values(json("scan", "--json", "--limit", "0").get("entries"));
    }

    private List<JsonNode> exported() throws Exception {
        Run run = Run.of("export", directory.toString(), "s", "--format", "json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        List<JsonNode> values = new ArrayList<>();
        for (String line : run.out().lines().toList()) {
            values.add(JSON.readTree(line).get("value"));
        }
        return values;
    }

    private List<JsonNode> queried() throws Exception {
        return values(json("sql", "--json", "select value from s").get("rows"));
    }

    /** The row of an export, as text. */
    private List<String> parquet(String columns) throws Exception {
        Path file = directory.resolve("export.out");
        Run run =
                Run.of(
                        "export",
                        directory.toString(),
                        "s",
                        "--format",
                        "parquet",
                        "-o",
                        file.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'UTC'");
            try (ResultSet row =
                    statement.executeQuery(
                            "select columns(*)::varchar from (select "
                                    + columns
                                    + " from read_parquet('"
                                    + file
                                    + "'))")) {
                assertThat(row.next()).isTrue();
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    values.add(row.getString(i));
                }
                return values;
            }
        }
    }

    private JsonNode json(String command, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(command, directory.toString()));
        all.addAll(List.of(arguments));
        Run run = Run.of(all.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return JSON.readTree(run.out());
    }

    private static List<JsonNode> values(JsonNode rows) {
        List<JsonNode> values = new ArrayList<>();
        rows.forEach(row -> values.add(row.get("value")));
        return values;
    }
}
