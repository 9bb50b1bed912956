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
package io.flinklsm.inspect.print;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where output goes and what it may look like. stdout carries data and nothing else; progress,
 * notes and errors go to stderr. Confined to one thread, but for {@link Progress}.
 *
 * @param outIsTerminal whether a person reads stdout
 * @param columns width of the terminal; 0 if nothing bounds it
 * @param colour whether escape sequences for colours may be written
 * @param nowMillis the time that ages are told from
 */
public record Console(
        DataStream out,
        PrintStream err,
        boolean outIsTerminal,
        boolean errIsTerminal,
        int columns,
        boolean colour,
        long nowMillis) {

    private static final String BOLD = "\u001b[1m";
    private static final String RED = "\u001b[31m";
    private static final String RESET = "\u001b[0m";

    private static final int OUT_BUFFER_BYTES = 1 << 16;
    private static final int ERR_BUFFER_BYTES = 1 << 10;

    /**
     * The process's own: {@code bin/flink-lsm} says in system properties what is a terminal and how
     * wide it is, which Java cannot find out by itself.
     */
    public static Console ofProcess(Map<String, String> environment) {
        boolean out = Boolean.getBoolean("flinklsm.terminal.out");
        boolean err = Boolean.getBoolean("flinklsm.terminal.err");
        boolean dumb = "dumb".equals(environment.get("TERM"));
        boolean noColour = !environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Console(
                DataStream.of(new StandardOutput(), OUT_BUFFER_BYTES),
                new PrintStream(
                        new BufferedOutputStream(
                                new FileOutputStream(FileDescriptor.err), ERR_BUFFER_BYTES),
                        false,
                        StandardCharsets.UTF_8),
                out,
                err && !dumb,
                out ? Math.max(0, Integer.getInteger("flinklsm.terminal.columns", 0)) : 0,
                out && !dumb && !noColour,
                System.currentTimeMillis());
    }

    public Console withoutColour() {
        return new Console(out, err, outIsTerminal, errIsTerminal, columns, false, nowMillis);
    }

    /** One line of data. */
    public void line(String text) {
        out.print(text);
        out.print('\n');
    }

    /** One line for people, on stderr. */
    public void note(String text) {
        out.flushForNote();
        err.print(text);
        err.print('\n');
        err.flush();
    }

    /** Asks on stderr and gives the line that comes on stdin; empty if none does. */
    public String ask(String question) throws IOException {
        out.flushForNote();
        err.print(question);
        err.flush();
        // Nothing else reads stdin, so it does no harm that the buffer takes more than the line.
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String answer = in.readLine();
        return answer == null ? "" : answer.strip();
    }

    public String bold(String text) {
        return colour ? BOLD + text + RESET : text;
    }

    public String alarm(String text) {
        return colour ? RED + text + RESET : text;
    }
}
