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
package io.flinklsm.core.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnicodeTest {

    private static final String UNITS = "ab\\u0d8cef\ud800\udbff\udc00\udfff\u0000/.é";

    private final Random random = new Random(11);

    @Test
    void escapedTextsAreWellFormedDifferentAndComeBack() {
        Map<String, String> originals = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            String original = randomText(7);
            String escaped = Unicode.escape(original);
            assertThat(new String(Unicode.encode(escaped), StandardCharsets.UTF_8))
                    .isEqualTo(escaped);
            assertThat(Unicode.unescape(escaped)).isEqualTo(original);
            assertThat(originals.put(escaped, original)).isIn(null, original);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\",
                "a\\",
                "\\u",
                "\\ud80",
                "\\u0061",
                "\\uD800",
                "\\ud83d\\ude00",
                "\\x",
                "\\u-001",
                "\\ud8000\\"
            })
    void textsThatAreNeverGivenAreRefused(String text) {
        assertThatThrownBy(() -> Unicode.unescape(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void wellFormedTextIsWhatComesBackFromUtf8() {
        for (int i = 0; i < 50_000; i++) {
            String text = randomText(4);
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            assertThat(Unicode.isWellFormed(text))
                    .isEqualTo(new String(utf8, StandardCharsets.UTF_8).equals(text));
        }
    }

    @Test
    void halfAPairIsNotEncoded() {
        assertThatThrownBy(() -> Unicode.encode("a\ud800"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[a\\ud800]");
    }

    private String randomText(int maxLength) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(maxLength + 1); length > 0; length--) {
            text.append(UNITS.charAt(random.nextInt(UNITS.length())));
        }
        return text.toString();
    }
}
