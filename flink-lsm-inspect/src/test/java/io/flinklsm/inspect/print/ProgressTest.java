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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Consoles;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The progress line never stays where something else is read. */
final class ProgressTest {

    private static final String CLEAR = "\r\u001b[K";
    private static final String LINE = CLEAR + "scan: 50 %, 1.0 KiB of 2.0 KiB, 512 B/s, 2s left";

    private final AtomicLong clock = new AtomicLong();

    private Progress progress(Consoles on) {
        return new Progress(on.console(), "scan", 2048, false, false, clock::get);
    }

    private void update(Progress progress) {
        clock.addAndGet(2_000_000_000L);
        progress.update(1024);
    }

    @Test
    void itGoesWhenTheWorkIsDone() {
        Consoles on = Consoles.ofFileAndTerminal();
        Progress progress = progress(on);
        update(progress);
        assertThat(on.terminal()).isEqualTo(LINE);

        progress.close();

        assertThat(on.terminal()).isEqualTo(LINE + CLEAR);
    }

    @Test
    void itDoesNotComeBackAfterThat() {
        Consoles on = Consoles.ofFileAndTerminal();
        Progress progress = progress(on);
        update(progress);
        progress.close();

        update(progress);
        progress.close();

        assertThat(on.terminal()).isEqualTo(LINE + CLEAR);
    }

    @Test
    void dataOnTheSameTerminalTakeItsPlace() {
        Consoles on = Consoles.ofTerminal(80);
        try (Progress progress = progress(on)) {
            update(progress);

            on.console().line("data");
            on.console().out().flush();
            update(progress);

            assertThat(on.terminal()).isEqualTo(LINE + CLEAR + "data\n");
        }
        assertThat(on.terminal()).isEqualTo(LINE + CLEAR + "data\n");
    }

    @Test
    void dataThatGoElsewhereDoNotDisturbIt() {
        Consoles on = Consoles.ofFileAndTerminal();
        try (Progress progress = progress(on)) {
            on.console().line("data");
            on.console().out().flush();
            update(progress);
        }
        assertThat(on.terminal()).isEqualTo(LINE + CLEAR);
        assertThat(on.out()).isEqualTo("data\n");
    }

    @Test
    void aNoteStandsOnALineOfItsOwn() {
        Consoles on = Consoles.ofTerminal(80);
        try (Progress progress = progress(on)) {
            update(progress);

            on.console().note("a note");

            assertThat(on.terminal()).isEqualTo(LINE + CLEAR + "a note\n");
        }
    }
}
