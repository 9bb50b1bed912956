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

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is text is what the JDK's decoder takes, which is slower and makes a copy. */
final class Utf8Test {

    @Test
    void everyCodePointIsText() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point += 7) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                byte[] bytes = Character.toString(point).getBytes(StandardCharsets.UTF_8);
                assertThat(Utf8.isValid(bytes, 0, bytes.length)).as("U+%x", point).isTrue();
            }
        }
    }

    @Test
    void everyTwoBytesAreJudgedAsTheJdkDoes() {
        byte[] bytes = new byte[2];
        for (int i = 0; i < 1 << 16; i++) {
            bytes[0] = (byte) (i >> 8);
            bytes[1] = (byte) i;
            assertThat(Utf8.isValid(bytes, 0, 2)).as("%x", i).isEqualTo(isText(bytes, 0, 2));
        }
    }

    @Test
    void longFormsSurrogatesAndWhatIsAboveUnicodeAreNone() {
        assertThat(isValid(0xC0, 0x80)).isFalse();
        assertThat(isValid(0xC1, 0xBF)).isFalse();
        assertThat(isValid(0xE0, 0x9F, 0xBF)).isFalse();
        assertThat(isValid(0xE0, 0xA0, 0x80)).isTrue();
        assertThat(isValid(0xED, 0x9F, 0xBF)).isTrue();
        assertThat(isValid(0xED, 0xA0, 0x80)).isFalse();
        assertThat(isValid(0xF0, 0x8F, 0xBF, 0xBF)).isFalse();
        assertThat(isValid(0xF0, 0x90, 0x80, 0x80)).isTrue();
        assertThat(isValid(0xF4, 0x8F, 0xBF, 0xBF)).isTrue();
        assertThat(isValid(0xF4, 0x90, 0x80, 0x80)).isFalse();
        assertThat(isValid(0xF5, 0x80, 0x80, 0x80)).isFalse();
        assertThat(isValid(0xFF)).isFalse();
    }

    @Test
    void characterThatIsCutOffIsNoneAlsoIfItsRestStandsBehind() {
        byte[] euro = "€".getBytes(StandardCharsets.UTF_8);

        assertThat(Utf8.isValid(euro, 0, 3)).isTrue();
        assertThat(Utf8.isValid(euro, 0, 2)).isFalse();
        assertThat(Utf8.isValid(euro, 0, 1)).isFalse();
        assertThat(Utf8.isValid(euro, 1, 2)).isFalse();
        assertThat(Utf8.isValid(euro, 3, 0)).isTrue();
    }

    @Test
    void mutatedTextIsJudgedAsTheJdkDoes() {
        Random random = new Random(31);
        String alphabet = "abcdefghijklmnop äöü€𝄞\u0000\u007f\uffff";
        for (int round = 0; round < 5000; round++) {
            StringBuilder text = new StringBuilder();
            int[] points = alphabet.codePoints().toArray();
            for (int i = random.nextInt(40); i > 0; i--) {
                text.appendCodePoint(points[random.nextInt(points.length)]);
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextInt(3) > 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int from = random.nextInt(bytes.length + 1);
            int count = random.nextInt(bytes.length - from + 1);

            assertThat(Utf8.isValid(bytes, from, count))
                    .as("seed 31, round %s", round)
                    .isEqualTo(isText(bytes, from, count));
        }
    }

    private static boolean isValid(int... bytes) {
        byte[] array = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            array[i] = (byte) bytes[i];
        }
        return Utf8.isValid(array, 0, array.length);
    }

    private static boolean isText(byte[] bytes, int from, int count) {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, from, count));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
