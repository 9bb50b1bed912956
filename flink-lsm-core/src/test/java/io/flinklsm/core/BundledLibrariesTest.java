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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.airlift.compress.lz4.Lz4Compressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.zstd.ZstdCompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.openhft.hashing.LongHashFunction;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

/** What the engine expects of the libraries in the runtime jar, on a JVM without extra flags. */
final class BundledLibrariesTest {
    @Test
    void arrowAllocatesWithinItsLimitAndNotBeyond() {
        try (BufferAllocator allocator = new RootAllocator(1 << 16)) {
            try (var buffer = allocator.buffer(1 << 15)) {
                buffer.setLong(8, 42L);

                assertThat(buffer.getLong(8)).isEqualTo(42L);
                assertThat(allocator.getAllocatedMemory()).isEqualTo(1 << 15);
                assertThatThrownBy(() -> allocator.buffer(1 << 16))
                        .isInstanceOf(OutOfMemoryException.class);
            }
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }

    @Test
    void codecsGiveBackWhatTheyWereGiven() {
        byte[] plain =
                "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb".repeat(100).getBytes(StandardCharsets.UTF_8);
        var lz4 = new Lz4Compressor();
        var zstd = new ZstdCompressor();
        byte[] lz4Bytes = new byte[lz4.maxCompressedLength(plain.length)];
        byte[] zstdBytes = new byte[zstd.maxCompressedLength(plain.length)];
        int lz4Size = lz4.compress(plain, 0, plain.length, lz4Bytes, 0, lz4Bytes.length);
        int zstdSize = zstd.compress(plain, 0, plain.length, zstdBytes, 0, zstdBytes.length);

        byte[] fromLz4 = new byte[plain.length];
        byte[] fromZstd = new byte[plain.length];
        new Lz4Decompressor().decompress(lz4Bytes, 0, lz4Size, fromLz4, 0, plain.length);
        new ZstdDecompressor().decompress(zstdBytes, 0, zstdSize, fromZstd, 0, plain.length);

        assertThat(Arrays.equals(plain, fromLz4)).isTrue();
        assertThat(Arrays.equals(plain, fromZstd)).isTrue();
        assertThat(lz4Size).isLessThan(plain.length / 10);
        assertThat(zstdSize).isLessThan(plain.length / 10);
    }

    @Test
    void hashIsXxHash64WithSeedZero() {
        byte[] abc = "abc".getBytes(StandardCharsets.UTF_8);

        assertThat(LongHashFunction.xx().hashBytes(new byte[0])).isEqualTo(0xEF46DB3751D8E999L);
        assertThat(LongHashFunction.xx().hashBytes(abc)).isEqualTo(0x44BC2CF5AD770999L);
    }

    @Test
    void testsRunWithAssertionsAndInvariants() {
        assertThat(BundledLibrariesTest.class.desiredAssertionStatus()).isTrue();
        assertThat(Boolean.getBoolean("flinklsm.invariants")).isTrue();
    }
}
