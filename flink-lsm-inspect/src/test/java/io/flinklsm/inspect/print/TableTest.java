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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TableTest {

    /** Names that are alike at both ends, at one, and hardly anywhere. */
    static Stream<List<String>> names() {
        return Stream.of(
                List.of("_timer_state/event_user-timers", "_timer_state/processing_user-timers"),
                List.of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"),
                List.of("1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                List.of("aaaaaaaaaaaaaaaa1aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa2aaaaaaaaaaaaaaaa"),
                List.of(
                        "xaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "yaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaax", "aaaaaaaaaaaaaaaaaaaaaaaaaaaay"),
                List.of("short", "a much longer name than the other one"),
                List.of(
                        "a".repeat(5_000) + "1" + "a".repeat(5_000),
                        "a".repeat(5_000) + "2" + "a".repeat(5_000)));
    }

    @ParameterizedTest
    @MethodSource("names")
    void differentNamesStayDifferentAtEveryWidth(List<String> names) {
        for (int width = 1; width <= 90; width++) {
            Table table = new Table().name("state").right("n").left("value");
            names.forEach(name -> table.row(name, 1, "a value that may be cut " + name));

            List<String> lines = print(table, width);

            Set<String> shown = new HashSet<>();
            for (String line : lines.subList(1, lines.size())) {
                shown.add(line.split(" {2,}")[0]);
            }
            assertThat(shown).as("at " + width).hasSameSizeAs(names);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void whatIsNoNameGivesWay(List<String> names) {
        if (names.get(0).length() > 100) {
            return;
        }
        Table table = new Table().name("state").left("value");
        names.forEach(name -> table.row(name, "v".repeat(200)));

        assertThat(print(table, 60)).allMatch(line -> line.length() <= 60);
    }

    private static List<String> print(Table table, int width) {
        Consoles console = Consoles.ofTerminal(width);
        table.print(console.console());
        return console.out().lines().toList();
    }
}
