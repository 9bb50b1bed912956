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

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm show}: operators and states, from manifests and one footer a state. */
@Command(
        name = "show",
        description =
                "Shows what a checkpoint holds: operators, states, types, entries, bytes, levels.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm show /checkpoints/3f2a/chk-42",
            "  flink-lsm show --json hdfs://namenode/savepoints/savepoint-3f2a"
        })
public final class ShowCommand extends InspectCommand {

    @Parameters(
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    public ShowCommand(Console console) {
        super(console);
    }

    /** A state with what its newest footer says. */
    private record Line(StateView state, @Nullable EntryColumns columns) {

        String kind() {
            if (columns != null) {
                return columns.kind() == StateKind.QUEUE
                        ? "timers"
                        : columns.kind().name().toLowerCase(Locale.ROOT);
            }
            return state.isQueue() ? "timers" : "keyed";
        }

        boolean hasTimeToLive() {
            return columns != null && columns.hasTimeToLive();
        }

        Map<Integer, Level> levels() {
            Map<Integer, Level> levels = new TreeMap<>();
            for (SstableMeta meta : state.sstables()) {
                levels.merge(
                        meta.level(),
                        new Level(1, meta.entryCount(), meta.sizeBytes()),
                        Level::plus);
            }
            return levels;
        }
    }

    private record Level(int sstables, long entries, long bytes) {
        Level plus(Level other) {
            return new Level(
                    sstables + other.sstables, entries + other.entries, bytes + other.bytes);
        }
    }

    @Override
    protected int run(Console to) throws IOException {
        Checkpoint checkpoint = Checkpoint.openAny(location);
        List<Line> lines = new ArrayList<>();
        for (StateView state : checkpoint.states()) {
            lines.add(new Line(state, MergedState.columns(state)));
        }
        if (output.json()) {
            printJson(checkpoint, lines, to);
        } else {
            printTables(checkpoint, lines, to);
        }
        return InspectException.OK;
    }

    private static void printTables(Checkpoint checkpoint, List<Line> lines, Console to) {
        to.line(
                SafeText.forTerminal(checkpoint.location())
                        + ": "
                        + checkpoint.kind().label()
                        + (checkpoint.id() < 0 ? "" : " " + checkpoint.id())
                        + ", "
                        + Units.time(checkpoint.createdMillis())
                        + " ("
                        + Units.age(checkpoint.createdMillis(), to.nowMillis())
                        + "), "
                        + (checkpoint.states().stream().anyMatch(StateView::isRows)
                                ? Units.bytes(checkpoint.totalBytes()) + formats(checkpoint)
                                : Units.bytes(checkpoint.sstableBytes()) + " in SSTables"));
        to.line("");
        operators(checkpoint).print(to);
        to.line("");
        states(lines).print(to);
        Table others = others(checkpoint);
        if (!others.isEmpty()) {
            to.line("");
            others.print(to);
        }
    }

    private static Table operators(Checkpoint checkpoint) {
        Table table =
                new Table()
                        .name("operator")
                        .name("uid")
                        .name("uid hash")
                        .right("parallelism")
                        .right("max")
                        .right("subtasks")
                        .right("size");
        for (Operator operator : checkpoint.operators()) {
            table.row(
                    operator.id().name() == null ? "-" : operator.id().name(),
                    operator.id().uid() == null ? "-" : operator.id().uid(),
                    operator.uidHash().isEmpty() ? "-" : operator.uidHash(),
                    operator.parallelism(),
                    Units.count(operator.maxParallelism()),
                    operator.subtaskStates(),
                    Units.bytes(operator.totalBytes()));
        }
        return table;
    }

    private static Table states(List<Line> lines) {
        Table table =
                new Table()
                        .name("operator")
                        .name("state")
                        .left("kind")
                        .left("types")
                        .left("ttl")
                        .right("subtasks")
                        .right("entries")
                        .right("tombstones")
                        .right("size")
                        .left("levels");
        for (Line line : lines) {
            StateView state = line.state();
            List<String> levels = new ArrayList<>();
            line.levels()
                    .forEach((number, level) -> levels.add("L" + number + ":" + level.sstables()));
            table.row(
                    state.operator().label(),
                    state.name(),
                    line.kind(),
                    state.entryCount() == 0 && !state.isRows() ? "-" : TypeNames.of(line.columns()),
                    line.hasTimeToLive() ? "yes" : "no",
                    state.parts().size(),
                    state.isRows() ? "-" : Units.count(state.entryCount()),
                    state.isRows() ? "-" : Units.count(state.tombstoneCount()),
                    state.isRows() ? "-" : Units.bytes(state.sizeBytes()),
                    state.isRows() ? "-" : String.join(" ", levels));
        }
        return table;
    }

    private static String formats(Checkpoint checkpoint) {
        return checkpoint.states().stream().anyMatch(state -> state.format().equals("hashmap"))
                ? " in the HashMap backend's format"
                : " in canonical format";
    }

    private static Table others(Checkpoint checkpoint) {
        Table table = new Table().name("operator").name("other state").left("kind").right("size");
        for (Operator operator : checkpoint.operators()) {
            otherStates(operator)
                    .forEach(
                            (other, bytes) ->
                                    table.row(
                                            operator.label(),
                                            other.name().isEmpty() ? "-" : other.name(),
                                            other.kind(),
                                            Units.bytes(bytes)));
            if (operator.others().coordinatorBytes() > 0) {
                table.row(
                        operator.label(),
                        "-",
                        "coordinator",
                        Units.bytes(operator.others().coordinatorBytes()));
            }
        }
        return table;
    }

    /** Summed over the subtasks. */
    private static Map<Operator.OtherState, Long> otherStates(Operator operator) {
        Map<Operator.OtherState, Long> sums = new LinkedHashMap<>();
        for (Operator.OtherState other : operator.others().states()) {
            sums.merge(
                    new Operator.OtherState(other.name(), other.kind(), other.isKeyed(), 0),
                    other.bytes(),
                    Long::sum);
        }
        return sums;
    }

    private static void printJson(Checkpoint checkpoint, List<Line> lines, Console to)
            throws IOException {
        Json.print(
                to,
                "show/1",
                json -> {
                    json.writeStringField("location", checkpoint.location());
                    json.writeStringField("type", checkpoint.kind().label());
                    json.writeNumberField("checkpoint-id", checkpoint.id());
                    json.writeNumberField("created", checkpoint.createdMillis());
                    json.writeNumberField("bytes", checkpoint.totalBytes());
                    json.writeNumberField("new_bytes", checkpoint.newBytes());
                    json.writeArrayFieldStart("operators");
                    for (Operator operator : checkpoint.operators()) {
                        json.writeStartObject();
                        // The names of Flink's savepoint_metadata(), so that scripts carry over.
                        json.writeStringField("operator-name", operator.id().name());
                        json.writeStringField("operator-uid", operator.id().uid());
                        json.writeStringField("operator-uid-hash", operator.uidHash());
                        json.writeNumberField("operator-parallelism", operator.parallelism());
                        json.writeNumberField(
                                "operator-max-parallelism", operator.maxParallelism());
                        json.writeNumberField(
                                "operator-subtask-state-count", operator.subtaskStates());
                        json.writeNumberField(
                                "operator-coordinator-state-size-in-bytes",
                                operator.others().coordinatorBytes());
                        json.writeNumberField(
                                "operator-total-size-in-bytes", operator.totalBytes());
                        json.writeArrayFieldStart("other_states");
                        for (var other : otherStates(operator).entrySet()) {
                            json.writeStartObject();
                            json.writeStringField("name", other.getKey().name());
                            json.writeStringField("kind", other.getKey().kind());
                            json.writeNumberField("bytes", other.getValue());
                            json.writeEndObject();
                        }
                        json.writeEndArray();
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("states");
                    for (Line line : lines) {
                        StateView state = line.state();
                        json.writeStartObject();
                        json.writeStringField("operator", state.operator().label());
                        json.writeStringField("operator-uid-hash", state.operator().uidHash());
                        json.writeStringField("state", state.name());
                        json.writeStringField("tree", state.treeName());
                        json.writeStringField("kind", line.kind());
                        json.writeStringField(
                                "columns",
                                line.columns() == null ? null : line.columns().toString());
                        json.writeBooleanField("ttl", line.hasTimeToLive());
                        json.writeNumberField("subtasks", state.parts().size());
                        json.writeStringField("format", state.format());
                        if (!state.isRows()) {
                            json.writeNumberField("entries", state.entryCount());
                            json.writeNumberField("tombstones", state.tombstoneCount());
                            json.writeNumberField("merges", state.mergeCount());
                            json.writeNumberField("bytes", state.sizeBytes());
                        }
                        json.writeArrayFieldStart("levels");
                        for (Map.Entry<Integer, Level> level : line.levels().entrySet()) {
                            json.writeStartObject();
                            json.writeNumberField("level", level.getKey());
                            json.writeNumberField("sstables", level.getValue().sstables());
                            json.writeNumberField("entries", level.getValue().entries());
                            json.writeNumberField("bytes", level.getValue().bytes());
                            json.writeEndObject();
                        }
                        json.writeEndArray();
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
