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
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.flush.FlushJob;
import io.flinklsm.core.flush.FlushTools;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergingCursor;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.NewSstable;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
 * SSTables of opaque values: lookups in blocks that are cached and that are not, scans, and the
 * rates at which flush and compaction make them. Files are in the system's page cache.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SstableBenchmark {

    private static final int INPUTS = 4;

    /** Few enough that two of them seldom meet in one block. */
    private static final int COLD_LOOKUPS = 50;

    private static final int HOT_ENTRIES = 20_000;

    /** Entries of each file; flush and compaction rates are per so many entries. */
    private static final int ENTRIES = 200_000;

    /** Four files with different keys, open. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH calls the setup.
    public static class Files4 {

        /** Length of a value. */
        @Param({"8", "100"})
        public int valueBytes;

        Path directory;
        MemoryBudget budget;
        BlockCache cache;
        OpenSstables open;
        LocalStorage storage;
        SstableOptions options;
        PartEntries contents;
        final List<SstableMeta> metas = new ArrayList<>();
        final List<HotTier> tiers = new ArrayList<>();
        final List<Generation> frozen = new ArrayList<>();
        final Lookup lookup = new Lookup();
        final ValueBuffer out = new ValueBuffer();
        final SplittableRandom random = new SplittableRandom(3);
        long fileNumber;

        /** Fills memtables, and flushes them. */
        @Setup(Level.Trial)
        public void open() throws IOException {
            directory = Files.createTempDirectory("flink-lsm-parts");
            storage = new LocalStorage(directory, false);
            budget = MemoryBudget.root("parts", 1L << 30);
            cache = new BlockCache(budget);
            open = new OpenSstables(storage, budget, cache, 100);
            options = SstableOptions.DEFAULTS.withKeyGroupBytes(1);
            contents = new PartEntries(valueBytes);
            for (int i = 0; i < INPUTS; i++) {
                HotTier tier = contents.tier(budget, ENTRIES, i, INPUTS);
                tiers.add(tier);
                frozen.add(PartEntries.freeze(tier));
                metas.add(flush(frozen.get(i)));
            }
        }

        SstableMeta flush(Generation memtable) throws IOException {
            FlushPlan plan = new FlushPlan(List.of(new FrozenGeneration(memtable, 0)), true);
            FlushTools tools =
                    new FlushTools(
                            storage,
                            options,
                            budget,
                            Clock.system(),
                            new SplittableRandom(++fileNumber),
                            FlushProgress.UNHEARD);
            return new FlushJob(plan, "parts", null, null, tools).run().get(0);
        }

        int get(long number) throws IOException {
            lookup.start(null, out);
            Sstable sstable = open.of(metas.get(0));
            sstable.get(contents.key(number * INPUTS), lookup);
            if (!lookup.finish()) {
                throw new IllegalStateException("[sstable] an entry is missing: entry=" + number);
            }
            return out.length();
        }

        boolean getMissing(long number) throws IOException {
            lookup.start(null, out);
            open.of(metas.get(0)).get(contents.key(number * INPUTS + 1), lookup);
            return lookup.finish();
        }

        void delete(SstableMeta meta) throws IOException {
            open.forget(meta.fileName());
            storage.delete(meta.fileName());
        }

        /** Closes and deletes all. */
        @TearDown(Level.Trial)
        public void close() throws IOException {
            open.close();
            cache.close();
            tiers.forEach(HotTier::close);
            budget.close();
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    /** Keys of blocks that are not cached; each is asked for once or, where told, twice. */
    @State(Scope.Thread)
    public static class ColdKeys {

        final long[] numbers = new long[COLD_LOOKUPS];

        /** Forgets all blocks; an invocation takes a few hundred microseconds. */
        @Setup(Level.Invocation)
        public void forget(Files4 files) throws IOException {
            files.open.forget(files.metas.get(0).fileName());
            for (int i = 0; i < COLD_LOOKUPS; i++) {
                numbers[i] = files.random.nextInt(ENTRIES);
            }
            // The file's index and filter are read by the first lookup.
            files.get(0);
        }
    }

    /** Keys of blocks that have been asked for once, so that the next time decodes them. */
    @State(Scope.Thread)
    public static class KnownKeys extends ColdKeys {
        @Override
        @Setup(Level.Invocation)
        public void forget(Files4 files) throws IOException {
            super.forget(files);
            for (long number : numbers) {
                files.get(number);
            }
        }
    }

    /** A key of a block in the cache. */
    @Benchmark
    public int getHot(Files4 files) throws IOException {
        return files.get(files.random.nextInt(HOT_ENTRIES));
    }

    /** A key that the filter says is not there. */
    @Benchmark
    public boolean getMissing(Files4 files) throws IOException {
        return files.getMissing(files.random.nextInt(ENTRIES));
    }

    /** The first lookup in a block: answered from its page. */
    @Benchmark
    @OperationsPerInvocation(COLD_LOOKUPS)
    public int getColdFromPage(Files4 files, ColdKeys keys) throws IOException {
        return getAll(files, keys);
    }

    /** The second lookup in a block: the block is decoded for the cache. */
    @Benchmark
    @OperationsPerInvocation(COLD_LOOKUPS)
    public int getColdDecodingBlock(Files4 files, KnownKeys keys) throws IOException {
        return getAll(files, keys);
    }

    private static int getAll(Files4 files, ColdKeys keys) throws IOException {
        int sum = 0;
        for (long number : keys.numbers) {
            sum += files.get(number);
        }
        return sum;
    }

    /** Entries of one file in order, past the cache. */
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public long scan(Files4 files) throws IOException {
        long sum = 0;
        try (EntryCursor cursor = files.open.of(files.metas.get(0)).cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                sum += cursor.value().length();
            }
        }
        return sum;
    }

    /** Keys of four files, merged in order. */
    @Benchmark
    @OperationsPerInvocation(INPUTS * ENTRIES)
    public long merge(Files4 files) throws IOException {
        long keys = 0;
        try (MergingCursor merged = new MergingCursor(cursors(files))) {
            while (merged.nextKey()) {
                keys++;
            }
        }
        return keys;
    }

    /** A frozen memtable becomes a file; it is sorted once, before the first. */
    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public long flush(Files4 files) throws IOException {
        SstableMeta meta = files.flush(files.frozen.get(0));
        files.delete(meta);
        return meta.sizeBytes();
    }

    /** Four files become one. */
    @Benchmark
    @OperationsPerInvocation(INPUTS * ENTRIES)
    public long compact(Files4 files) throws IOException {
        NewSstable identity =
                new NewSstable(
                        new SstableIdentity(
                                "out-" + ++files.fileNumber + ".parquet", "parts", 9, 0, 0),
                        1,
                        true,
                        0);
        SstableMeta meta;
        try (EntryCursor merged =
                        CollapsingCursor.compacting(
                                cursors(files), null, null, TombstoneRule.of(List.of()));
                SstableWriter writer =
                        new SstableWriter(
                                files.storage, identity, files.options, null, files.budget)) {
            while (merged.next()) {
                writer.add(merged);
            }
            meta = writer.finish();
        }
        files.delete(meta);
        return meta.sizeBytes();
    }

    private static List<EntryCursor> cursors(Files4 files) throws IOException {
        List<EntryCursor> cursors = new ArrayList<>();
        for (int i = INPUTS - 1; i >= 0; i--) {
            cursors.add(files.open.of(files.metas.get(i)).cursor(KeyRange.ALL, false));
        }
        return cursors;
    }
}
