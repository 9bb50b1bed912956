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
package io.flinklsm.core.parquet.page;

import io.flinklsm.benchmarks.parts.PartEntries;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.parquet.encoding.BloomFilter;
import io.flinklsm.core.parquet.encoding.ByteSink;
import io.flinklsm.core.parquet.encoding.MalformedPageException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the engine keeps to itself: the codec of pages, and the filters of keys. */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup.
public class PageBenchmark {

    private static final double BITS_PER_KEY = 10.6;

    /** Bytes of values in a page before compression. */
    @Param("16384")
    public int pageBytes;

    /** Keys of a filter. */
    @Param("1000000")
    public int keys;

    private final PageCodec codec = new PageCodec(PageCompression.LZ4, false);
    private final ByteSink plain = new ByteSink(1 << 15);
    private final ByteSink packed = new ByteSink(1 << 15);
    private final PartEntries entries = new PartEntries(100);
    private byte[] unpacked;
    private MemoryBudget budget;
    private MemoryBlock filter;
    private int filterBytes;
    private long number;

    /** Fills a page and a filter. */
    @Setup(Level.Trial)
    public void open() {
        for (int i = 0; plain.length() < pageBytes; i++) {
            byte[] value = entries.value(i);
            plain.put(value, 0, value.length);
        }
        if (!codec.compress(codec.newTrial(), plain, packed)) {
            throw new IllegalStateException("[page] it does not compress: bytes=" + pageBytes);
        }
        unpacked = new byte[plain.length()];
        budget = MemoryBudget.root("parts", 1L << 28);
        filterBytes = BloomFilter.byteCount(keys, BITS_PER_KEY);
        filter = allocate(budget, filterBytes);
        for (int i = 0; i < keys; i++) {
            BloomFilter.add(filter.address(), filterBytes, entries.key(i).hash());
        }
    }

    private static MemoryBlock allocate(MemoryBudget budget, int byteCount) {
        MemoryBlock block = budget.tryAllocate(byteCount);
        if (block == null) {
            throw new IllegalStateException("[filter] no memory: bytes=" + byteCount);
        }
        io.flinklsm.core.bytes.RawMemory.fill(null, block.address(), byteCount, (byte) 0);
        return block;
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void close() {
        filter.release();
        budget.close();
    }

    /** A page, compressed with LZ4. */
    @Benchmark
    public int compressPage() {
        packed.clear();
        codec.compress(codec.newTrial(), plain, packed);
        return packed.length();
    }

    /** The same page, decompressed. */
    @Benchmark
    public byte[] decompressPage() throws MalformedPageException {
        codec.decompress(packed.array(), 0, packed.length(), unpacked, unpacked.length);
        return unpacked;
    }

    /** The hash of a key of 24 bytes, its making included. */
    @Benchmark
    public long hashKey() {
        return entries.key(next()).hash();
    }

    /** A key that was never added: making, hash and check. */
    @Benchmark
    public boolean checkAbsentKey() {
        return BloomFilter.mayContain(
                filter.address(), filterBytes, entries.key(-1 - next()).hash());
    }

    /** The check alone, of a hash that was never added. */
    @Benchmark
    public boolean checkAbsentHash() {
        number += 0x9E37_79B9_7F4A_7C15L;
        return BloomFilter.mayContain(filter.address(), filterBytes, number);
    }

    private long next() {
        number = (number + 618_033) % keys;
        return number;
    }
}
