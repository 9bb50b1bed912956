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
package io.flinklsm.core.parquet.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.SstableOptions;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BloomFilterTest {

    @Test
    void aboutOnePercentOfAbsentKeysPass() {
        int keys = 200_000;
        int byteCount = BloomFilter.byteCount(keys, SstableOptions.DEFAULTS.bloomBitsPerKey());
        try (MemoryBudget budget = MemoryBudget.root("test", 1 << 20)) {
            MemoryBlock block = budget.tryAllocate(byteCount);
            RawMemory.fill(null, block.address(), byteCount, (byte) 0);
            Random random = new Random(4);
            for (int i = 0; i < keys; i++) {
                BloomFilter.add(block.address(), byteCount, random.nextLong());
            }

            Random same = new Random(4);
            for (int i = 0; i < keys; i++) {
                assertThat(BloomFilter.mayContain(block.address(), byteCount, same.nextLong()))
                        .isTrue();
            }
            int passed = 0;
            for (int i = 0; i < keys; i++) {
                passed +=
                        BloomFilter.mayContain(block.address(), byteCount, random.nextLong())
                                ? 1
                                : 0;
            }
            block.release();

            assertThat(100.0 * passed / keys).isBetween(0.7, 1.2);
        }
    }

    @Test
    void sizeFollowsTheKeysAndNotPowersOfTwo() {
        assertThat(BloomFilter.byteCount(0, 10.6)).isEqualTo(32);
        assertThat(BloomFilter.byteCount(1, 10.6)).isEqualTo(32);
        assertThat(BloomFilter.byteCount(25, 10.6)).isEqualTo(64);
        assertThat(BloomFilter.byteCount(1_000_000, 10.6)).isEqualTo(1_325_024);
        assertThat(BloomFilter.byteCount(Long.MAX_VALUE / 100, 16)).isPositive();
    }
}
