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
import io.flinklsm.inspect.cli.HealthOptions;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.health.HealthCheck;
import io.flinklsm.inspect.health.HealthCheck.StateHealth;
import io.flinklsm.inspect.health.HealthFinding;
import io.flinklsm.inspect.health.TimerTimes;
import io.flinklsm.inspect.health.TtlAges;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Sharing;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm health}: what is not well, and what to do. */
@Command(
        name = "health",
        description = {
            "Tells what is not well with a checkpoint, and what to do about it: keys, key groups"
                    + " and subtasks that are much larger than others, expired entries, timers that"
                    + " never fire, tombstones and overwritten entries, levels that wait for a"
                    + " compaction, remains of a rescale, and fields that make a state bytes.",
            "Ends with exit code 1 if there is a finding. States with a time to live, and timers,"
                    + " are read; of all others the sketches of their files are enough."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm health /checkpoints/3f2a/chk-42",
            "  flink-lsm health --ttl 7d --at 2026-11-23T01:00:00Z /checkpoints/3f2a/chk-42"
        })
public final class HealthCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Mixin StateOptions selection = new StateOptions();

    @Mixin HealthOptions judged = new HealthOptions();

    public HealthCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(location);
        HealthCheck.Request request = judged.request(checkpoint, to.nowMillis());
        List<StateView> states = selection.of(checkpoint);
        List<Sharing> sharing = Sharing.of(checkpoint);
        long bytes = states.stream().mapToLong(StateView::sizeBytes).sum();
        HealthCheck check;
        try (Progress progress =
                new Progress(to, "health", bytes, output.quiet(), output.progress())) {
            long before = StateView.bytesRead(states);
            Runnable tell = () -> progress.update(StateView.bytesRead(states) - before);
            check = HealthCheck.of(states, request, tell);
        }
        if (output.json()) {
            printJson(checkpoint, request, check, sharing, to);
        } else {
            printText(check, sharing, to);
            noteUnknownTtl(check, to);
        }
        return check.findings().isEmpty() ? InspectException.OK : InspectException.FINDING;
    }

    private static void printText(HealthCheck check, List<Sharing> sharing, Console to) {
        int number = 0;
        for (HealthFinding finding : check.findings()) {
            StateView view = finding.view();
            to.line(
                    to.alarm(++number + ".")
                            + " "
                            + SafeText.forTerminal(
                                    view.operator().label()
                                            + " / "
                                            + view.name()
                                            + ": "
                                            + finding.text()
                                            + "."));
            to.line("   What to do: " + SafeText.forTerminal(finding.advice()) + ".");
        }
        to.line(
                check.findings().isEmpty()
                        ? "no findings"
                        : check.findings().size()
                                + (check.findings().size() == 1 ? " finding" : " findings"));
        to.line("");
        states(check).print(to);
        if (!sharing.isEmpty()) {
            to.line("");
            Table table = new Table().name("shares with").right("SSTables").right("size");
            for (Sharing one : sharing) {
                table.row(one.name(), Units.count(one.files()), Units.bytes(one.bytes()));
            }
            table.print(to);
        }
    }

    private static Table states(HealthCheck check) {
        Table table =
                new Table()
                        .name("operator")
                        .name("state")
                        .right("size")
                        .right("largest group")
                        .right("largest subtask")
                        .right("tombstones")
                        .right("overwritten")
                        .right("L0 runs")
                        .right("clipped")
                        .right("expired")
                        .right("last access");
        for (StateHealth one : check.states()) {
            StateView view = one.profile().view();
            TtlAges ttl = one.ttl();
            table.row(
                    view.operator().label(),
                    view.name(),
                    Units.bytes(view.sizeBytes()),
                    times(one.skew().keyGroupTimes()),
                    times(one.skew().subtaskTimes()),
                    percent(one.tombstoneShare()),
                    (one.overwrittenShare() > 0 && !one.profile().keys().sample().isComplete()
                                    ? "~"
                                    : "")
                            + percent(one.overwrittenShare()),
                    one.level0Runs(),
                    Units.bytes(one.clippedBytes()),
                    ttl == null ? "-" : Units.bytes(ttl.expiredBytes()),
                    ttl == null ? "-" : Units.time(ttl.newestMillis()));
        }
        return table;
    }

    private static String times(double times) {
        return times < 0 ? "-" : String.format(Locale.ROOT, "%.1fx", times);
    }

    private static String percent(double share) {
        return share < 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", share * 100);
    }

    private void noteUnknownTtl(HealthCheck check, Console to) {
        for (StateHealth one : check.states()) {
            TtlAges ttl = one.ttl();
            if (!output.quiet() && ttl != null && ttl.expiredEntries() < 0) {
                to.note(
                        "flink-lsm: a checkpoint does not say how long entries live; give --ttl"
                                + " DURATION to learn what is expired.");
                return;
            }
        }
    }

    private static void printJson(
            Checkpoint checkpoint,
            HealthCheck.Request request,
            HealthCheck check,
            List<Sharing> sharing,
            Console to)
            throws IOException {
        Json.print(
                to,
                "health/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeNumberField("at", request.atMillis());
                    json.writeArrayFieldStart("findings");
                    for (HealthFinding finding : check.findings()) {
                        json.writeStartObject();
                        json.writeStringField(
                                "code", finding.code().name().toLowerCase(Locale.ROOT));
                        TopCommand.writeState(finding.view(), json);
                        json.writeStringField("text", finding.text());
                        json.writeStringField("advice", finding.advice());
                        json.writeNumberField("value", finding.value());
                        json.writeNumberField("threshold", finding.threshold());
                        json.writeNumberField("bytes", finding.bytes());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("states");
                    for (StateHealth one : check.states()) {
                        write(one, json);
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("shares_with");
                    for (Sharing one : sharing) {
                        json.writeStartObject();
                        json.writeStringField("checkpoint", one.name());
                        json.writeNumberField("files", one.files());
                        json.writeNumberField("bytes", one.bytes());
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }

    private static void write(StateHealth one, JsonGenerator json) throws IOException {
        json.writeStartObject();
        TopCommand.writeState(one.profile().view(), json);
        json.writeNumberField("file_bytes", one.profile().view().sizeBytes());
        json.writeNumberField("key_group_times", one.skew().keyGroupTimes());
        json.writeNumberField("subtask_times", one.skew().subtaskTimes());
        json.writeNumberField("tombstone_share", one.tombstoneShare());
        json.writeNumberField("overwritten_share", one.overwrittenShare());
        json.writeNumberField("level0_runs", one.level0Runs());
        json.writeNumberField("clipped_bytes", one.clippedBytes());
        TtlAges ttl = one.ttl();
        if (ttl != null) {
            json.writeObjectFieldStart("ttl");
            json.writeNumberField("entries", ttl.entries());
            json.writeNumberField("entry_bytes", ttl.bytes());
            json.writeNumberField("expired_entries", ttl.expiredEntries());
            json.writeNumberField("expired_bytes", ttl.expiredBytes());
            json.writeNumberField("oldest", ttl.oldestMillis());
            json.writeNumberField("newest", ttl.newestMillis());
            json.writeEndObject();
        }
        TimerTimes timers = one.timers();
        if (timers != null) {
            json.writeObjectFieldStart("timers");
            json.writeNumberField("count", timers.timers());
            json.writeNumberField("distant", timers.distant());
            json.writeNumberField("never", timers.never());
            json.writeNumberField("overdue", timers.overdue());
            json.writeNumberField("first", timers.firstMillis());
            json.writeNumberField("last", timers.lastMillis());
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
