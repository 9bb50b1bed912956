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
import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.Lookup;
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

/** A hash-indexed memtable: new entries, lookups, changes in place. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup.
public class MemtableBenchmark {

    private static final int INSERTS = 100_000;

    /** Entries of the memtable that is read and changed. */
    @Param("1000000")
    public int entries;

    /** Length of a value. */
    @Param({"8", "100"})
    public int valueBytes;

    private MemoryBudget budget;
    private PartEntries contents;
    private Memtable memtable;
    private final Lookup lookup = new Lookup();
    private final ValueBuffer out = new ValueBuffer();
    private long number;

    /** Fills the memtable. */
    @Setup(Level.Trial)
    public void open() {
        budget = MemoryBudget.root("parts", 1L << 30);
        contents = new PartEntries(valueBytes);
        memtable = contents.memtable(budget, entries, 0, 1);
    }

    /** Gives the memory back. */
    @TearDown(Level.Trial)
    public void close() {
        memtable.release();
        budget.close();
    }

    /** Entries that are not there yet, into an empty memtable. */
    @Benchmark
    @OperationsPerInvocation(INSERTS)
    public int insert() {
        Memtable fresh = new Memtable(MemtableKind.HASH, 1, budget, null, 0);
        for (int i = 0; i < INSERTS; i++) {
            contents.put(fresh, i, 0);
        }
        int count = fresh.entryCount();
        fresh.release();
        return count;
    }

    /** An entry that is there, in no order. */
    @Benchmark
    public int get() {
        lookup.start(null, out);
        memtable.get(contents.key(next()), lookup);
        if (!lookup.finish()) {
            throw new IllegalStateException("[memtable] an entry is missing: entry=" + number);
        }
        return out.length();
    }

    /** A key that is not there. */
    @Benchmark
    public boolean getMissing() {
        lookup.start(null, out);
        memtable.get(contents.key(-1 - next()), lookup);
        return lookup.finish();
    }

    /** Another value of the same length for an entry that is there. */
    @Benchmark
    public int update() {
        contents.put(memtable, next(), number);
        return memtable.entryCount();
    }

    /** A step that is no divisor: far apart, and every entry in the end. */
    private long next() {
        number = (number + 618_033) % entries;
        return number;
    }
}
