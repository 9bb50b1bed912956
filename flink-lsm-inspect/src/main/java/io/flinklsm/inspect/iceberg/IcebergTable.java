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
package io.flinklsm.inspect.iceberg;

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.print.OutputFile;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMappingParser;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a table whose data are the SSTables of one state, where they are. That is exact
 * only if each entry stands in one row of one file: no tombstones, no operands, nothing overwritten
 * or clipped. Other states are refused; {@code compact} makes them so.
 *
 * @param files how many SSTables are the table's data
 * @param rows of all of them
 * @param leftOut columns for which Iceberg has no type
 */
public record IcebergTable(int files, long rows, List<String> leftOut) {

    private static final String COLUMNS_PROPERTY = "flinklsm.columns";
    private static final String METADATA = "metadata";

    public IcebergTable {
        leftOut = List.copyOf(leftOut);
    }

    /**
     * Writes the metadata.
     *
     * @param directory of the table; new or empty
     * @throws InspectException if the SSTables cannot be taken as they are
     */
    public static IcebergTable write(StateView view, Path directory) throws IOException {
        List<String> locations = new ArrayList<>();
        for (StateView.Part part : view.parts()) {
            check(view, part);
            for (SstableMeta meta : part.sstables()) {
                locations.add(location(view, part, meta));
            }
        }
        IcebergSchema schema = IcebergSchema.of(columns(view));
        Path metadata = directory.toAbsolutePath().normalize().resolve(METADATA);
        try {
            write(view, locations, schema, metadata);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        long rows = view.sstables().stream().mapToLong(SstableMeta::entryCount).sum();
        return new IcebergTable(locations.size(), rows, schema.leftOut());
    }

    // ----------------------------------------------------------------------- what can be a table

    private static void check(StateView view, StateView.Part part) {
        if (view.isRows()) {
            throw refused(view, "it has no SSTables", "take a checkpoint or a native savepoint");
        }
        List<SstableMeta> sorted = new ArrayList<>(part.sstables());
        sorted.sort(Comparator.comparing(SstableMeta::minKey));
        for (int i = 0; i < sorted.size(); i++) {
            SstableMeta meta = sorted.get(i);
            if (meta.tombstoneCount() > 0 || meta.mergeCount() > 0 || meta.clip() != null) {
                throw refused(
                        view,
                        "its SSTables are not what is live: file="
                                + meta.fileName()
                                + ", tombstones="
                                + meta.tombstoneCount()
                                + ", operands="
                                + meta.mergeCount()
                                + ", clipped="
                                + (meta.clip() != null),
                        "write it anew with \"flink-lsm compact\", and export that");
            }
            if (i > 0 && sorted.get(i - 1).maxKey().compareTo(meta.minKey()) >= 0) {
                throw refused(
                        view,
                        "its SSTables overlap: files="
                                + sorted.get(i - 1).fileName()
                                + ", "
                                + meta.fileName(),
                        "write it anew with \"flink-lsm compact\", and export that");
            }
        }
    }

    private static String location(StateView view, StateView.Part part, SstableMeta meta)
            throws IOException {
        SourceFile file = part.store().storage().files().get(meta.fileName());
        if (file == null || !file.isWhole()) {
            throw refused(
                    view,
                    "an SSTable is no file of its own: file=" + meta.fileName(),
                    "write it anew with \"flink-lsm compact\", and export that");
        }
        // Where it is found need not be where the checkpoint says.
        long bytes = part.store().storage().size(meta.fileName());
        String location = part.store().storage().describe(meta.fileName());
        if (bytes != meta.sizeBytes() || location.contains("***")) {
            throw refused(
                    view,
                    "an SSTable cannot be named in a table: file="
                            + location
                            + ", sizeBytes="
                            + bytes
                            + ", expected="
                            + meta.sizeBytes(),
                    "see what \"flink-lsm verify\" says, and give no credentials in the location");
        }
        return location.startsWith("/") ? "file://" + location : location;
    }

    private static @Nullable EntryColumns columns(StateView view) throws IOException {
        String first = null;
        for (StateView.Part part : view.parts()) {
            for (SstableMeta meta : part.sstables()) {
                String text =
                        OpenSstables.readProperties(part.store().storage(), meta.fileName())
                                .getOrDefault(COLUMNS_PROPERTY, "");
                if (first != null && !first.equals(text)) {
                    throw refused(
                            view,
                            "its SSTables have different columns: file=" + meta.fileName(),
                            "write it anew with \"flink-lsm compact\", and export that");
                }
                first = text;
            }
        }
        return MergedState.columns(view);
    }

    private static InspectException refused(StateView view, String why, String whatToDo) {
        return InspectException.usage(
                "[tree "
                        + view.treeName()
                        + "] its files cannot be a table of Iceberg as they are: "
                        + why
                        + "; "
                        + whatToDo
                        + ".");
    }

    // ---------------------------------------------------------------------------------- metadata

    /** Iceberg's library makes the files in memory, and they are copied to their place. */
    private static void write(
            StateView view, List<String> locations, IcebergSchema schema, Path metadata)
            throws IOException {
        var name = TableIdentifier.of(Namespace.of("flinklsm"), "state");
        try (InMemoryCatalog catalog = new InMemoryCatalog()) {
            catalog.initialize("flinklsm", Map.of());
            catalog.createNamespace(name.namespace());
            Transaction transaction =
                    catalog.buildTable(name, schema.schema())
                            .withLocation("file://" + metadata.getParent())
                            .withProperty("flinklsm.operator", view.operator().label())
                            .withProperty("flinklsm.state", view.name())
                            .createTransaction();
            // SSTables have no numbers of fields: columns are found by their names.
            transaction
                    .updateProperties()
                    .set(
                            TableProperties.DEFAULT_NAME_MAPPING,
                            NameMappingParser.toJson(
                                    MappingUtil.create(transaction.table().schema())))
                    .commit();
            AppendFiles append = transaction.newFastAppend();
            List<SstableMeta> sstables = view.sstables();
            for (int i = 0; i < locations.size(); i++) {
                append.appendFile(
                        DataFiles.builder(PartitionSpec.unpartitioned())
                                .withPath(locations.get(i))
                                .withFormat(FileFormat.PARQUET)
                                .withFileSizeInBytes(sstables.get(i).sizeBytes())
                                .withRecordCount(sstables.get(i).entryCount())
                                .build());
            }
            append.commit();
            transaction.commitTransaction();
            copy(catalog.loadTable(name), metadata);
        }
    }

    private static void copy(Table table, Path metadata) throws IOException {
        Files.createDirectories(metadata);
        FileIO io = table.io();
        var snapshot = Objects.requireNonNull(table.currentSnapshot(), "a table with a snapshot");
        for (ManifestFile manifest : snapshot.allManifests(io)) {
            copy(io, manifest.path(), metadata.resolve(lastName(manifest.path())));
        }
        String list = snapshot.manifestListLocation();
        copy(io, list, metadata.resolve(lastName(list)));
        String current = ((HasTableOperations) table).operations().current().metadataFileLocation();
        // As tables without a catalog are called, so that a reader finds the newest one.
        copy(io, current, metadata.resolve("v1.metadata.json"));
        writeFile(metadata.resolve("version-hint.text"), "1".getBytes(StandardCharsets.UTF_8));
    }

    private static String lastName(String location) {
        return location.substring(location.lastIndexOf('/') + 1);
    }

    private static void copy(FileIO io, String from, Path to) throws IOException {
        try (InputStream in = io.newInputFile(from).newStream()) {
            writeFile(to, in.readAllBytes());
        }
    }

    private static void writeFile(Path path, byte[] bytes) throws IOException {
        try (OutputFile file = OutputFile.create(path, false)) {
            try (OutputStream out = file.open()) {
                out.write(bytes);
            }
            file.commit();
        }
    }
}
