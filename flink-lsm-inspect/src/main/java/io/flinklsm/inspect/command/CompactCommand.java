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

import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.compact.Compaction;
import io.flinklsm.inspect.compact.Compaction.CompactedState;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm compact}: a checkpoint with all levels merged, in a directory of its own. */
@Command(
        name = "compact",
        description = {
            "Merges all levels of a checkpoint or native savepoint into a complete new native"
                    + " savepoint, which Flink restores: one Parquet file a state and subtask,"
                    + " without what was deleted or overwritten. The source stays as it is.",
            "What fails or is stopped leaves nothing; what is killed can be begun again."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm compact /checkpoints/3f2a/chk-42 --into /archive/3f2a-42",
            "  flink-lsm compact --max-file-size 512MiB --into s3://bucket/archive/42"
                    + " /savepoints/sp-1"
        })
public final class CompactCommand extends InspectCommand {

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,6})(KiB|MiB|GiB)");

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint or native savepoint; it is only read.")
    String location = "";

    @Option(
            names = "--into",
            required = true,
            paramLabel = "DIR",
            description = "Where to: a directory that is new or empty, of any file system.")
    String into = "";

    @Option(
            names = "--max-file-size",
            paramLabel = "SIZE",
            description =
                    "A state of a subtask that would be larger has several files; 8GiB if not"
                            + " given. So has one of more than some ten million entries.")
    @Nullable String maxFileSize;

    public CompactCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        long maxFileBytes = maxFileBytes();
        Checkpoint source = Checkpoint.open(location);
        Compaction.Result result;
        try (Progress progress =
                new Progress(
                        to, "compact", source.sstableBytes(), output.quiet(), output.progress())) {
            result = Compaction.run(source, into, maxFileBytes, to.nowMillis(), progress::update);
        }
        if (output.json()) {
            printJson(source, result, to);
        } else {
            printTable(result, to);
        }
        if (!output.quiet()) {
            to.note(
                    "flink-lsm: wrote "
                            + SafeText.forTerminal(result.location())
                            + ", "
                            + Units.count(result.files())
                            + " files, "
                            + Units.bytes(result.bytes())
                            + ".");
        }
        return InspectException.OK;
    }

    private long maxFileBytes() {
        if (maxFileSize == null) {
            return Compaction.DEFAULT_FILE_BYTES;
        }
        Matcher matcher = SIZE.matcher(maxFileSize);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw InspectException.usage(
                    "--max-file-size takes a number above 0 and KiB, MiB or GiB, like 512MiB:"
                            + " given="
                            + maxFileSize
                            + ".");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "KiB" -> number << 10;
            case "MiB" -> number << 20;
            default -> number << 30;
        };
    }

    private static void printTable(Compaction.Result result, Console to) {
        Table table =
                new Table()
                        .name("operator")
                        .name("state")
                        .right("SSTables")
                        .right("now")
                        .right("entries")
                        .right("now")
                        .right("size")
                        .right("now");
        for (CompactedState state : result.states()) {
            table.row(
                    state.before().operator().label(),
                    state.before().name(),
                    Units.count(state.before().sstables().size()),
                    Units.count(state.after().size()),
                    Units.count(state.before().entryCount()),
                    Units.count(state.entriesAfter()),
                    Units.bytes(state.before().sizeBytes()),
                    Units.bytes(state.bytesAfter()));
        }
        table.print(to);
    }

    private static void printJson(Checkpoint source, Compaction.Result result, Console to)
            throws IOException {
        Json.print(
                to,
                "compact/1",
                json -> {
                    json.writeStringField("location", source.location());
                    json.writeStringField("into", result.location());
                    json.writeNumberField("id", source.id());
                    json.writeNumberField("files", result.files());
                    json.writeNumberField("copied_files", result.copiedFiles());
                    json.writeNumberField("bytes", result.bytes());
                    json.writeArrayFieldStart("states");
                    for (CompactedState state : result.states()) {
                        json.writeStartObject();
                        json.writeStringField("operator", state.before().operator().label());
                        json.writeStringField(
                                "operator_uid_hash", state.before().operator().uidHash());
                        json.writeStringField("state", state.before().name());
                        json.writeStringField("tree", state.before().treeName());
                        json.writeNumberField("sstables_before", state.before().sstables().size());
                        json.writeNumberField("sstables", state.after().size());
                        json.writeNumberField("entries_before", state.before().entryCount());
                        json.writeNumberField("entries", state.entriesAfter());
                        json.writeNumberField("before_bytes", state.before().sizeBytes());
                        json.writeNumberField("bytes", state.bytesAfter());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
