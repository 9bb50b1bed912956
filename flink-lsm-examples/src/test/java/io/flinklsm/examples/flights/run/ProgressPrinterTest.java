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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ProgressPrinterTest {

    private final StringWriter text = new StringWriter();

    @Test
    void withoutATerminalALineComesEveryFewSeconds() {
        var printer = new ProgressPrinter(new PrintWriter(text), false);

        printer.onProgress(new RunProgress(0, 1_000, 0, 0, 0, 0, null));
        printer.onProgress(new RunProgress(100, 1_000, 200, 500, 0, 0, null));
        printer.onProgress(new RunProgress(500, 1_000, 3_000, 1_500, 2, 0, null));
        printer.finish();

        assertThat(text.toString().lines())
                .containsExactly(
                        "  [........................] 0 of 1,000 flights        0/s"
                                + "  checkpoints 0  restarts 0  0.0 s",
                        "  [############............] 500 of 1,000 flights    1,500/s"
                                + "  checkpoints 2  restarts 0  3.0 s");
    }

    @Test
    void failureAndRestartHaveALineEachAndOnlyOnce() {
        var printer = new ProgressPrinter(new PrintWriter(text), false);

        printer.onProgress(new RunProgress(500, 1_000, 0, 0, 1, 0, null));
        printer.onProgress(new RunProgress(500, 1_000, 200, 0, 1, 0, "broken"));
        printer.onProgress(new RunProgress(500, 1_000, 400, 0, 1, 0, "broken"));
        printer.onProgress(new RunProgress(450, 1_000, 600, 0, 1, 1, null));
        printer.onProgress(new RunProgress(460, 1_000, 800, 0, 1, 1, null));

        assertThat(text.toString().lines().filter(line -> line.startsWith("  ! ")))
                .containsExactly(
                        "  ! the job failed and is restarted from its last checkpoint; broken",
                        "  ! restarted; replaying what came after that checkpoint");
    }

    @Test
    void onATerminalTheLineIsDrawnAgain() {
        var printer = new ProgressPrinter(new PrintWriter(text), true);

        printer.onProgress(new RunProgress(0, 10, 0, 0, 0, 0, null));
        printer.onProgress(new RunProgress(10, 10, 100, 0, 0, 0, null));
        printer.finish();

        assertThat(text.toString()).doesNotContain("\n").endsWith("\r\u001b[2K");
        assertThat(text.toString().split("\r")).hasSize(4);
    }
}
