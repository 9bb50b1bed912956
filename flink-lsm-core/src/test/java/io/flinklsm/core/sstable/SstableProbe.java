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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.storage.LocalStorage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Measures writing, scanning and looking up in one SSTable, in thread CPU time; to be run by hand:
 * {@code SstableProbe <entries> <value bytes> <block bytes>}. Every number is the minimum and the
 * median of chunks, as in the measurements that the design stands on.
 */
public final class SstableProbe {

    private static final int CHUNKS = 15;
    private static final int LOOKUPS = 20_000;

    private final int entries;
    private final int valueBytes;
    private final SstableOptions options;
    private final byte[] key = new byte[24];
    private final byte[] value;
    private final Slice keyView = new Slice();
    private final Slice valueView = new Slice();

    private SstableProbe(int entries, int valueBytes, int blockBytes) {
        this.entries = entries;
        this.valueBytes = valueBytes;
        this.value = new byte[valueBytes];
        this.options = new SstableOptions(blockBytes, 512, 4 << 20, 10.6, SstableCodec.LZ4_RAW, 0);
    }

    /** Measures and prints. */
    public static void main(String[] args) throws IOException {
        int entries = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        int valueBytes = args.length > 1 ? Integer.parseInt(args[1]) : 100;
        int blockBytes = args.length > 2 ? Integer.parseInt(args[2]) : 8 << 10;
        Path directory = Files.createTempDirectory("sstable-probe");
        try {
            new SstableProbe(entries, valueBytes, blockBytes).run(directory);
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private void run(Path directory) throws IOException {
        LocalStorage storage = new LocalStorage(directory, false);
        try (MemoryBudget budget = MemoryBudget.root("probe", 1L << 30);
                BlockCache cache = new BlockCache(budget);
                OpenSstables open = new OpenSstables(storage, budget, cache, 10)) {
            SstableMeta meta = null;
            double[] writes = new double[5];
            double[] opens = new double[5];
            for (int i = 0; i < writes.length; i++) {
                if (meta != null) {
                    open.forget(meta.fileName());
                    storage.delete(meta.fileName());
                }
                long start = cpuNanos();
                meta = write(storage, budget, "file-" + i + ".parquet");
                writes[i] = (cpuNanos() - start) / 1e9;
                start = cpuNanos();
                open.verify(meta);
                opens[i] = (cpuNanos() - start) / 1e6;
            }
            double megabytes = entries * (24.0 + valueBytes) / 1e6;
            print("write, M entries/s", 1e-6 * entries / min(writes));
            print("write, MB/s of entries", megabytes / min(writes));
            print("file, MB", meta.sizeBytes() / 1e6);
            print("tail, MB", (meta.sizeBytes() - meta.tailOffset()) / 1e6);
            print("open, ms", min(opens));
            print("resident, MB", open.residentBytes() / 1e6);
            double[] scans = new double[5];
            for (int i = 0; i < scans.length; i++) {
                long start = cpuNanos();
                scan(open.of(meta));
                scans[i] = (cpuNanos() - start) / 1e9;
            }
            print("scan, M entries/s", 1e-6 * entries / min(scans));
            lookups("cold get, us", 1000, open, meta, true, 0);
            lookups("absent get, ns", 1, open, meta, true, 1);
            lookups("hot get, ns", 1, open, meta, false, 0);
            print("cached, MB", cache.usedBytes() / 1e6);
        }
    }

    private SstableMeta write(LocalStorage storage, MemoryBudget budget, String fileName)
            throws IOException {
        Random random = new Random(1);
        NewSstable identity =
                new NewSstable(new SstableIdentity(fileName, "probe", 1, 0, 0), 0, false, 0);
        try (SstableWriter writer = new SstableWriter(storage, identity, options, budget)) {
            for (int i = 0; i < entries; i++) {
                // Half of a value repeats, as serialised state does.
                for (int at = 0; at + 8 <= valueBytes; at += 16) {
                    long bits = random.nextLong();
                    for (int b = 0; b < 8; b++) {
                        value[at + b] = (byte) (bits >>> (8 * b));
                    }
                }
                writer.add(key(2 * i), EntryKind.PUT, valueView.setBytes(value, 0, valueBytes));
            }
            return writer.finish();
        }
    }

    private void scan(Sstable sstable) throws IOException {
        long bytes = 0;
        try (EntryCursor cursor = sstable.cursor(KeyRange.ALL, false)) {
            while (cursor.next()) {
                bytes += cursor.key().length() + cursor.value().length();
            }
        }
        if (bytes != entries * (24L + valueBytes)) {
            throw new AssertionError("scan lost entries: bytes=" + bytes);
        }
    }

    private void lookups(
            String what,
            double nanosPerUnit,
            OpenSstables open,
            SstableMeta meta,
            boolean cold,
            int offset)
            throws IOException {
        Sstable sstable = open.of(meta);
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();
        KeyBuffer buffer = new KeyBuffer();
        Random random = new Random(7);
        double[] nanos = new double[CHUNKS];
        int hotRange = cold ? entries : Math.min(entries, 100_000);
        for (int chunk = -5; chunk < CHUNKS; chunk++) {
            if (cold) {
                open.forget(meta.fileName());
                sstable = open.of(meta);
                // Touches every page of the new memory map, which is a cost of opening.
                open.verifyBlocks(meta);
            }
            int count = cold ? Math.min(LOOKUPS, entries / 500) : LOOKUPS * 5;
            long start = cpuNanos();
            int found = 0;
            for (int i = 0; i < count; i++) {
                buffer.set(key(2 * random.nextInt(hotRange) + offset), 24);
                lookup.start(null, out);
                sstable.get(buffer, lookup);
                found += lookup.finish() ? 1 : 0;
            }
            if (found != (offset == 0 ? count : 0)) {
                throw new AssertionError("lookups went wrong: found=" + found);
            }
            if (chunk >= 0) {
                nanos[chunk] = (double) (cpuNanos() - start) / count;
            }
        }
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT,
                "%-24s %10.2f / %.2f%n",
                what,
                nanos[0] / nanosPerUnit,
                nanos[CHUNKS / 2] / nanosPerUnit);
    }

    private Slice key(int number) {
        byte[] prefix = {'k', 'e', 'y', '-', 'g', 'r', 'o', 'u', 'p', '-', '0', '0'};
        System.arraycopy(prefix, 0, key, 0, prefix.length);
        int rest = number;
        for (int i = key.length - 1; i >= prefix.length; i--) {
            key[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return keyView.setBytes(key, 0, key.length);
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static void print(String what, double value) {
        System.out.printf(Locale.ROOT, "%-24s %10.2f%n", what, value);
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
