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

import io.flinklsm.inspect.cli.EngineOptions;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.iceberg.IcebergTable;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.OutputFile;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import io.flinklsm.inspect.sql.ResultPrinter;
import io.flinklsm.inspect.sql.StateExport;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm export}: all merged entries of a state, for other programs. */
@Command(
        name = "export",
        description =
                "Writes the merged entries of a state to a file, or to stdout: Parquet, CSV (cells"
                        + " that a spreadsheet would take for formulas get an apostrophe), or an"
                        + " object of JSON on each line. Or the metadata of an Iceberg table over"
                        + " the files that it has.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm export --state counts --format parquet -o counts.parquet"
                    + " /checkpoints/3f2a/chk-42",
            "  flink-lsm export --state counts --iceberg tables/counts /archive/2"
        })
public final class ExportCommand extends InspectCommand {

    /** As most programs call it; a file of this name is {@code ./-}. */
    private static final Path STDOUT = Path.of("-");

    /** What the file is. */
    enum Format {
        parquet,
        csv,
        json
    }

    @Parameters(
            index = "0",
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "STATE", hidden = true)
    @Nullable String positional;

    @Mixin StateOptions selection = new StateOptions();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    @Nullable Format format;

    @Option(
            names = "--iceberg",
            paramLabel = "DIR",
            description =
                    "Write no data but a table of Iceberg, into a directory that is new: its data"
                            + " are the SSTables where they are. Only for a state that compact has"
                            + " written, or that has nothing to merge.")
    @Nullable Path iceberg;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where to; stdout if left out or \"-\", but not for Parquet.")
    @Nullable Path file;

    @Option(names = "--force", description = "Replace the file if it exists.")
    boolean force;

    @Mixin EngineOptions engine = new EngineOptions();

    public ExportCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        String memory = engine.memory();
        Path target = file == null || file.equals(STDOUT) ? null : file;
        Format wanted = format;
        if ((wanted == null) == (iceberg == null)) {
            throw InspectException.usage(
                    "say what to write: give --format, or --iceberg DIR, and not both.");
        }
        if (iceberg != null && file != null) {
            throw InspectException.usage("--iceberg names the directory itself: leave -o out.");
        }
        if (target == null && wanted == Format.parquet) {
            throw InspectException.usage("Parquet is no text for stdout: give a file with -o.");
        }
        String named = positional;
        if (named != null) {
            selection.state(named);
        }
        StateView view = selection.one(Checkpoint.openAny(location));
        if (wanted == null) {
            return writeTable(view, Objects.requireNonNull(iceberg), to);
        }
        try (Progress progress =
                new Progress(to, "export", view.sizeBytes(), output.quiet(), output.progress())) {
            if (target == null) {
                print(view, wanted, to.out(), to.outIsTerminal(), memory, progress);
                return InspectException.OK;
            }
            try (OutputFile out = OutputFile.create(target, force)) {
                write(view, wanted, out, memory, progress, to);
                out.commit();
            }
            progress.close();
            if (!output.quiet()) {
                to.note(
                        "flink-lsm: wrote "
                                + SafeText.forTerminal(target.toString())
                                + ", "
                                + Units.bytes(Files.size(target))
                                + ".");
            }
            return InspectException.OK;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private int writeTable(StateView view, Path directory, Console to) throws IOException {
        SstableCopies.makeEmpty(directory);
        IcebergTable table = IcebergTable.write(view, directory);
        if (!output.quiet()) {
            to.note(
                    "flink-lsm: wrote the metadata of a table to "
                            + SafeText.forTerminal(directory.toString())
                            + ": "
                            + table.files()
                            + " SSTables, "
                            + Units.count(table.rows())
                            + " rows.");
            if (!table.leftOut().isEmpty()) {
                to.note(
                        "flink-lsm: Iceberg has no type for these columns, so that the table does"
                                + " not have them: "
                                + SafeText.forTerminal(String.join(", ", table.leftOut()))
                                + ".");
            }
        }
        return InspectException.OK;
    }

    private void write(
            StateView view,
            Format format,
            OutputFile file,
            String memory,
            Progress progress,
            Console to)
            throws IOException {
        if (format == Format.parquet) {
            List<String> unmarked;
            try {
                unmarked = StateExport.toParquet(view, file.part(), memory, progress::update);
            } catch (StateExport.WriteException e) {
                throw file.lost(e);
            }
            progress.close();
            if (!unmarked.isEmpty() && !output.quiet()) {
                to.note(
                        "flink-lsm: instants in nanoseconds are written in UTC without the mark"
                                + " that says so: columns="
                                + SafeText.forTerminal(String.join(", ", unmarked))
                                + ".");
            }
            return;
        }
        try (OutputStream out = file.open()) {
            print(view, format, out, false, memory, progress);
        }
    }

    private static void print(
            StateView view,
            Format format,
            OutputStream out,
            boolean toTerminal,
            String memory,
            Progress progress)
            throws IOException {
        try (StateExport export = StateExport.open(view, memory, progress::update)) {
            var printer = new ResultPrinter(export.rows(), 0);
            if (format == Format.csv) {
                printer.printCsv(out, toTerminal);
            } else {
                printer.printJsonLines(out);
            }
            out.flush();
        }
    }
}
