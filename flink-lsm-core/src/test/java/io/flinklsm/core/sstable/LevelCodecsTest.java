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
package io.flinklsm.core.sstable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LevelCodecsTest {

    private static final LevelCodecs CODECS =
            new LevelCodecs(
                    List.of(SstableCodec.UNCOMPRESSED, SstableCodec.LZ4_RAW), SstableCodec.ZSTD);

    @Test
    void levelHasItsOwnCodecAndDeeperOnesTheLast() {
        assertThat(CODECS.of(file(0, false))).isEqualTo(SstableCodec.UNCOMPRESSED);
        assertThat(CODECS.of(file(1, false))).isEqualTo(SstableCodec.LZ4_RAW);
        assertThat(CODECS.of(file(6, false))).isEqualTo(SstableCodec.LZ4_RAW);
    }

    @Test
    void bottomHasItsOwnCodecWhateverItsLevel() {
        assertThat(CODECS.of(file(0, true))).isEqualTo(SstableCodec.ZSTD);
        assertThat(CODECS.of(file(3, true))).isEqualTo(SstableCodec.ZSTD);
        assertThat(LevelCodecs.all(SstableCodec.LZ4_RAW).of(file(3, true)))
                .isEqualTo(SstableCodec.LZ4_RAW);
    }

    @Test
    void levelWithoutCodecIsRefused() {
        assertThatThrownBy(() -> new LevelCodecs(List.of(), SstableCodec.ZSTD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("byLevel=[]");
    }

    private static NewSstable file(int level, boolean isBottom) {
        return new NewSstable(new SstableIdentity("f.parquet", "t", 1, 0, 0), level, isBottom, 0);
    }
}
