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
                        + " object of JSON on each line.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm export --state counts --format parquet -o counts.parquet"
                    + " /checkpoints/3f2a/chk-42",
            "  flink-lsm export --state counts --format csv /checkpoints/3f2a/chk-42"
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
            required = true,
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    Format format = Format.parquet;

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
        if (target == null && format == Format.parquet) {
            throw InspectException.usage("Parquet is no text for stdout: give a file with -o.");
        }
        String named = positional;
        if (named != null) {
            selection.state(named);
        }
        StateView view = selection.one(Checkpoint.openAny(location));
        try (Progress progress =
                new Progress(to, "export", view.sizeBytes(), output.quiet(), output.progress())) {
            if (target == null) {
                print(view, to.out(), to.outIsTerminal(), memory, progress);
                return InspectException.OK;
            }
            try (OutputFile out = OutputFile.create(target, force)) {
                write(view, out, memory, progress, to);
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

    private void write(
            StateView view, OutputFile file, String memory, Progress progress, Console to)
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
            print(view, out, false, memory, progress);
        }
    }

    private void print(
            StateView view, OutputStream out, boolean toTerminal, String memory, Progress progress)
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
