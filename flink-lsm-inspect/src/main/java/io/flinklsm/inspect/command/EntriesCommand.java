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

import com.fasterxml.jackson.core.JsonGenerator;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.merge.StateCursor;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What {@code get} and {@code scan} share: a state, entries of it, tables or JSON. */
abstract class EntriesCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Mixin StateOptions selection = new StateOptions();

    EntriesCommand(Console console) {
        super(console);
    }

    /**
     * Which entries.
     *
     * @param hasFilter whether all of the range must be read to find them
     */
    record Selection(
            KeyRange range,
            Predicate<EntryPrinter.Decoded> filter,
            boolean hasFilter,
            long limit) {}

    /** Decides by the options which entries are wanted. */
    abstract Selection select(StateView view, @Nullable EntryColumns columns);

    abstract String schema();

    /** Whether only the number of entries is wanted. */
    boolean countOnly() {
        return false;
    }

    /** The exit code when there was no entry. */
    abstract int nothingFound(Console to, StateView view);

    @Override
    protected final int run(Console to) throws IOException {
        Checkpoint checkpoint = Checkpoint.openAny(location);
        StateView view = selection.one(checkpoint);
        try (MergedState merged = MergedState.open(view);
                Progress progress =
                        new Progress(
                                to, "scan", view.sizeBytes(), output.quiet(), output.progress())) {
            Selection selection = select(view, merged.columns());
            EntryPrinter.Printed printed = print(checkpoint, merged, selection, progress, to);
            progress.close();
            if (printed.count() == 0 && !countOnly()) {
                return nothingFound(to, view);
            }
            if (printed.hasMore() && !output.json() && !output.quiet()) {
                to.note(
                        "flink-lsm: there are more; --limit "
                                + selection.limit() * 10
                                + " shows more of them, --limit 0 all.");
            }
            return InspectException.OK;
        }
    }

    private EntryPrinter.Printed print(
            Checkpoint checkpoint,
            MergedState merged,
            Selection selection,
            Progress progress,
            Console to)
            throws IOException {
        var printer = new EntryPrinter(merged);
        var tick = new Tick(merged, progress);
        if (countOnly()) {
            try (StateCursor keys = merged.keys(selection.range())) {
                Predicate<EntryPrinter.Decoded> filter =
                        selection.hasFilter() ? selection.filter() : null;
                long count = printer.count(keys, filter, tick);
                printCount(checkpoint, merged.view(), count, to);
                return new EntryPrinter.Printed(count, false);
            }
        }
        try (StateCursor cursor = merged.cursor(selection.range())) {
            if (!output.json()) {
                noteOpaque(merged, to);
                return printer.printTables(cursor, selection.filter(), selection.limit(), tick, to);
            }
            EntryPrinter.Printed[] printed = new EntryPrinter.Printed[1];
            Json.print(
                    to,
                    schema(),
                    json -> {
                        writeHead(checkpoint, merged, json);
                        printed[0] =
                                printer.writeJson(
                                        cursor, selection.filter(), selection.limit(), tick, json);
                    });
            return printed[0];
        }
    }

    private static void writeHead(Checkpoint checkpoint, MergedState merged, JsonGenerator json)
            throws IOException {
        StateView view = merged.view();
        json.writeStringField("location", checkpoint.location());
        json.writeStringField("operator", view.operator().label());
        json.writeStringField("operator_uid_hash", view.operator().uidHash());
        json.writeStringField("state", view.name());
        json.writeStringField("tree", view.treeName());
        EntryColumns columns = merged.columns();
        json.writeStringField("columns", columns == null ? null : columns.toString());
    }

    private void printCount(Checkpoint checkpoint, StateView view, long count, Console to)
            throws IOException {
        if (!output.json()) {
            to.line(Long.toString(count));
            return;
        }
        Json.print(
                to,
                schema(),
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeStringField("operator", view.operator().label());
                    json.writeStringField("state", view.name());
                    json.writeNumberField("count", count);
                });
    }

    /** Why something is shown as bytes. */
    private void noteOpaque(MergedState merged, Console to) {
        EntryColumns columns = merged.columns();
        if (output.quiet()) {
            return;
        }
        if (merged.view().isEmpty()) {
            to.note(
                    "flink-lsm: [tree "
                            + SafeText.forTerminal(merged.view().treeName())
                            + "] has no entries in this checkpoint.");
        } else if (columns == null) {
            to.note(
                    "flink-lsm: the SSTables say no types, so that keys and values are shown as"
                            + " bytes.");
        } else if (columns.toString().contains("opaque[")) {
            to.note(
                    "flink-lsm: shown as bytes: "
                            + SafeText.forTerminal(TypeNames.of(columns))
                            + ".");
        }
    }

    /** Tells the progress, not for every entry. */
    private static final class Tick implements Runnable {
        private static final int EVERY = 4096;

        private final MergedState merged;
        private final Progress progress;
        private int calls;

        Tick(MergedState merged, Progress progress) {
            this.merged = merged;
            this.progress = progress;
        }

        @Override
        public void run() {
            if (++calls % EVERY == 0) {
                progress.update(merged.bytesRead());
            }
        }
    }

    /** The bytes that hexadecimal digits of an option say. */
    static OwnedSlice parseHex(String option, String text) {
        try {
            String digits = text.toLowerCase(Locale.ROOT);
            return OwnedSlice.wrap(
                    HexFormat.of()
                            .parseHex(digits.startsWith("0x") ? digits.substring(2) : digits));
        } catch (IllegalArgumentException e) {
            throw InspectException.usage(
                    option
                            + " takes hexadecimal digits, two for each byte: given="
                            + text
                            + "; \"flink-lsm files --json\" shows keys in this form.");
        }
    }
}
