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
package io.flinklsm.inspect.testing;

import io.flinklsm.inspect.FlinkLsm;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.DataStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One run of the program in this process.
 *
 * @param out what it printed on stdout
 * @param err what it printed on stderr
 */
public record Run(int exitCode, String out, String err) {

    /** The time that ages are told from. */
    public static final long NOW_MILLIS = 1_800_000_000_000L;

    public static Run of(String... arguments) {
        return of(0, false, arguments);
    }

    /**
     * With a terminal of so many columns.
     *
     * @param columns 0 for no terminal
     */
    public static Run of(int columns, boolean colour, String... arguments) {
        var out = new ByteArrayOutputStream();
        Run run = to(out, columns, colour, arguments);
        return new Run(run.exitCode(), out.toString(StandardCharsets.UTF_8), run.err());
    }

    /** With a stdout of the test's own; what came there is not in the result. */
    public static Run to(OutputStream out, String... arguments) {
        return to(out, 0, false, arguments);
    }

    private static Run to(OutputStream out, int columns, boolean colour, String... arguments) {
        var err = new ByteArrayOutputStream();
        var console =
                new Console(
                        DataStream.of(out, 1 << 10),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        columns > 0,
                        false,
                        columns,
                        colour,
                        NOW_MILLIS);
        int exitCode = FlinkLsm.run(console, arguments);
        return new Run(exitCode, "", err.toString(StandardCharsets.UTF_8));
    }

    /**
     * stdout with all that differs from run to run, or with the encoding of files, replaced by a
     * word, and with single gaps between columns: for golden output.
     */
    public String golden(Path root) {
        return out.replace(root.toString(), "ROOT")
                .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "FILE")
                .replaceAll("[0-9]{8}T[0-9]{9}Z-[0-9a-f]{32}", "UNIQUE")
                .replaceAll("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", "TIME")
                .replaceAll("\\b[0-9]+[smhd] ago", "AGE")
                .replaceAll("\\b[0-9.]+ ([KMG]i)?B\\b", "SIZE")
                .replaceAll("\"(created|min_write_time|max_write_time)\" : [0-9]+", "\"$1\" : TIME")
                .replaceAll("\"((?:[a-z]+[_-])*bytes)\" : [0-9]+", "\"$1\" : SIZE")
                .replaceAll("(?m)(?<=\\S) {3,}", "  ");
    }
}
