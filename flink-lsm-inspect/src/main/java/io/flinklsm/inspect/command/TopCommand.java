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
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.profile.LiveProfile.Measure;
import io.flinklsm.inspect.profile.LiveProfile.Subject;
import io.flinklsm.inspect.profile.TopEntry;
import io.flinklsm.inspect.profile.TopList;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm top}: what takes the most. */
@Command(
        name = "top",
        description = {
            "Shows the largest keys, key groups, namespaces or map keys of a checkpoint.",
            "Without --exact it asks the sketches that SSTables have in their footers and reads"
                    + " only small files whole: figures are of what is stored, overwritten and"
                    + " deleted entries included, and those of the keys shown are of what is live,"
                    + " too, unless they are very large. With --exact it reads the state once and"
                    + " tells what is live. Sizes are those of keys and values before compression."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm top /checkpoints/3f2a/chk-42",
            "  flink-lsm top --exact --of map-keys --by entries -n 20 /checkpoints/3f2a/chk-42"
        })
public final class TopCommand extends InspectCommand {

    private static final int LIMIT_MAX = 1000;
    private static final int NAMES_SHOWN = 3;

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Mixin StateOptions selection = new StateOptions();

    @Option(
            names = "--of",
            paramLabel = "WHAT",
            defaultValue = "keys",
            description =
                    "keys, key-groups, namespaces or map-keys; the last two need --exact."
                            + " Default: ${DEFAULT-VALUE}.")
    String of = "keys";

