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
import io.flinklsm.inspect.cli.StateOptions;
import io.flinklsm.inspect.diff.Cause;
import io.flinklsm.inspect.diff.StateDiff;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.print.Table;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm diff}: what has changed from one checkpoint to another. */
@Command(
        name = "diff",
        description = {
            "Shows what has changed from one checkpoint to another: entries that were added,"
                    + " removed and changed, and how much live data and files have grown.",
            "Of files that both checkpoints have, no more is read than the blocks with keys of the"
                    + " other files. Live data are keys and values before compression."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm diff /checkpoints/3f2a/chk-42 /checkpoints/3f2a/chk-43",
            "  flink-lsm diff --explain --state visits /savepoints/monday /checkpoints/3f2a/chk-43"
        })
public final class DiffCommand extends InspectCommand {

    private static final int KEYS_MAX = 1000;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "Checkpoint, savepoint or store.")
    String before = "";

    @Parameters(index = "1", paramLabel = "AFTER", description = "The one to compare it with.")
    String after = "";

    @Mixin StateOptions selection = new StateOptions();

    @Option(
            names = "--explain",
            description = "Also say in words why states are larger or smaller than before.")
    boolean explain;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "With --explain and --json: so many of the keys that have grown most in a"
                            + " state. Default: ${DEFAULT-VALUE}.")
    int keys = 5;

    @Option(names = "--exit-code", description = "End with exit code 1 if there is a difference.")
    boolean exitCode;

    public DiffCommand(Console console) {
        super(console);
    }

    /** A state in both checkpoints, or in one of them. */
    private record Pair(@Nullable StateView before, @Nullable StateView after) {}

    @Override
    protected int run(Console to) throws IOException {
        if (keys < 0 || keys > KEYS_MAX) {
            throw InspectException.usage(
                    "--keys takes a number from 0 to " + KEYS_MAX + ": given=" + keys + ".");
        }
        Checkpoint first = Checkpoint.open(before);
        Checkpoint second = Checkpoint.open(after);
        List<Pair> pairs = pairs(first, second);
        List<StateView> states = new ArrayList<>();
        for (Pair pair : pairs) {
            if (pair.before() != null) {
                states.add(pair.before());
            }
            if (pair.after() != null) {
                states.add(pair.after());
            }
        }
        long bytes = states.stream().mapToLong(StateView::sizeBytes).sum();
        List<StateDiff> diffs = new ArrayList<>();
        long read;
        try (Progress progress =
                new Progress(to, "diff", bytes, output.quiet(), output.progress())) {
            long start = StateView.bytesRead(states);
            Runnable tell = () -> progress.update(StateView.bytesRead(states) - start);
            for (Pair pair : pairs) {
                // Two keys at least, to know whether one stands out.
                int wanted = Math.max(2, keys);
                diffs.add(StateDiff.of(pair.before(), pair.after(), wanted, tell));
            }
            read = StateView.bytesRead(states) - start;
        }
        if (output.json()) {
            printJson(first, second, diffs, read, to);
        } else {
            printText(diffs, to);
            if (!output.quiet()) {
                to.note(
                        "flink-lsm: read "
                                + Units.bytes(read)
                                + " of "
                                + Units.bytes(bytes)
                                + " in both.");
            }
        }
        boolean isSame = diffs.stream().allMatch(StateDiff::isSame);
        return exitCode && !isSame ? InspectException.FINDING : InspectException.OK;
    }

    private List<Pair> pairs(Checkpoint first, Checkpoint second) {
        // A name that neither has is an error; one that one of them has is a difference.
        List<StateView> ofBefore = selected(first, second);
        List<StateView> ofAfter = selected(second, first);
        boolean areStores =
                first.kind() == Checkpoint.Kind.STORE || second.kind() == Checkpoint.Kind.STORE;
        Map<String, Pair> pairs = new LinkedHashMap<>();
        for (StateView view : ofBefore) {
            pairs.put(id(view, areStores), new Pair(view, null));
        }
        for (StateView view : ofAfter) {
            Pair pair = pairs.get(id(view, areStores));
            pairs.put(id(view, areStores), new Pair(pair == null ? null : pair.before(), view));
        }
        return List.copyOf(pairs.values());
    }

    private List<StateView> selected(Checkpoint of, Checkpoint other) {
        try {
            return selection.of(of);
        } catch (InspectException e) {
            // It is told if the other one does not have it either.
            selection.of(other);
            return List.of();
        }
    }

    /** A store does not say which operator it is of. */
    private static String id(StateView view, boolean ofStore) {
        return (ofStore ? "" : view.operator().uidHash()) + " " + view.treeName();
    }

    private void printText(List<StateDiff> diffs, Console to) throws IOException {
        Table table =
                new Table()
                        .name("operator")
                        .name("state")
                        .right("added")
                        .right("removed")
                        .right("changed")
                        .right("live data")
                        .right("stored entries")
                        .right("tombstones")
                        .right("files")
                        .right("shared");
        for (StateDiff diff : diffs) {
            StateView view = diff.view();
            table.row(
                    view.operator().label(),
                    view.name()
                            + (diff.before() == null ? " (new)" : "")
                            + (diff.after() == null ? " (gone)" : ""),
                    Units.count(diff.added().count()),
                    Units.count(diff.removed().count()),
                    Units.count(diff.changed().count()),
                    Cause.signedBytes(diff.liveBytesGrowth()),
                    Cause.signed(
                            diff.added().count()
                                    - diff.removed().count()
                                    + diff.deadEntriesGrowth()),
                    Cause.signed(diff.tombstonesGrowth()),
                    Cause.signedBytes(diff.fileBytesGrowth()),
                    Units.bytes(diff.sharedBytes()));
        }
        table.print(to);
        if (explain) {
            List<StateDiff> largestFirst = new ArrayList<>(diffs);
            largestFirst.sort((left, right) -> Long.compare(weight(right), weight(left)));
            printSum(diffs, to);
            for (StateDiff diff : largestFirst) {
                printCauses(diff, to);
            }
        }
    }

    /** A merge can make files smaller while the state grows: so both, and where it grows. */
    private static void printSum(List<StateDiff> diffs, Console to) {
        if (diffs.size() < 2) {
            return;
        }
        long files = diffs.stream().mapToLong(StateDiff::fileBytesGrowth).sum();
        long live = diffs.stream().mapToLong(StateDiff::liveBytesGrowth).sum();
        StateDiff most =
                diffs.stream()
                        .max(Comparator.comparingLong(StateDiff::liveBytesGrowth))
                        .orElseThrow();
        to.line("");
        to.line(
                "all states: "
                        + Cause.signedBytes(files)
                        + " of files, "
                        + Cause.signedBytes(live)
                        + " of live data"
                        + (most.liveBytesGrowth() <= 0
                                ? ""
                                : "; what grows most is "
                                        + SafeText.forTerminal(
                                                most.view().operator().label()
                                                        + " / "
                                                        + most.view().name())
                                        + ", by "
                                        + Units.bytes(most.liveBytesGrowth())));
    }

    private static long weight(StateDiff diff) {
        return Math.max(Math.abs(diff.liveBytesGrowth()), Math.abs(diff.fileBytesGrowth()));
    }

    private static void printCauses(StateDiff diff, Console to) throws IOException {
        List<Cause> causes = Cause.of(diff);
        if (causes.isEmpty()) {
            return;
        }
        StateView view = diff.view();
        to.line("");
        to.line(
                SafeText.forTerminal(view.operator().label() + " / " + view.name())
                        + ": "
                        + Cause.signedBytes(diff.fileBytesGrowth())
                        + " of files, "
                        + Cause.signedBytes(diff.liveBytesGrowth())
                        + " of live data");
        for (Cause cause : causes) {
            to.line("  - " + SafeText.forTerminal(cause.text()) + ".");
        }
    }

    private void printJson(
            Checkpoint first, Checkpoint second, List<StateDiff> diffs, long read, Console to)
            throws IOException {
        Json.print(
                to,
                "diff/1",
                json -> {
                    json.writeStringField("before", first.location());
                    json.writeStringField("after", second.location());
                    json.writeNumberField("read_bytes", read);
                    json.writeArrayFieldStart("states");
                    for (StateDiff diff : diffs) {
                        json.writeStartObject();
                        TopCommand.writeState(diff.view(), json);
                        json.writeBooleanField("is_new", diff.before() == null);
                        json.writeBooleanField("is_gone", diff.after() == null);
                        json.writeNumberField("added", diff.added().count());
                        json.writeNumberField("added_bytes", diff.added().bytes());
                        json.writeNumberField("removed", diff.removed().count());
                        json.writeNumberField("removed_bytes", diff.removed().bytes());
                        json.writeNumberField("changed", diff.changed().count());
                        json.writeNumberField("changed_bytes_before", diff.changed().bytesBefore());
                        json.writeNumberField("changed_bytes_after", diff.changed().bytesAfter());
                        json.writeNumberField("file_bytes_growth", diff.fileBytesGrowth());
                        json.writeNumberField("dead_entries_growth", diff.deadEntriesGrowth());
                        json.writeNumberField("tombstones_growth", diff.tombstonesGrowth());
                        json.writeNumberField("shared_file_bytes", diff.sharedBytes());
                        json.writeArrayFieldStart("growing");
                        for (StateDiff.KeyGrowth key :
                                diff.growing().subList(0, Math.min(keys, diff.growing().size()))) {
                            json.writeStartObject();
                            json.writeStringField("key", key.name());
                            json.writeNumberField("key_group", key.keyGroup());
                            json.writeNumberField("entries", key.entries());
                            json.writeNumberField("growth_bytes", key.bytes());
                            json.writeEndObject();
                        }
                        json.writeEndArray();
                        json.writeArrayFieldStart("causes");
                        for (Cause cause : Cause.of(diff)) {
                            json.writeStartObject();
                            json.writeStringField(
                                    "code", cause.code().name().toLowerCase(Locale.ROOT));
                            json.writeStringField("text", cause.text());
                            json.writeNumberField("cause_bytes", cause.bytes());
                            json.writeEndObject();
                        }
                        json.writeEndArray();
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                });
    }
}
