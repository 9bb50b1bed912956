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
package io.flinklsm.examples.flights.run;

import java.io.PrintWriter;
import java.util.Locale;

/**
 * Prints a run's progress: on a terminal one line that is drawn again and again, else a line every
 * few seconds. Restarts get lines of their own. For one thread.
 */
public final class ProgressPrinter implements RunProgress.Listener {

    private static final int BAR_CHARACTERS = 24;
    private static final long LINE_EVERY_MILLIS = 3_000;
    private static final String ERASE_LINE = "\r\u001b[2K";

    private final PrintWriter out;
    private final boolean terminal;

    private long lastLineMillis = -LINE_EVERY_MILLIS;
    private int restarts;
    private boolean restarting;

    /**
     * @param terminal whether {@code out} can draw a line again
     */
    public ProgressPrinter(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    @Override
    public void onProgress(RunProgress progress) {
        String failure = progress.failure();
        if (failure != null && !restarting) {
            note("the job failed and is restarted from its last checkpoint; " + failure);
        }
        restarting = failure != null;
        if (progress.restarts() > restarts && !restarting) {
            restarts = progress.restarts();
            note("restarted; replaying what came after that checkpoint");
        }
        if (terminal) {
            out.print(ERASE_LINE + "  " + line(progress));
            out.flush();
        } else if (progress.millis() - lastLineMillis >= LINE_EVERY_MILLIS) {
            lastLineMillis = progress.millis();
            out.println("  " + line(progress));
        }
    }

    /** Ends the line that was drawn. */
    public void finish() {
        if (terminal) {
            out.print(ERASE_LINE);
            out.flush();
        }
    }

    private void note(String text) {
        finish();
        out.println("  ! " + text);
    }

    private static String line(RunProgress progress) {
        int filled = (int) (BAR_CHARACTERS * progress.flights() / progress.totalFlights());
        return String.format(
                Locale.ROOT,
                "[%s%s] %,d of %,d flights  %,7d/s  checkpoints %d  restarts %d  %.1f s",
                "#".repeat(filled),
                ".".repeat(BAR_CHARACTERS - filled),
                progress.flights(),
                progress.totalFlights(),
                progress.flightsPerSecond(),
                progress.checkpoints(),
                progress.restarts(),
                progress.millis() / 1000.0);
    }
}
