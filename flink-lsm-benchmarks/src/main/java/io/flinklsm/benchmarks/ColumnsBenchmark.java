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
package io.flinklsm.benchmarks;

import io.flinklsm.benchmarks.parts.PartEntries;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.flush.FlushJob;
import io.flinklsm.core.flush.FlushTools;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.FrozenGeneration;
import io.flinklsm.core.memtable.Generation;
import io.flinklsm.core.memtable.HotTier;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.TombstoneRule;
import io.flinklsm.core.sstable.NewSstable;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.sstable.ValueColumns;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.tree.FlushPlan;
import io.flinklsm.core.tree.FlushProgress;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What one way to write SSTables costs against another, in the engine alone: flushing a memtable,
 * merging four of them, its size, and lookups of blocks that are not cached and that are. Thread
 * CPU time; the ways take turns within each round, medians of the rounds. Compares typed columns
 * with bytes, or with {@code --codecs} the codecs.
 */
public final class ColumnsBenchmark {

    private static final int INPUTS = 4;
    private static final int LOOKUPS = 200_000;

    private static final String CODECS = "--codecs";

    private static final List<Way> COLUMN_WAYS =
            List.of(
                    new Way("typed", options(SstableCodec.LZ4_RAW, ValueColumns.TYPED)),
                    new Way("binary", options(SstableCodec.LZ4_RAW, ValueColumns.BINARY)));

    private static final List<Way> CODEC_WAYS =
            List.of(
                    new Way("zstd", options(SstableCodec.ZSTD, ValueColumns.TYPED)),
                    new Way("lz4", options(SstableCodec.LZ4_RAW, ValueColumns.TYPED)),
                    new Way("none", options(SstableCodec.UNCOMPRESSED, ValueColumns.TYPED)));

    private final List<Way> ways;
    private final int entries;
    private final int rounds;

    private ColumnsBenchmark(List<Way> ways, int entries, int rounds) {
        this.ways = ways;
        this.entries = entries;
        this.rounds = rounds;
    }

    /** One that is compared. */
    private record Way(String label, SstableOptions options) {}

    private static SstableOptions options(SstableCodec codec, ValueColumns columns) {
        SstableOptions defaults = SstableOptions.DEFAULTS;
        return new SstableOptions(
                defaults.blockBytes(),
                defaults.blockEntries(),
                defaults.rowGroupBytes(),
                defaults.bloomBitsPerKey(),
                LevelCodecs.all(codec),
                1,
                columns);
    }

    /** One value of each measure; times in nanoseconds an entry or lookup, size in bytes. */
    private record Costs(double flush, double merge, double size, double cold, double hot) {
        double[] toArray() {
            return new double[] {flush, merge, size, cold, hot};
        }
    }

    /**
     * Measures and prints a table.
     *
     * @param args {@code --codecs} or not, how many entries a file has, how many rounds
     */
    public static void main(String[] args) throws IOException {
        boolean areCodecs = args.length > 0 && args[0].equals(CODECS);
        int first = areCodecs ? 1 : 0;
        int entries = args.length > first ? Integer.parseInt(args[first]) : 400_000;
        int rounds = args.length > first + 1 ? Integer.parseInt(args[first + 1]) : 7;
        new ColumnsBenchmark(areCodecs ? CODEC_WAYS : COLUMN_WAYS, entries, rounds).run();
    }

