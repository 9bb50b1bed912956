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
package io.flinklsm.statebackend.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.errors.CorruptionException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MetaFileTest {

    private final byte[] body = "serializers".getBytes(StandardCharsets.UTF_8);
    private final byte[] manifest = "files".getBytes(StandardCharsets.UTF_8);
    private final byte[] file = MetaFile.encode(body, manifest);

    @Test
    void bodyComesFirstSoThatOthersCanReadIt() throws Exception {
        int length = MetaFile.check(file, manifest, "meta");

        assertThat(Arrays.copyOf(file, length)).isEqualTo(body);
    }

    @Test
    void everyFlippedBitIsFound() {
        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] damaged = file.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(() -> MetaFile.check(damaged, manifest, "the meta file"))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("the meta file");
        }
    }

    @Test
    void everyTruncationIsFound() {
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);

            assertThatThrownBy(() -> MetaFile.check(cut, manifest, "the meta file"))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("the meta file");
        }
    }

    @Test
    void bytesInFrontOrBehindAreFound() {
        byte[] longer = Arrays.copyOf(file, file.length + 1);
        byte[] shifted = new byte[file.length + 1];
        System.arraycopy(file, 0, shifted, 1, file.length);

        assertThatThrownBy(() -> MetaFile.check(longer, manifest, "meta"))
                .isInstanceOf(CorruptionException.class);
        assertThatThrownBy(() -> MetaFile.check(shifted, manifest, "meta"))
                .isInstanceOf(CorruptionException.class);
    }

    @Test
    void manifestOfAnotherCheckpointIsFound() {
        byte[] other = "filed".getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> MetaFile.check(file, other, "meta"))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("manifest");
    }
}
