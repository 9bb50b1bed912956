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
package io.flinklsm.benchmarks.parts;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.merge.Lookup;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A tier that holds all of its tree, beside a {@link HashMap} of the same entries on the heap: keys
 * in no order, hits and misses, changes in place, new entries.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx6g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup.
public class HotTierBenchmark {

    private static final int INSERTS = 100_000;
    private static final long BUDGET_BYTES = 4L << 30;
    private static final byte[] MISSING = new byte[0];

    /** Entries that are read and changed. */
    @Param({"100000", "1000000", "10000000"})
    public int entries;

    /** Length of a value. */
    @Param({"8", "100"})
    public int valueBytes;

    /** Who holds them. */
    @Param({"tier", "HashMap"})
    public String holder;

    private MemoryBudget budget;
    private PartEntries contents;
    private HotTier tier;
    private Map<Long, byte[]> map;
    private final Lookup lookup = new Lookup();
    private final ValueBuffer out = new ValueBuffer();
    private SplittableRandom random;

    /** Fills the holder. */
    @Setup(Level.Trial)
    public void open() {
        budget = MemoryBudget.root("parts", BUDGET_BYTES);
        contents = new PartEntries(valueBytes);
        random = new SplittableRandom(7);
        map = new HashMap<>();
        if (isTier()) {
            tier = contents.tier(budget, entries, 0, 1);
        } else {
            tier = PartEntries.emptyTier(budget, 1);
            for (long i = 0; i < entries; i++) {
                map.put(i, contents.value(i).clone());
            }
        }
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void close() {
        tier.close();
        budget.close();
    }

    /** Entries that are not there yet, into an empty holder. */
    @Benchmark
    @OperationsPerInvocation(INSERTS)
    public long insert() {
        if (!isTier()) {
            Map<Long, byte[]> fresh = new HashMap<>();
            for (long i = 0; i < INSERTS; i++) {
                fresh.put(random.nextLong(), contents.value(i).clone());
            }
            return fresh.size();
        }
        HotTier fresh = PartEntries.emptyTier(budget, 1);
        for (int i = 0; i < INSERTS; i++) {
            contents.put(fresh, random.nextLong(), 0);
        }
        int count = fresh.openEntryCount();
        fresh.close();
        return count;
    }

    /** An entry that is there. */
    @Benchmark
    public long get() {
        long number = random.nextInt(entries);
        if (!isTier()) {
            return map.getOrDefault(number, MISSING).length;
        }
        if (find(number) != HotTier.FOUND) {
            throw new IllegalStateException("[memtable] an entry is missing: entry=" + number);
        }
        return out.length();
    }

    /** A key that is not there. */
    @Benchmark
    public boolean getMissing() {
        long number = -1L - random.nextInt(entries);
        return isTier() ? find(number) == HotTier.ABSENT : map.get(number) == null;
    }

    /** Another value of the same length for an entry that is there. */
    @Benchmark
    public int update() {
        long number = random.nextInt(entries);
        if (isTier()) {
            contents.put(tier, number, number >>> 3);
        } else {
            map.put(number, contents.value(number >>> 3).clone());
        }
        return (int) number;
    }

    private int find(long number) {
        tier.lock();
        try {
            return tier.find(contents.key(number), out, lookup);
        } finally {
            tier.unlock();
        }
    }

    private boolean isTier() {
        return "tier".equals(holder);
    }
}
