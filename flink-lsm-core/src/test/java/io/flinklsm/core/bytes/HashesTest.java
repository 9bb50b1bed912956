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

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Hashes and checksums stand in files: these are the values that other programs compute. A change
 * of one makes every file of before unreadable, or its bloom filters wrong.
 */
final class HashesTest {

    @Test
    void hashOfAKeyIsXxHash64WithSeedZero() {
        assertThat(hash("")).isEqualTo(0xEF46_DB37_51D8_E999L);
        assertThat(hash("a")).isEqualTo(0xD24E_C4F1_A98C_6E5BL);
        assertThat(hash("abc")).isEqualTo(0x44BC_2CF5_AD77_0999L);
    }

    @Test
    void hashIsOfTheRangeAlone() {
        byte[] bytes = "xxabcyy".getBytes(StandardCharsets.US_ASCII);

        assertThat(KeyHash.hash(bytes, 2, 3)).isEqualTo(hash("abc"));
        assertThat(KeyHash.hash(bytes, RawMemory.BYTE_ARRAY_OFFSET + 2, 3)).isEqualTo(hash("abc"));
    }

    @Test
    void checksumIsCrc32OfCastagnoli() {
        byte[] bytes = "0123456789".getBytes(StandardCharsets.US_ASCII);

        assertThat(Checksum.crc32c(bytes, 1, 9)).isEqualTo(0xE306_9283);
        assertThat(Checksum.crc32c(bytes, 0, 0)).isZero();
    }

    private static long hash(String text) {
        return new Slice(text.getBytes(StandardCharsets.US_ASCII)).hash64();
    }
}