    private void run() throws IOException {
        System.out.println(
                "| value | written | flush, ns | merge, ns | bytes an entry | cold get, ns"
                        + " | hot get, ns |\n|---|---|--:|--:|--:|--:|--:|");
        for (EntryShape shape : EntryShape.values()) {
            Map<String, List<Costs>> costs = new HashMap<>();
            for (int round = -2; round < rounds; round++) {
                for (Way way : ways) {
                    Costs measured = measure(shape, way.options());
                    if (round >= 0) {
                        costs.computeIfAbsent(way.label(), c -> new ArrayList<>()).add(measured);
                    }
                }
            }
            List<double[]> medians = new ArrayList<>();
            for (Way way : ways) {
                double[] ofWay = medians(costs.getOrDefault(way.label(), List.of()));
                print(shape, way.label(), ofWay, "%.0f");
                medians.add(ofWay);
            }
            double[] ratios = new double[medians.get(0).length];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = medians.get(0)[i] / medians.get(1)[i];
            }
            print(shape, ways.get(0).label() + " ÷ " + ways.get(1).label(), ratios, "%.2f");
        }
    }

    private Costs measure(EntryShape shape, SstableOptions options) throws IOException {
        Path directory = Files.createTempDirectory("flink-lsm-columns");
        LocalStorage storage = new LocalStorage(directory, false);
        try (MemoryBudget budget = MemoryBudget.root("benchmark", 1L << 30);
                BlockCache cache = new BlockCache(budget);
                OpenSstables open = new OpenSstables(storage, budget, cache, 10)) {
            byte[][] values = values(shape);
            List<SstableMeta> inputs = new ArrayList<>();
            double flush = Double.MAX_VALUE;
            for (int i = 0; i < INPUTS; i++) {
                HotTier tier = tier(budget, values, i);
                Generation memtable = PartEntries.freeze(tier);
                FlushTools tools =
                        new FlushTools(
                                storage,
                                options,
                                budget,
                                Clock.system(),
                                new SplittableRandom(i),
                                FlushProgress.UNHEARD);
                FlushJob job =
                        new FlushJob(
                                new FlushPlan(List.of(new FrozenGeneration(memtable, 0)), true),
                                "t",
                                null,
                                shape.columns(),
                                tools);
                long start = cpuNanos();
                inputs.addAll(job.run());
                flush = Math.min(flush, (double) (cpuNanos() - start) / entries);
                tier.close();
            }
            double merge = merge(storage, options, shape, budget, open, inputs);
            SstableMeta first = inputs.get(0);
            double cold = lookups(open, first, true);
            double hot = lookups(open, first, false);
            return new Costs(flush, merge, (double) first.sizeBytes() / entries, cold, hot);
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static byte[][] values(EntryShape shape) {
        SplittableRandom random = new SplittableRandom(1);
        byte[][] values = new byte[4096][];
        for (int i = 0; i < values.length; i++) {
            ValueBuffer out = new ValueBuffer();
            shape.write(random, out);
            values[i] = out.toBytes();
        }
        return values;
    }

    /** Entries in random order, as a task writes them. */
    private HotTier tier(MemoryBudget budget, byte[][] values, int offset) {
        HotTier tier = PartEntries.emptyTier(budget, offset + 1L);
        byte[] key = new byte[EntryShape.KEY_BYTES];
        KeyBuffer buffer = new KeyBuffer();
        SplittableRandom random = new SplittableRandom(offset);
        // A step that has no divisor in common with the number of entries visits all of them.
        int step = 2_147_483_647 % entries;
        for (int i = 0, number = 0; i < entries; i++, number = (number + step) % entries) {
            EntryShape.key(INPUTS * number + offset, key);
            byte[] value = values[random.nextInt(values.length)];
            if (!tier.put(buffer.set(key, 0, key.length), value, 0, value.length)) {
                throw new AssertionError("the memtable is full: entries=" + i);
            }
        }
        return tier;
    }

    private double merge(
            LocalStorage storage,
            SstableOptions options,
            EntryShape shape,
            MemoryBudget budget,
            OpenSstables open,
            List<SstableMeta> inputs)
            throws IOException {
        List<EntryCursor> cursors = new ArrayList<>();
        for (int i = inputs.size() - 1; i >= 0; i--) {
            cursors.add(open.of(inputs.get(i)).cursor(KeyRange.ALL, false));
        }
        NewSstable identity =
                new NewSstable(new SstableIdentity("out.parquet", "t", 9, 0, 0), 1, true, 0);
        long start = cpuNanos();
        try (EntryCursor merged =
                        CollapsingCursor.compacting(
                                cursors, null, null, TombstoneRule.of(List.of()));
                SstableWriter writer =
                        new SstableWriter(storage, identity, options, shape.columns(), budget)) {
            while (merged.next()) {
                writer.add(merged);
            }
            writer.finish();
        }
        return (double) (cpuNanos() - start) / (INPUTS * entries);
    }

    private double lookups(OpenSstables open, SstableMeta meta, boolean cold) throws IOException {
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();
        KeyBuffer buffer = new KeyBuffer();
        byte[] key = new byte[EntryShape.KEY_BYTES];
        SplittableRandom random = new SplittableRandom(7);
        open.forget(meta.fileName());
        Sstable sstable = open.of(meta);
        open.verifyBlocks(meta);
        int hotEntries = Math.min(entries, 50_000);
        // A block's first miss is answered from its pages: no more lookups than a tenth of them.
        int count = cold ? entries / 1500 : LOOKUPS;
        long nanos = 0;
        int done = 0;
        for (int pass = cold ? 0 : -1; done < (cold ? 20_000 : LOOKUPS); pass++) {
            if (cold) {
                open.forget(meta.fileName());
                sstable = open.of(meta);
                get(sstable, key(0, key), buffer, lookup, out);
            }
            long start = cpuNanos();
            for (int i = 0; i < count; i++) {
                int number = random.nextInt(cold ? entries : hotEntries);
                get(sstable, key(number, key), buffer, lookup, out);
            }
            if (pass >= 0) {
                nanos += cpuNanos() - start;
                done += count;
            }
        }
        return (double) nanos / done;
    }

    private static byte[] key(int number, byte[] key) {
        EntryShape.key(INPUTS * number, key);
        return key;
    }

    private static void get(
            Sstable sstable, byte[] key, KeyBuffer buffer, Lookup lookup, ValueBuffer out)
            throws IOException {
        lookup.start(null, out);
        sstable.get(buffer.set(key, 0, key.length), lookup);
        if (!lookup.finish()) {
            throw new AssertionError("a lookup found nothing: key=" + Arrays.toString(key));
        }
    }

    private static double[] medians(List<Costs> costs) {
        double[][] measured = costs.stream().map(Costs::toArray).toArray(double[][]::new);
        double[] medians = new double[measured[0].length];
        for (int i = 0; i < medians.length; i++) {
            int measure = i;
            double[] sorted =
                    Arrays.stream(measured).mapToDouble(values -> values[measure]).toArray();
            Arrays.sort(sorted);
            medians[i] = sorted[sorted.length / 2];
        }
        return medians;
    }

    private static void print(EntryShape shape, String what, double[] values, String format) {
        StringBuilder row = new StringBuilder("| " + shape.label() + " | " + what);
        for (double value : values) {
            row.append(" | ").append(String.format(Locale.ROOT, format, value));
        }
        System.out.println(row.append(" |"));
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