    @Option(
            names = "--by",
            paramLabel = "MEASURE",
            defaultValue = "bytes",
            description = "bytes or entries. Default: ${DEFAULT-VALUE}.")
    String by = "bytes";

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            defaultValue = "10",
            description = "At most so many. Default: ${DEFAULT-VALUE}.")
    int limit;

    @Option(names = "--exact", description = "Read all of the state, and count what is live.")
    boolean exact;

    public TopCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        Subject subject = choice("--of", Subject.class, of);
        Measure measure = choice("--by", Measure.class, by);
        if (limit < 1 || limit > LIMIT_MAX) {
            throw InspectException.usage(
                    "--limit takes a number from 1 to " + LIMIT_MAX + ": given=" + limit + ".");
        }
        if (!exact && subject != Subject.KEYS && subject != Subject.KEY_GROUPS) {
            throw InspectException.usage(
                    "--of "
                            + of
                            + " is counted by reading the state; give --exact, too. Sketches know"
                            + " keys and key groups.");
        }
        Checkpoint checkpoint = Checkpoint.openAny(location);
        List<StateView> states = selection.of(checkpoint);
        long bytes = states.stream().mapToLong(StateView::sizeBytes).sum();
        TopList top;
        try (Progress progress =
                new Progress(to, "top", bytes, output.quiet(), output.progress())) {
            TopList.Request request = new TopList.Request(subject, measure, limit, exact);
            long before = StateView.bytesRead(states);
            Runnable tell = () -> progress.update(StateView.bytesRead(states) - before);
            top = TopList.of(states, request, tell);
        }
        if (output.json()) {
            printJson(checkpoint, top, to);
        } else {
            printTables(top, to);
            if (!output.quiet()) {
                notes(top).forEach(note -> to.note("flink-lsm: " + note));
            }
        }
        return InspectException.OK;
    }

    static <E extends Enum<E>> E choice(String option, Class<E> type, String given) {
        for (E one : type.getEnumConstants()) {
            if (word(one).equals(given)) {
                return one;
            }
        }
        throw InspectException.usage(
                option
                        + " takes one of "
                        + String.join(
                                ", ",
                                Arrays.stream(type.getEnumConstants())
                                        .map(TopCommand::word)
                                        .toList())
                        + ": given="
                        + given
                        + ".");
    }

    private static String word(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void printTables(TopList top, Console to) {
        Table states =
                new Table()
                        .name("operator")
                        .name("state")
                        .right(of.replace('-', ' '))
                        .right(exact ? "live entries" : "stored entries")
                        .right(exact ? "live data" : "stored data");
        for (TopList.State one : top.states()) {
            states.row(
                    one.view().operator().label(),
                    one.view().name(),
                    count(one),
                    Units.count(one.entries()),
                    Units.bytes(one.bytes()));
        }
        states.print(to);
        if (top.top().isEmpty()) {
            return;
        }
        to.line("");
        boolean isKeys = top.request().subject() == Subject.KEYS;
        Table table = new Table().name("operator").name("state");
        if (isKeys) {
            table.right("key group").name("key");
        } else {
            table.name(of.substring(0, of.length() - 1).replace('-', ' '));
        }
        table.right("stored entries").right("tombstones").right("stored data");
        table.right("live entries").right("live data");
        for (TopEntry one : top.top()) {
            List<Object> row = new ArrayList<>();
            row.add(one.view().operator().label());
            row.add(one.view().name());
            if (isKeys) {
                row.add(one.keyGroup() < 0 ? "-" : one.keyGroup());
            }
            row.add(one.name());
            String least = one.stored().isLeast() ? "≥ " : "";
            row.add(one.stored().entries() < 0 ? "-" : least + Units.count(one.stored().entries()));
            row.add(Units.count(one.stored().tombstones()));
            row.add(one.stored().bytes() < 0 ? "-" : least + Units.bytes(one.stored().bytes()));
            row.add(Units.count(one.liveEntries()));
            row.add(Units.bytes(one.liveBytes()));
            table.row(row.toArray());
        }
        table.print(to);
    }

    private static String count(TopList.State one) {
        if (one.count() < 0) {
            return "-";
        }
        return one.countError() == 0
                ? Units.count(one.count())
                : String.format(
                        Locale.ROOT, "~%,d (± %.0f %%)", one.count(), one.countError() * 100);
    }

    /** Where the figures come from, and what they may lack. */
    private List<String> notes(TopList top) {
        List<String> notes = new ArrayList<>();
        if (!exact) {
            notes.add(
                    "from the sketches of "
                            + Units.count(top.sketchedFiles())
                            + " SSTables; "
                            + Units.count(top.readFiles())
                            + " without one were read, "
                            + Units.bytes(top.readBytes())
                            + ".");
        }
        if (top.missedBy() > 0) {
            String figure =
                    by.equals("bytes")
                            ? Units.bytes(top.missedBy())
                            : Units.count(top.missedBy()) + " entries";
            notes.add("what is not shown has at most " + figure + " each.");
        }
        Map<String, List<String>> omitted = new LinkedHashMap<>();
        for (TopList.Omitted one : top.omitted()) {
            omitted.computeIfAbsent(one.reason(), reason -> new ArrayList<>())
                    .add(one.view().name());
        }
        omitted.forEach(
                (reason, names) ->
                        notes.add(
                                reason
                                        + ": "
                                        + (names.size() > NAMES_SHOWN
                                                ? names.size() + " states"
                                                : SafeText.forTerminal(String.join(", ", names)))
                                        + "."));
        return notes;
    }

    private void printJson(Checkpoint checkpoint, TopList top, Console to) throws IOException {
        Json.print(
                to,
                "top/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeStringField("of", of);
                    json.writeStringField("by", by);
                    json.writeBooleanField("exact", exact);
                    json.writeNumberField("sketched_files", top.sketchedFiles());
                    json.writeNumberField("read_files", top.readFiles());
                    json.writeNumberField("read_bytes", top.readBytes());
                    json.writeNumberField("others_at_most", top.missedBy());
                    json.writeArrayFieldStart("states");
                    for (TopList.State one : top.states()) {
                        json.writeStartObject();
                        writeState(one.view(), json);
                        json.writeNumberField("count", one.count());
                        json.writeNumberField("count_relative_error", one.countError());
                        json.writeNumberField(exact ? "live_entries" : "entries", one.entries());
                        json.writeNumberField(exact ? "live_bytes" : "bytes", one.bytes());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("top");
                    for (TopEntry one : top.top()) {
                        write(one, json);
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("omitted");
                    for (TopList.Omitted one : top.omitted()) {
                        json.writeStartObject();
                        writeState(one.view(), json);
                        json.writeStringField("reason", one.reason());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }

    static void writeState(StateView view, JsonGenerator json) throws IOException {
        json.writeStringField("operator", view.operator().label());
        json.writeStringField("operator_uid_hash", view.operator().uidHash());
        json.writeStringField("state", view.name());
        json.writeStringField("tree", view.treeName());
    }

    private static void write(TopEntry one, JsonGenerator json) throws IOException {
        json.writeStartObject();
        writeState(one.view(), json);
        if (one.keyGroup() >= 0) {
            json.writeNumberField("key_group", one.keyGroup());
        }
        json.writeStringField("name", one.name());
        if (one.key().length() > 0) {
            json.writeStringField("key_hex", KeyGroups.hex(one.key()));
        }
        json.writeBooleanField("at_least", one.stored().isLeast());
        writeIfKnown("stored_entries", one.stored().entries(), json);
        writeIfKnown("tombstones", one.stored().tombstones(), json);
        writeIfKnown("stored_bytes", one.stored().bytes(), json);
        writeIfKnown("live_entries", one.liveEntries(), json);
        writeIfKnown("live_bytes", one.liveBytes(), json);
        json.writeEndObject();
    }

    private static void writeIfKnown(String name, long value, JsonGenerator json)
            throws IOException {
        if (value >= 0) {
            json.writeNumberField(name, value);
        }
    }
}
