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

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm files}: every SSTable, from the manifests alone. */
@Command(
        name = "files",
        description =
                "Lists the SSTables of a checkpoint: level, rows, bytes, keys, where they are.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm files /checkpoints/3f2a/chk-42",
            "  flink-lsm files --state counts --copy-to counts s3://bucket/checkpoints/3f2a/chk-42"
        })
public final class FilesCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Mixin StateOptions selection = new StateOptions();

    @Option(
            names = "--copy-to",
            paramLabel = "DIR",
            description =
                    "Also writes these SSTables, and the manifests of their subtasks, to files in a"
                            + " directory that is new or empty: for other readers of Parquet, which"
                            + " do not see what Flink keeps inside _metadata.")
    @Nullable Path copyTo;

    public FilesCommand(Console console) {
        super(console);
    }

    /** An SSTable in its place. */
    private record Line(StateView state, StateView.Part part, SstableMeta meta) {

        @Nullable SourceFile file() {
            return part.store().storage().files().get(meta.fileName());
        }

        String location() {
            SourceFile file = file();
            return file == null ? "(missing) " + meta.fileName() : file.location();
        }
    }

    @Override
    protected int run(Console to) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(location);
        List<Line> lines = new ArrayList<>();
        List<StateView> states = selection.of(checkpoint);
        Path target = copyTo;
        if (target != null) {
            copy(states, target, to);
        }
        for (StateView view : states) {
            for (StateView.Part part : view.parts()) {
                part.sstables().forEach(meta -> lines.add(new Line(view, part, meta)));
            }
        }
        if (output.json()) {
            printJson(checkpoint, lines, to);
        } else {
            printTable(lines, to);
        }
        return InspectException.OK;
    }

    private void copy(List<StateView> states, Path target, Console to) throws IOException {
        long bytes = states.stream().mapToLong(StateView::sizeBytes).sum();
        try (Progress progress =
                new Progress(to, "files", bytes, output.quiet(), output.progress())) {
            SstableCopies copies = SstableCopies.copy(states, target, progress::update);
            progress.close();
            if (!output.quiet()) {
                to.note(
                        "flink-lsm: wrote "
                                + copies.sstableCount()
                                + " SSTables, "
                                + Units.bytes(copies.writtenBytes())
                                + ", and "
                                + copies.manifestCount()
                                + " manifests to "
                                + SafeText.forTerminal(target.toString())
                                + ".");
            }
        }
    }

    private static void printTable(List<Line> lines, Console to) {
        Table table =
                new Table()
                        .name("operator")
                        .name("state")
                        .right("subtask")
                        .right("level")
                        .right("gen")
                        .right("entries")
                        .right("tombstones")
                        .right("size")
                        .left("key groups")
                        .left("shared")
                        .name("file");
        for (Line line : lines) {
            SstableMeta meta = line.meta();
            SourceFile file = line.file();
            table.row(
                    line.state().operator().label(),
                    line.state().name(),
                    line.part().store().subtask() < 0 ? "-" : line.part().store().subtask(),
                    meta.level(),
                    meta.generation(),
                    Units.count(meta.entryCount()),
                    Units.count(meta.tombstoneCount()),
                    Units.bytes(meta.sizeBytes()),
                    keyGroups(line) + (meta.clip() == null ? "" : " (clipped)"),
                    file != null && file.isShared() ? "yes" : "no",
                    line.location());
        }
        table.print(to);
    }

    private static String keyGroups(Line line) {
        int bytes = line.state().keyGroupBytes();
        if (bytes == 0) {
            return "-";
        }
        KeyRange visible = line.meta().visibleRange();
        int first = KeyGroups.of(visible.start(), bytes);
        int last = KeyGroups.of(line.meta().maxKey(), bytes);
        return first == last ? Integer.toString(first) : first + "-" + last;
    }

    private static void printJson(Checkpoint checkpoint, List<Line> lines, Console to)
            throws IOException {
        Json.print(
                to,
                "files/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeArrayFieldStart("files");
                    for (Line line : lines) {
                        SstableMeta meta = line.meta();
                        SourceFile file = line.file();
                        json.writeStartObject();
                        json.writeStringField("operator", line.state().operator().label());
                        json.writeStringField(
                                "operator_uid_hash", line.state().operator().uidHash());
                        json.writeStringField("state", line.state().name());
                        json.writeStringField("tree", meta.treeName());
                        json.writeNumberField("subtask", line.part().store().subtask());
                        json.writeNumberField("level", meta.level());
                        json.writeNumberField("generation", meta.generation());
                        json.writeNumberField("entries", meta.entryCount());
                        json.writeNumberField("tombstones", meta.tombstoneCount());
                        json.writeNumberField("merges", meta.mergeCount());
                        json.writeNumberField("bytes", meta.sizeBytes());
                        json.writeStringField("min_key", KeyGroups.hex(meta.minKey()));
                        json.writeStringField("max_key", KeyGroups.hex(meta.maxKey()));
                        json.writeNumberField("min_write_time", meta.minWriteTimeMillis());
                        json.writeNumberField("max_write_time", meta.maxWriteTimeMillis());
                        json.writeBooleanField("clipped", meta.clip() != null);
                        json.writeBooleanField("shared", file != null && file.isShared());
                        json.writeStringField("name", meta.fileName());
                        if (file != null) {
                            json.writeStringField("location", file.location());
                        }
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
