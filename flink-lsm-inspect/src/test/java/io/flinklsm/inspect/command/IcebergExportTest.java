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
import io.flinklsm.inspect.testing.AvroStates;
import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.mapping.NameMapping;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types.NestedField;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A state as a table of Iceberg, read back by Iceberg's own reader. */
final class IcebergExportTest {

    @TempDir static Path root;

    private static Path checkpoint = Path.of("");
    private static Path compacted = Path.of("");

    @BeforeAll
    static void compact() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            sample.write(10, 0)
                    .with("k2", IcebergExportTest::writeMeasure)
                    .with("k3", backend -> AvroStates.write(backend, 3))
                    .with("k4", backend -> AvroStates.write(backend, 4))
                    .take(1);
            checkpoint = sample.write(10, 1).take(2);
        }
        compacted = root.resolve("compacted");
        assertThat(
                        Run.of("compact", checkpoint.toString(), "--into", compacted.toString())
                                .exitCode())
                .isZero();
    }

    private static void writeMeasure(AbstractKeyedStateBackend<String> backend) throws Exception {
        var type = Types.TUPLE(Types.BIG_DEC, Types.DOUBLE, Types.INSTANT);
        var descriptor = new ValueStateDescriptor<>("measure", type);
        SampleCheckpoint.state(backend, descriptor)
                .update(Tuple3.of(new BigDecimal("1.50"), 2.5, Instant.EPOCH));
    }

    private static Run export(Path from, String state, String directory) {
        return Run.of(
                "export",
                from.toString(),
                "--state",
                state,
                "--iceberg",
                root.resolve(directory).toString());
    }

    private static Table table(String directory) throws IOException {
        Path metadata = root.resolve(directory).resolve("metadata");
        assertThat(Files.readString(metadata.resolve("version-hint.text"))).isEqualTo("1");
        var operations =
                new StaticTableOperations(
                        metadata.resolve("v1.metadata.json").toUri().toString(),
                        new HadoopFileIO(new Configuration()));
        return new BaseTable(operations, "state");
    }

    private static List<Record> read(String directory) throws IOException {
        Table table = table(directory);
        List<Record> records = new ArrayList<>();
        try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
            for (FileScanTask task : tasks) {
                try (CloseableIterable<Record> rows = open(table, task)) {
                    rows.forEach(row -> records.add(row.copy()));
                }
            }
        }
        return records;
    }

    /** As engines open a file without numbers of fields: by the names that the table says. */
    private static CloseableIterable<Record> open(Table table, FileScanTask task) {
        String names = table.properties().get(TableProperties.DEFAULT_NAME_MAPPING);
        return Parquet.read(table.io().newInputFile(task.file().location()))
                .project(table.schema())
                .withNameMapping(NameMappingParser.fromJson(names))
                .createReaderFunc(
                        schema -> GenericParquetReaders.buildReader(table.schema(), schema))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"count", "visits", "tags"})
    void icebergReadsWhatSqlReads(String state) throws IOException {
        Run export = export(compacted, state, "table-" + state);

        assertThat(export.err()).contains("wrote the metadata of a table", "2 SSTables");
        assertThat(export.exitCode()).isZero();
        List<String> rows = new ArrayList<>();
        for (Record row : read("table-" + state)) {
            assertThat(row.getField("_key")).isInstanceOf(ByteBuffer.class);
            assertThat(row.getField("_value")).isNull();
            String mapKey = state.equals("tags") ? row.getField("map_key") + "/" : "";
            rows.add(
                    row.getField("key_group")
                            + "/"
                            + row.getField("key")
                            + "/"
                            + mapKey
                            + row.getField("value"));
        }
        Run sql =
                Run.of(
                        "sql",
                        "--csv",
                        checkpoint.toString(),
                        "select concat(key_group, '/', key, '/', "
                                + (state.equals("tags") ? "map_key, '/', " : "")
                                + "value::VARCHAR) as row from "
                                + state);
        List<String> expected =
                sql.out().lines().skip(1).map(line -> line.replace("\"", "")).toList();
        assertThat(expected).isNotEmpty();
        assertThat(rows).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Engines are stricter than the reader above; so here is all that they may look at. */
    @ParameterizedTest
    @ValueSource(strings = {"count", "visits", "tags", "measure", "orders", "payments"})
    void whatTheTableSaysIsWhatIsThere(String state) throws IOException {
        String directory = "strict-" + state;
        assertThat(export(compacted, state, directory).exitCode()).isZero();

        Path metadata = root.resolve(directory).resolve("metadata");
        JsonNode json = new ObjectMapper().readTree(metadata.resolve("v1.metadata.json").toFile());
        assertThat(json.path("format-version").asInt()).isEqualTo(2);
        assertThat(json.path("location").asText()).isEqualTo("file://" + root.resolve(directory));
        assertThat(json.path("last-sequence-number").asInt()).isEqualTo(1);
        assertThat(json.path("metadata-log")).isEmpty();
        assertThat(json.path("refs").path("main").path("snapshot-id"))
                .isEqualTo(json.path("current-snapshot-id"));

        Table table = table(directory);
        Set<Integer> ids = TypeUtil.getProjectedIds(table.schema());
        assertThat(json.path("last-column-id").asInt())
                .isGreaterThanOrEqualTo(ids.stream().max(Integer::compare).orElseThrow());
        Snapshot snapshot = table.currentSnapshot();
        assertThat(table.snapshots()).containsExactly(snapshot);
        assertThat(snapshot.sequenceNumber()).isEqualTo(1);
        assertThat(snapshot.schemaId()).isEqualTo(table.schema().schemaId());
        assertThat(pathOf(snapshot.manifestListLocation())).hasParent(metadata).isRegularFile();
        assertThat(snapshot.deleteManifests(table.io())).isEmpty();
        long files = 0;
        long rows = 0;
        long bytes = 0;
        for (ManifestFile manifest : snapshot.allManifests(table.io())) {
            assertThat(pathOf(manifest.path())).hasParent(metadata).hasSize(manifest.length());
            assertThat(manifest.sequenceNumber()).isEqualTo(1);
            assertThat(manifest.minSequenceNumber()).isEqualTo(1);
            assertThat(manifest.snapshotId()).isEqualTo(snapshot.snapshotId());
            for (DataFile file : ManifestFiles.read(manifest, table.io())) {
                checkDataFile(table, file);
                files++;
                rows += file.recordCount();
                bytes += file.fileSizeInBytes();
            }
            assertThat(manifest.addedFilesCount().longValue()).isEqualTo(files);
            assertThat(manifest.addedRowsCount()).isEqualTo(rows);
        }
        assertThat(snapshot.summary())
                .containsEntry("total-data-files", Long.toString(files))
                .containsEntry("total-records", Long.toString(rows))
                .containsEntry("total-files-size", Long.toString(bytes));
    }

    private static Path pathOf(String location) {
        assertThat(location).startsWith("file:///");
        return Path.of(URI.create(location));
    }

    private static void checkDataFile(Table table, DataFile file) throws IOException {
        assertThat(pathOf(file.location())).hasParent(compacted).hasSize(file.fileSizeInBytes());
        assertThat(file.format()).isEqualTo(FileFormat.PARQUET);
        assertThat(file.dataSequenceNumber()).isEqualTo(1);
        assertThat(file.specId()).isEqualTo(table.spec().specId());
        // No statistics are better than wrong ones: files are read, not passed over.
        assertThat(file.lowerBounds()).isNull();
        assertThat(file.upperBounds()).isNull();
        assertThat(file.nullValueCounts()).isNull();
        MessageType inFile;
        try (var reader =
                ParquetFileReader.open(
                        HadoopInputFile.fromPath(
                                new org.apache.hadoop.fs.Path(file.location()),
                                new Configuration()))) {
            assertThat(file.recordCount()).isEqualTo(reader.getRecordCount());
            inFile = reader.getFileMetaData().getSchema();
        }
        NameMapping names =
                NameMappingParser.fromJson(
                        table.properties().get(TableProperties.DEFAULT_NAME_MAPPING));
        Schema mapped =
                ParquetSchemaUtil.convertAndPrune(
                        ParquetSchemaUtil.applyNameMapping(inFile, names));
        for (int id : TypeUtil.getProjectedIds(table.schema())) {
            NestedField said = table.schema().findField(id);
            NestedField found = mapped.findField(id);
            assertThat(found).as(table.schema().findColumnName(id)).isNotNull();
            assertThat(found.name()).isEqualTo(said.name());
            if (said.type().isPrimitiveType()) {
                assertThat(found.type()).as(said.name()).isEqualTo(said.type());
            }
            assertThat(said.isOptional() || found.isRequired()).as(said.name()).isTrue();
        }
    }

    @Test
    void whatIcebergHasNoTypeForIsLeftOutAndTold() throws IOException {
        Run export = export(compacted, "measure", "table-measure");

        assertThat(export.err()).contains("no type for these columns", "value.f2");
        Record value = (Record) read("table-measure").get(0).getField("value");
        assertThat(value.toString()).contains("1.50", "2.5").doesNotContain("1970");
    }

    @Test
    void recordsOfAvroAreStructs() throws IOException {
        Run orders = export(compacted, "orders", "table-orders");
        Run payments = export(compacted, "payments", "table-payments");

        assertThat(orders.err()).contains("2 rows").doesNotContain("no type");
        // Iceberg's times of day have microseconds, those of SSTables have nanoseconds.
        assertThat(payments.err()).contains("no type for these columns", "value.element.time");
        Map<Object, Record> byKey = new HashMap<>();
        read("table-orders").forEach(row -> byKey.put(row.getField("key"), row));
        Record third = (Record) byKey.get("k3").getField("value");
        assertThat(third.getField("id")).isEqualTo(3L);
        assertThat(third.getField("customer")).isNull();
        assertThat(third.getField("at"))
                .isEqualTo(Instant.ofEpochMilli(1_700_000_000_003L).atOffset(ZoneOffset.UTC));
        assertThat(third.getField("goods")).isEqualTo(List.of("goods 0", "goods 1", "goods 2"));
        assertThat(third.getField("counts"))
                .isEqualTo(Map.of("goods 0", 1, "goods 1", 2, "goods 2", 3));
        assertThat(((Record) third.getField("discount")).getField("double")).isEqualTo(0.75);
        assertThat(((Record) third.getField("discount")).getField("string")).isNull();
        Set<String> cities = new TreeSet<>();
        for (Record row : read("table-payments")) {
            for (Object element : (List<?>) row.getField("value")) {
                Record payment = (Record) element;
                assertThat(payment.getField("amount").toString()).endsWith(".25");
                Record to = (Record) payment.getField("to");
                cities.add(
                        payment.getField("day")
                                + " "
                                + payment.getField("kind")
                                + " "
                                + (to == null ? null : to.getField("city")));
            }
        }
        assertThat(cities)
                .containsExactly(
                        "2024-10-07 CARD null", "2024-10-08 CASH city 4", "2024-10-09 CARD null");
    }

    @Test
    void aStateWithSomethingToMergeIsRefused() {
        Run export = export(checkpoint, "count", "never");

        assertThat(export.exitCode()).isEqualTo(2);
        assertThat(export.err())
                .contains("cannot be a table of Iceberg as they are", "flink-lsm compact");
        assertThat(root.resolve("never").resolve("metadata")).doesNotExist();
    }

    @Test
    void aFileInsideOfTheMetadataIsRefused() throws Exception {
        Path once = root.resolve("once");
        try (var sample = new SampleCheckpoint(once)) {
            Path only = sample.inlineThreshold(1 << 20).write(4, 0).take(1);
            Run export = export(only, "count", "never-inlined");

            assertThat(export.exitCode()).isEqualTo(2);
            assertThat(export.err()).contains("is no file of its own");
        }
    }

    /** The program's jar has neither Hadoop nor what Iceberg needs for other things. */
    @Test
    void itNeedsNothingThatTheProgramDoesNotHave() throws Exception {
        String without =
                "words=(); for word in \"$@\"; do words+=(\"$(printf %s \"$word\" | sed -E"
                        + " 's#[^:]*/(hadoop-client|httpc|RoaringBitmap|iceberg-(data|parquet)|"
                        + "parquet-(hadoop|column|avro|common|encoding))[^:]*##g')\"); done;"
                        + " \"${words[@]}\"";
        Child child =
                Child.of(
                        root,
                        without,
                        List.of(
                                "export",
                                compacted.toString(),
                                "--state",
                                "count",
                                "--iceberg",
                                root.resolve("table-alone").toString()));

        assertThat(child.exitCode()).as(child.err()).isZero();
        assertThat(child.out()).isEmpty();
        assertThat(child.err()).hasLineCount(1);
        assertThat(read("table-alone")).hasSize(9);
    }

    @Test
    void aDirectoryWithSomethingInItStays() throws IOException {
        Path full = Files.createDirectories(root.resolve("full"));
        Files.writeString(full.resolve("own"), "mine");

        Run export = export(compacted, "count", "full");

        assertThat(export.exitCode()).isEqualTo(2);
        try (Stream<Path> files = Files.list(full)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void optionsThatContradictAreTold() {
        Run both =
                Run.of(
                        "export",
                        compacted.toString(),
                        "--state",
                        "count",
                        "--format",
                        "csv",
                        "--iceberg",
                        root.resolve("both").toString());
        Run neither = Run.of("export", compacted.toString(), "--state", "count");

        assertThat(both.exitCode()).isEqualTo(2);
        assertThat(both.err()).contains("give --format, or --iceberg DIR");
        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.err()).contains("give --format, or --iceberg DIR");
    }
}
