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

import java.time.Duration;
import java.util.Locale;

/**
 * A line on stderr for what takes longer than a second: share, bytes, rate, time left. Silent
 * unless stderr is a terminal, or {@code --progress} asked for it (a line of its own each time
 * then). Confined to one thread.
 */
public final class Progress implements AutoCloseable {

    private static final long FIRST_NANOS = 1_000_000_000L;
    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long LINES_NANOS = 2_000_000_000L;
    private static final String CLEAR = "\r\u001b[K";

    private final Console console;
    private final boolean shown;
    private final boolean inPlace;
    private final String what;
    private final long totalBytes;
    private final long startNanos = System.nanoTime();
    private long nextNanos = startNanos + FIRST_NANOS;
    private boolean drawn;

    /**
     * @param totalBytes estimate, from footers and manifests; progress never says more than it
     */
    public Progress(Console console, String what, long totalBytes, boolean quiet, boolean forced) {
        this.console = console;
        this.shown = !quiet && (console.errIsTerminal() || forced);
        this.inPlace = console.errIsTerminal();
        this.what = what;
        this.totalBytes = totalBytes;
    }

    /** Tells how far it is; cheap, may be called often. */
    public void update(long doneBytes) {
        if (!shown) {
            return;
        }
        long now = System.nanoTime();
        if (now - nextNanos < 0) {
            return;
        }
        nextNanos = now + (inPlace ? TERMINAL_NANOS : LINES_NANOS);
        String line = line(Math.min(doneBytes, totalBytes), now - startNanos);
        if (inPlace) {
            console.err().print(CLEAR + line);
            console.err().flush();
            drawn = true;
        } else {
            console.note(line);
        }
    }

    private String line(long doneBytes, long nanos) {
        double share = totalBytes == 0 ? 1 : (double) doneBytes / totalBytes;
        double seconds = nanos / 1e9;
        String left =
                share <= 0
                        ? "?"
                        : Units.duration(
                                Duration.ofMillis((long) (seconds * (1 - share) / share * 1000)));
        return String.format(
                Locale.ROOT,
                "%s: %.0f %%, %s of %s, %s/s, %s left",
                what,
                share * 100,
                Units.bytes(doneBytes),
                Units.bytes(totalBytes),
                Units.bytes((long) (doneBytes / seconds)),
                left);
    }

    @Override
    public void close() {
        if (drawn) {
            console.err().print(CLEAR);
            console.err().flush();
        }
    }
}
