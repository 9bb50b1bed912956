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
import io.flinklsm.inspect.merge.KeyText;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.StateView;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flink-lsm get}: what a state holds for one key. */
@Command(
        name = "get",
        description = {
            "Shows what a state holds for one key: in all namespaces, with all map keys.",
            "Exit code 1 if it holds nothing."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm get --state count --key k7 /checkpoints/3f2a/chk-42",
            "  flink-lsm get --state tags --key-hex 07036b37 --json /checkpoints/3f2a/chk-42"
        })
public final class GetCommand extends EntriesCommand {

    /** One of the two. */
    static final class Key {
        @Option(
                names = "--key",
                paramLabel = "TEXT",
                description = "The key as \"scan\" prints it.")
        @Nullable String text;

        @Option(
                names = "--key-hex",
                paramLabel = "HEX",
                description = "The first bytes of the key as it is stored, key group included.")
        @Nullable String hex;
    }

    @ArgGroup(exclusive = true, multiplicity = "1")
    Key key = new Key();

    @Option(
            names = "--map-key",
            paramLabel = "TEXT",
            description = "Of map state, only the entry with this map key.")
    @Nullable String mapKey;

    public GetCommand(Console console) {
        super(console);
    }

    @Override
    String schema() {
        return "get/1";
    }

    @Override
    Selection select(StateView view, @Nullable EntryColumns columns) {
        String wantedMapKey = mapKey;
        Predicate<EntryPrinter.Decoded> filter =
                entry ->
                        wantedMapKey == null
                                || wantedMapKey.equals(entry.column(EntryColumns.MAP_KEY_COLUMN));
        if (key.hex != null) {
            OwnedSlice prefix = parseHex("--key-hex", key.hex);
            return new Selection(KeyRange.ofPrefix(prefix), filter, false, 0);
        }
        String text = String.valueOf(key.text);
        if (view.isEmpty()) {
            return new Selection(KeyRange.ALL, filter, false, 0);
        }
        if (columns == null) {
            throw InspectException.usage(
                    "[tree "
                            + view.treeName()
                            + "] its SSTables do not say the type of its keys, so that --key cannot"
                            + " be understood; give --key-hex.");
        }
        KeyRange range;
        try {
            range = KeyText.range(view, columns, text);
        } catch (IllegalArgumentException e) {
            throw InspectException.usage(
                    "[tree "
                            + view.treeName()
                            + "] --key is "
                            + e.getMessage()
                            + ", given="
                            + text
                            + "; \"flink-lsm scan\" shows what keys look like.");
        }
        return range != null
                ? new Selection(range, filter, false, 0)
                : new Selection(
                        KeyRange.ALL, filter.and(entry -> entry.keyText().equals(text)), true, 0);
    }

    @Override
    int nothingFound(Console to, StateView view) {
        if (!output.quiet()) {
            to.note(
                    "flink-lsm: [tree "
                            + SafeText.forTerminal(view.treeName())
                            + "] holds nothing for this key.");
        }
        return InspectException.FINDING;
    }
}
