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

import org.junit.jupiter.api.Test;

/** Blocks are as small as the memory for their index allows. */
class SstableOptionsTest {

    private static final long MEMORY_BYTES = 128L << 20;

    private final SstableOptions options = SstableOptions.DEFAULTS;

    @Test
    void blocksStaySmallWhileTheirIndexIsSmallBesideTheMemory() {
        assertThat(blockBytes(0, MEMORY_BYTES)).isEqualTo(options.blockBytes());
        assertThat(blockBytes(15 * MEMORY_BYTES, MEMORY_BYTES)).isEqualTo(options.blockBytes());
        assertThat(blockBytes(15 * MEMORY_BYTES, 10 * MEMORY_BYTES))
                .isEqualTo(options.blockBytes());
    }

    @Test
    void blocksGrowWithTheTreeByFourAtMost() {
        assertThat(blockBytes(17 * MEMORY_BYTES, MEMORY_BYTES)).isEqualTo(2 * options.blockBytes());
        assertThat(blockBytes(33 * MEMORY_BYTES, MEMORY_BYTES)).isEqualTo(4 * options.blockBytes());
        assertThat(blockBytes(Long.MAX_VALUE, 1)).isEqualTo(4 * options.blockBytes());
    }

    @Test
    void aRowGroupHasSeveralBlocksHoweverLargeTheTreeIs() {
        SstableOptions small =
                new SstableOptions(1 << 10, 256, 3 << 10, 10.6, SstableCodec.LZ4_RAW, 2);

        assertThat(small.withBlocksFor(Long.MAX_VALUE, 1).blockBytes()).isEqualTo(1 << 10);
    }

    @Test
    void nothingElseChanges() {
        SstableOptions grown = options.withBlocksFor(100 * MEMORY_BYTES, MEMORY_BYTES);

        assertThat(grown)
                .isEqualTo(
                        new SstableOptions(
                                4 * options.blockBytes(),
                                options.blockEntries(),
                                options.rowGroupBytes(),
                                options.bloomBitsPerKey(),
                                options.codecs(),
                                options.keyGroupBytes(),
                                options.valueColumns()));
    }

    private int blockBytes(long treeBytes, long memoryBytes) {
        return options.withBlocksFor(treeBytes, memoryBytes).blockBytes();
    }
}
