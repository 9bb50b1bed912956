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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flink-lsm scan}: entries of a state in the order of their keys. */
@Command(
        name = "scan",
        description = "Shows the entries of a state, in the order of key groups and keys.",
        footer = {
            "",
            "Examples:",
            "  flink-lsm scan --state count --limit 5 /checkpoints/3f2a/chk-42",
            "  flink-lsm scan --state visits --key-group 12-15 --json /checkpoints/3f2a/chk-42"
        })
public final class ScanCommand extends EntriesCommand {

    private static final Pattern KEY_GROUPS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");

    @Option(
            names = "--prefix",
            paramLabel = "TEXT",
            description = "Only keys whose text begins like this.")
    @Nullable String prefix;

    @Option(
            names = "--prefix-hex",
            paramLabel = "HEX",
            description = "Only keys that are stored with these first bytes, key group included.")
    @Nullable String prefixHex;

    @Option(
            names = "--key-group",
            paramLabel = "N[-M]",
            description = "Only keys of this key group, or of N to M.")
    @Nullable String keyGroups;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            defaultValue = "20",
            description = "At most so many entries; 0 for all. Default: ${DEFAULT-VALUE}.")
    long limit;

    @Option(names = "--count", description = "Print only how many entries there are.")
    boolean count;

    public ScanCommand(Console console) {
        super(console);
    }

    @Override
    String schema() {
        return count ? "count/1" : "scan/1";
    }

    @Override
    boolean countOnly() {
        return count;
    }

    @Override
    Selection select(StateView view, @Nullable EntryColumns columns) {
        if (limit < 0) {
            throw InspectException.usage("--limit must not be negative: given=" + limit + ".");
        }
        KeyRange range = KeyRange.ALL;
        if (prefixHex != null) {
            range = KeyRange.ofPrefix(parseHex("--prefix-hex", prefixHex));
        }
        if (keyGroups != null) {
            range = range.intersect(keyGroupRange(view, columns, keyGroups));
        }
        if (prefix == null) {
            return new Selection(range, entry -> true, false, limit);
        }
        String wanted = prefix;
        Predicate<EntryPrinter.Decoded> filter = entry -> entry.keyText().startsWith(wanted);
        return new Selection(range, filter, true, limit);
    }

    private static KeyRange keyGroupRange(
            StateView view, @Nullable EntryColumns columns, String text) {
        Matcher matcher = KEY_GROUPS.matcher(text);
        int bytes = columns == null ? view.keyGroupBytes() : columns.keyGroupBytes();
        if (!matcher.matches()) {
            throw InspectException.usage(
                    "--key-group takes a number or a range like 12-15: given=" + text + ".");
        }
        if (bytes == 0) {
            throw InspectException.usage(
                    "[tree "
                            + view.treeName()
                            + "] nothing says how many bytes its key groups take; give"
                            + " --prefix-hex.");
        }
        int first = Integer.parseInt(matcher.group(1));
        int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
        int known = view.operator().maxParallelism();
        int highest = (known > 0 ? known : 1 << Byte.SIZE * bytes) - 1;
        if (first > last || last > highest) {
            throw InspectException.usage(
                    "--key-group is out of range: given=" + text + ", highest=" + highest + ".");
        }
        return new KeyRange(prefix(first, bytes), KeyRange.successorOfPrefix(prefix(last, bytes)));
    }

    private static OwnedSlice prefix(int keyGroup, int bytes) {
        return OwnedSlice.wrap(
                bytes == 1
                        ? new byte[] {(byte) keyGroup}
                        : new byte[] {(byte) (keyGroup >>> 8), (byte) keyGroup});
    }

    @Override
    int nothingFound(Console to, StateView view) {
        boolean isFiltered = prefixHex != null || keyGroups != null || prefix != null;
        if (isFiltered && !output.quiet() && !output.json()) {
            to.note(
                    "flink-lsm: [tree "
                            + SafeText.forTerminal(view.treeName())
                            + "] has no entry that fits.");
        }
        return InspectException.OK;
    }
}
