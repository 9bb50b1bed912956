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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExportCommandTest {

    @TempDir static Path root;
    @TempDir Path target;

    private static SampleCheckpoint sample;
    private static String checkpoint;

    @BeforeAll
    static void takeACheckpointOfTwoRounds() throws Exception {
        sample = new SampleCheckpoint(root);
        sample.write(4, 0).write("=2+3", 9, 0).write("", 5, 0).take(1);
        checkpoint = sample.write(4, 1).take(2).toString();
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    private Run export(String state, String format, Path file, String... more) {
        List<String> arguments =
                Stream.concat(
                                Stream.of("export", checkpoint, state, "--format", format, "-o"),
                                Stream.concat(Stream.of(file.toString()), Stream.of(more)))
                        .toList();
        return Run.of(arguments.toArray(String[]::new));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(target)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void parquetHasTheMergedEntriesInTypedColumns() throws Exception {
        Path file = target.resolve("it's.parquet");

        Run run = export("visits", "parquet", file);

        assertThat(run.err()).contains("wrote").contains("it's.parquet");
        assertThat(run.exitCode()).isZero();
        assertThat(files()).containsExactly("it's.parquet");
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select string_agg(key || ' ' || value::varchar, '; ' order by key)"
                                        + " from '"
                                        + file.toString().replace("'", "''")
                                        + "' where key like 'k%' and _value is null")) {
            rows.next();
            assertThat(rows.getString(1))
                    .isEqualTo("k0 [0, 0, 0, 1]; k1 [1, 0]; k2 [2, 0, 2, 1]; k3 [3, 0]");
        }
    }

    @Test
    void csvHasNoFormulas() throws Exception {
        Path file = target.resolve("count.csv");

        assertThat(export("count", "csv", file).exitCode()).isZero();

        assertThat(Files.readAllLines(file))
                .startsWith("key_group,key,value,_key,_value")
                .hasSize(6)
                .anyMatch(line -> line.matches("[0-9]+,'=2\\+3,90,,"))
                // An empty key is there, the bytes of a value that has a type are not.
                .anyMatch(line -> line.matches("[0-9]+,\"\",50,,"));
    }

    @Test
    void jsonIsAnObjectOnEachLine() {
        Run run = Run.of("export", checkpoint, "tags", "--format", "json");

        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines())
                .allMatch(line -> line.startsWith("{\"key_group\":") && line.endsWith("}"))
                .anyMatch(
                        line ->
                                line.endsWith(
                                        "\"key\":\"k2\",\"map_key\":\"round1\",\"value\":\"k2\","
                                                + "\"_key\":null,\"_value\":null}"));
    }

    @Test
    void anExistingFileStaysUnlessItIsForced() throws Exception {
        Path file = Files.writeString(target.resolve("out.csv"), "mine");

        Run refused = export("count", "csv", file);

        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("exists", "--force");
        assertThat(file).hasContent("mine");

        assertThat(export("count", "csv", file, "--force").exitCode()).isZero();
        assertThat(Files.readString(file)).startsWith("key_group,");
        assertThat(files()).containsExactly("out.csv");
    }

    @Test
    void nothingIsLeftOfAnExportThatFails() throws Exception {
        Path copy = root.resolve("damaged");
        try (var other = new SampleCheckpoint(copy)) {
            Path taken = other.write(200, 0).take(1);
            for (Path file : Files.list(taken).toList()) {
                damage(file);
            }
            for (String format : List.of("csv", "json", "parquet")) {
                Path file = target.resolve("out." + format);
                Run run =
                        Run.of(
                                "export",
                                taken.toString(),
                                "count",
                                "--format",
                                format,
                                "-o",
                                file.toString());
                assertThat(run.exitCode()).as(run.err()).isEqualTo(4);
                assertThat(run.err()).contains("kv/count").contains("damaged");
            }
        }
        assertThat(files()).isEmpty();
    }

    /** Changes a byte in the first page of an SSTable. */
    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length > 400 && bytes[0] == 'P' && bytes[1] == 'A' && bytes[2] == 'R') {
            bytes[60] ^= 1;
            Files.write(file, bytes);
        }
    }

    @Test
    void mistakesAreErrorsOfUsage() throws Exception {
        assertThat(Run.of("export", checkpoint, "count", "--format", "parquet").err())
                .contains("-o");
        assertThat(export("nothing", "csv", target.resolve("x")).exitCode()).isEqualTo(2);
        assertThat(export("count", "avro", target.resolve("x")).exitCode()).isEqualTo(2);
        assertThat(export("count", "csv", target).exitCode()).isEqualTo(2);
        assertThat(export("count", "csv", target.resolve("no/x")).exitCode()).isEqualTo(2);
        assertThat(files()).isEmpty();
    }
}
