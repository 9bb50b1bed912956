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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SafeTextTest {

    @Test
    void controlAndDirectionCharactersBecomeVisible() {
        assertThat(SafeText.forTerminal("a\u001b[2Jb\u202ec\n\u0085d\u200b"))
                .isEqualTo("a\\u001b[2Jb\\u202ec\\u000a\\u0085d\\u200b");
    }

    @Test
    void unpairedSurrogatesBecomeVisibleAndPairsStay() {
        assertThat(SafeText.forTerminal("x\ud83d\ude00y\ud83dz"))
                .isEqualTo("x\ud83d\ude00y\\ud83dz");
    }

    @Test
    void lettersOfAllLanguagesStay() {
        assertThat(SafeText.forTerminal("Zürich 東京 ошибка")).isEqualTo("Zürich 東京 ошибка");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                "+cmd",
                "-cmd",
                "@SUM(A1)",
                "\t=1",
                "--",
                "-1-1",
                "+1+cmd",
                "＝1+1",
                "＋cmd",
                "－cmd",
                "＠SUM(A1)",
                "－1"
            })
    void whatASpreadsheetWouldRunGetsAnApostrophe(String text) {
        assertThat(SafeText.forCsv(text)).isEqualTo("'" + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "-1.5", "-1.5E-7", "+3", "1", "a=b", "x-y"})
    void numbersAndPlainTextStay(String text) {
        assertThat(SafeText.forCsv(text)).isEqualTo(text);
    }

    @Test
    void separatorsAndQuotesAreQuoted() {
        assertThat(SafeText.forCsv("a,\"b\"\nc")).isEqualTo("\"a,\"\"b\"\"\nc\"");
        assertThat(SafeText.forCsv("=a,b")).isEqualTo("\"'=a,b\"");
    }

    @Test
    void linesInFrontOfAFormulaDoNotHideIt() {
        assertThat(SafeText.forCsv("\n=1")).isEqualTo("\"'\n=1\"");
        assertThat(SafeText.forCsv("\r=1")).isEqualTo("\"'\r=1\"");
    }

    @Test
    void anEmptyTextIsThere() {
        assertThat(SafeText.forCsv("")).isEqualTo("\"\"");
    }

    @ParameterizedTest
    @CsvSource({"0,0 B", "1023,1023 B", "1024,1.0 KiB", "157286400,150 MiB", "-1,-"})
    void sizesAreIec(long bytes, String text) {
        assertThat(Units.bytes(bytes)).isEqualTo(text);
    }
}
