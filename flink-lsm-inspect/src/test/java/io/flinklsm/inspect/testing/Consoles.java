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

import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.DataStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A console whose output a test can look at. */
public final class Consoles {

    private final ByteArrayOutputStream both = new ByteArrayOutputStream();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Console console;

    private Consoles(boolean outIsTerminal, boolean errIsTerminal, int columns) {
        OutputStream tee =
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        out.write(b);
                        if (outIsTerminal) {
                            both.write(b);
                        }
                    }
                };
        console =
                new Console(
                        DataStream.of(tee, 1 << 10),
                        new PrintStream(both, true, StandardCharsets.UTF_8),
                        outIsTerminal,
                        errIsTerminal,
                        columns,
                        false,
                        Run.NOW_MILLIS);
    }

    /** One terminal for stdout and stderr. */
    public static Consoles ofTerminal(int columns) {
        return new Consoles(true, true, columns);
    }

    /** A terminal for stderr alone. */
    public static Consoles ofFileAndTerminal() {
        return new Consoles(false, true, 0);
    }

    public Console console() {
        return console;
    }

    /** What came to stdout. */
    public String out() {
        console.out().flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    /** What came to the terminal, in its order. */
    public String terminal() {
        return both.toString(StandardCharsets.UTF_8);
    }
}
