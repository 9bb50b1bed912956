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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A line on stderr for what takes longer than a second: share, bytes, rate, time left. Silent
 * unless stderr is a terminal, or {@code --progress} asked for it (a line of its own each time
 * then). The line goes before anything else is printed, and when the process is told to end; once
 * data come to the same terminal there is none any more. Safe for any thread.
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
    private final LongSupplier clock;
    private final long startNanos;
    private long nextNanos;
    private final @Nullable Thread cleaner;
    private boolean drawn;
    private boolean ended;

    /**
     * @param totalBytes estimate, from footers and manifests; progress never says more than it
     */
    public Progress(Console console, String what, long totalBytes, boolean quiet, boolean forced) {
        this(console, what, totalBytes, quiet, forced, System::nanoTime);
    }

    Progress(
            Console console,
            String what,
            long totalBytes,
            boolean quiet,
            boolean forced,
            LongSupplier clock) {
        this.clock = clock;
        this.startNanos = clock.getAsLong();
        this.nextNanos = startNanos + FIRST_NANOS;
        this.console = console;
        this.shown = !quiet && (console.errIsTerminal() || forced);
        this.inPlace = console.errIsTerminal();
        this.what = what;
        this.totalBytes = totalBytes;
        if (shown && inPlace) {
            this.cleaner = new Thread(this::end, "flink-lsm-progress");
            Runtime.getRuntime().addShutdownHook(cleaner);
            console.out().onWrite(console.outIsTerminal() ? this::end : () -> {});
            console.out().onNote(this::clear);
        } else {
            this.cleaner = null;
        }
    }

    /** Tells how far it is; cheap, may be called often. */
    public synchronized void update(long doneBytes) {
        if (!shown || ended) {
            return;
        }
        long now = clock.getAsLong();
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

    private synchronized void clear() {
        if (drawn) {
            console.err().print(CLEAR);
            console.err().flush();
        }
        drawn = false;
    }

    private synchronized void end() {
        clear();
        ended = true;
    }

    @Override
    public void close() {
        end();
        if (cleaner != null) {
            console.out().onWrite(() -> {});
            console.out().onNote(() -> {});
            try {
                Runtime.getRuntime().removeShutdownHook(cleaner);
            } catch (IllegalStateException e) {
                // The process ends already, and the hook does nothing any more.
                return;
            }
        }
    }
}
