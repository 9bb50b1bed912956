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
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.CheckpointListing;
import io.flinklsm.inspect.source.InspectException;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm ls}: the checkpoints below a directory. */
@Command(
        name = "ls",
        description = "Lists the checkpoints and savepoints below a directory, oldest first.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm ls /checkpoints/3f2a",
            "  flink-lsm ls --json hdfs://namenode/flink/checkpoints"
        })
public final class LsCommand extends InspectCommand {

    private static final int MAX_NOTES = 5;

    @Parameters(
            paramLabel = "PATH",
            description = "A job's checkpoint directory, or one with those of several jobs.")
    String location = "";

    public LsCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        CheckpointListing listing = CheckpointListing.of(location);
        if (output.json()) {
            printJson(listing, to);
        } else {
            printTable(listing, to);
        }
        if (!output.quiet()) {
            List<CheckpointListing.Skipped> skipped = listing.skipped();
            for (CheckpointListing.Skipped one :
                    skipped.subList(0, Math.min(skipped.size(), MAX_NOTES))) {
                to.note("flink-lsm: skipped " + SafeText.forTerminal(one.reason()));
            }
            if (skipped.size() > MAX_NOTES) {
                to.note(
                        "flink-lsm: and "
                                + (skipped.size() - MAX_NOTES)
                                + " more; --json has all.");
            }
        }
        return InspectException.OK;
    }

    private static void printTable(CheckpointListing listing, Console to) {
        Table table =
                new Table()
                        .name("checkpoint")
                        .right("id")
                        .left("type")
                        .left("created")
                        .left("age")
                        .right("size")
                        .right("new")
                        .left("states");
        for (CheckpointListing.Found found : listing.found()) {
            Checkpoint checkpoint = found.checkpoint();
            table.row(
                    found.name(),
                    checkpoint.id(),
                    checkpoint.kind().label(),
                    Units.time(checkpoint.createdMillis()),
                    Units.age(checkpoint.createdMillis(), to.nowMillis()),
                    Units.bytes(checkpoint.totalBytes()),
                    Units.bytes(checkpoint.newBytes()),
                    String.join(", ", stateNames(checkpoint)));
        }
        table.print(to);
    }

    private static List<String> stateNames(Checkpoint checkpoint) {
        var names = new TreeSet<String>();
        checkpoint.states().forEach(state -> names.add(state.name()));
        return List.copyOf(names);
    }

    private static void printJson(CheckpointListing listing, Console to) throws IOException {
        Json.print(
                to,
                "ls/1",
                json -> {
                    json.writeStringField("location", listing.location());
                    json.writeArrayFieldStart("checkpoints");
                    for (CheckpointListing.Found found : listing.found()) {
                        Checkpoint checkpoint = found.checkpoint();
                        json.writeStartObject();
                        json.writeStringField("name", found.name());
                        json.writeStringField("location", checkpoint.location());
                        json.writeNumberField("id", checkpoint.id());
                        json.writeStringField("type", checkpoint.kind().label());
                        json.writeNumberField("created", checkpoint.createdMillis());
                        json.writeNumberField("bytes", checkpoint.totalBytes());
                        json.writeNumberField("new_bytes", checkpoint.newBytes());
                        json.writeArrayFieldStart("states");
                        for (String name : stateNames(checkpoint)) {
                            json.writeString(name);
                        }
                        json.writeEndArray();
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("skipped");
                    for (CheckpointListing.Skipped skipped : listing.skipped()) {
                        json.writeStartObject();
                        json.writeStringField("name", skipped.name());
                        json.writeStringField("reason", skipped.reason());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
