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
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.Json;
import io.flinklsm.inspect.print.Progress;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.sql.ResultPrinter;
import io.flinklsm.inspect.sql.SqlSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm sql}: DuckDB over the merged states. */
@Command(
        name = "sql",
        description = {
            "Asks a checkpoint in SQL. Every state is a view of its merged entries, with the"
                + " columns of the files; lsm_files, lsm_levels, lsm_states, lsm_keygroups,"
                + " lsm_top_keys, lsm_checkpoints, lsm_ttl and lsm_health tell about the"
                + " checkpoint. SHOW TABLES lists all, DESCRIBE NAME shows columns. Put names in"
                + " double quotes that are no plain words.",
            "The engine is DuckDB, inside this process; it reads the checkpoint and nothing else."
        },
        footer = {
            "",
            "Examples:",
            "  flink-lsm sql /checkpoints/3f2a/chk-42 \"select count(*) from counts\"",
            "  flink-lsm sql --csv /checkpoints/3f2a/chk-42 \"select * from lsm_files\""
        })
public final class SqlCommand extends InspectCommand {

    private static final long TABLE_LIMIT = 100;

    @Parameters(
            index = "0",
            paramLabel = "CHECKPOINT",
            description = "Checkpoint, savepoint or store directory.")
    String location = "";

    @Parameters(
            index = "1",
            paramLabel = "STATEMENT",
            description = "SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES or EXPLAIN.")
    String statement = "";

    @Option(names = "--csv", description = "Print CSV with a header instead of a table.")
    boolean csv;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "ROWS",
            description =
                    "Print at most so many rows, 0 for all; 100 for tables, all for CSV and JSON.")
    @Nullable Long limit;

    @Mixin EngineOptions engine = new EngineOptions();

    public SqlCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) throws IOException {
        if (csv && output.json()) {
            throw InspectException.usage("give --csv or --json, not both.");
        }
        if (limit != null && limit < 0) {
            throw InspectException.usage("--limit must not be negative: given=" + limit + ".");
        }
        String memory = engine.memory();
        Checkpoint checkpoint = Checkpoint.openAny(location);
        long bytes = SqlSession.bytesToRead(checkpoint, statement);
        try (Progress progress = new Progress(to, "sql", bytes, output.quiet(), output.progress());
                SqlSession.Running running =
                        SqlSession.run(checkpoint, statement, memory, progress::update)) {
            boolean isTable = !csv && !output.json();
            long rows = limit != null ? limit : isTable ? TABLE_LIMIT : 0;
            var printer = new ResultPrinter(running.result(), rows);
            if (output.json()) {
                Json.print(
                        to,
                        "sql/1",
                        json -> {
                            json.writeStringField("location", checkpoint.location());
                            printer.writeJson(json);
                        });
            } else if (csv) {
                printer.printCsv(to.out(), to.outIsTerminal());
            } else {
                printer.printTable(to);
            }
            progress.close();
            if (!output.json() && printer.hasMore() && !output.quiet()) {
                to.note(
                        "flink-lsm: there are more rows; --limit "
                                + rows * 10
                                + " shows more of them, --limit 0 all.");
            }
            return InspectException.OK;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
