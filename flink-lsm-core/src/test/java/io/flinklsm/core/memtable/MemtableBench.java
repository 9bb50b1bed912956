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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.Lookup;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntConsumer;

/**
 * CPU time of a memtable's operations, by hand: {@code java -cp ...
 * io.flinklsm.core.memtable.MemtableBench [entries [kind]]}. Keys of 21 bytes (key group, a random
 * number, a constant) in random order; prints ns per operation, the least and the median of 30
 * chunks.
 */
public final class MemtableBench {

    private static final int CHUNKS = 30;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final MemtableKind kind;
    private final int count;
    private final byte[] value;
    private final long[] numbers;
    private final int[] shuffled;
    private final KeyBuffer key = new KeyBuffer();
    private final byte[] keyBytes = new byte[21];

    private MemtableBench(MemtableKind kind, int count, int valueBytes) {
        this.kind = kind;
        this.count = count;
        value = new byte[valueBytes];
        Random random = new Random(7);
        numbers = random.longs(count).toArray();
        shuffled = new int[count];
        for (int i = 0; i < count; i++) {
            shuffled[i] = i;
        }
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swapped;
        }
        random.nextBytes(value);
        Arrays.fill(keyBytes, (byte) 'k');
    }

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        System.out.println("xxHash64 included; entries=" + count);
        MemtableKind[] kinds =
                args.length > 1
                        ? new MemtableKind[] {MemtableKind.valueOf(args[1])}
                        : MemtableKind.values();
        for (MemtableKind kind : kinds) {
            for (int valueBytes : new int[] {8, 100}) {
                MemtableBench bench = new MemtableBench(kind, count, valueBytes);
                bench.run(false);
                bench.run(true);
            }
        }
        groups(false);
        groups(true);
    }

    private void run(boolean print) throws Exception {
        MemoryBudget budget = MemoryBudget.root("bench", 4L << 30);
        Memtable memtable = new Memtable(kind, 1, budget, null, 0);
        StringBuilder line = new StringBuilder();
        line.append(String.format("%-11s %3d B", kind, value.length));
        line.append("  insert ").append(time(i -> put(memtable, i)));
        line.append("  bytes/entry ").append(memtable.usedBytes() / count);
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();
        line.append("  get ").append(time(i -> get(memtable, shuffled[i], lookup, out)));
        line.append("  miss ").append(time(i -> get(memtable, -1 - shuffled[i], lookup, out)));
        line.append("  update ").append(time(i -> put(memtable, shuffled[i])));
        long longest = 0;
        Memtable again = new Memtable(kind, 2, budget, null, 0);
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            put(again, i);
            longest = Math.max(longest, System.nanoTime() - start);
        }
        again.release();
        line.append("  longest insert ").append(longest / 1000).append(" us");
        memtable.freeze(1);
        long start = THREADS.getCurrentThreadCpuTime();
        EntryCursor cursor = memtable.cursor(KeyRange.ALL);
        long sorted = THREADS.getCurrentThreadCpuTime();
        int n = 0;
        while (cursor.next()) {
            n += cursor.value().length() > 0 ? 1 : 0;
        }
        cursor.close();
        long scanned = THREADS.getCurrentThreadCpuTime();
        line.append("  sort ").append((sorted - start) / 1_000_000).append(" ms");
        line.append("  scan ").append((scanned - sorted) / n).append(" ns");
        memtable.release();
        budget.close();
        if (print) {
            System.out.println(line);
        }
    }

    private void put(Memtable memtable, int i) {
        if (!memtable.put(key(i), value, 0, value.length)) {
            throw new IllegalStateException("the budget is full");
        }
    }

    private void get(Memtable memtable, int i, Lookup lookup, ValueBuffer out) {
        lookup.start(null, out);
        memtable.get(key(i), lookup);
        if (lookup.finish() != (i >= 0)) {
            throw new IllegalStateException("wrong answer for key " + i);
        }
    }

    private KeyBuffer key(int i) {
        long number = i >= 0 ? numbers[i] : ~numbers[-1 - i];
        keyBytes[0] = 0;
        keyBytes[1] = (byte) ((number >>> 13) & 0x7F);
        for (int b = 0; b < 8; b++) {
            keyBytes[2 + b] = (byte) (number >>> (56 - 8 * b));
        }
        return key.set(keyBytes, 0, keyBytes.length, 10);
    }

    private String time(IntConsumer operation) {
        long[] chunks = new long[CHUNKS];
        int each = count / CHUNKS;
        for (int c = 0; c < CHUNKS; c++) {
            long start = THREADS.getCurrentThreadCpuTime();
            for (int i = c * each; i < (c + 1) * each; i++) {
                operation.accept(i);
            }
            chunks[c] = (THREADS.getCurrentThreadCpuTime() - start) / each;
        }
        for (int i = CHUNKS * each; i < count; i++) {
            operation.accept(i);
        }
        Arrays.sort(chunks);
        return chunks[0] + "/" + chunks[CHUNKS / 2];
    }

    /** Iterating maps of 100 entries each, among 10,000 maps. */
    private static void groups(boolean print) throws Exception {
        MemoryBudget budget = MemoryBudget.root("bench", 4L << 30);
        Memtable memtable = new Memtable(MemtableKind.PREFIX_HASH, 1, budget, null, 0);
        KeyBuffer key = new KeyBuffer();
        byte[] bytes = new byte[16];
        byte[] value = new byte[8];
        int mapCount = 10_000;
        int[] suffixes = new Random(1).ints(100).toArray();
        for (int suffix : suffixes) {
            for (int m = 0; m < mapCount; m++) {
                mapKey(key, bytes, m, suffix, 16);
                memtable.put(key, value, 0, 8);
            }
        }
        long[] times = new long[2];
        int n = 0;
        for (int round = 0; round < times.length; round++) {
            long start = THREADS.getCurrentThreadCpuTime();
            for (int m = 0; m < mapCount; m++) {
                try (EntryCursor cursor = memtable.prefixCursor(mapKey(key, bytes, m, 0, 12))) {
                    while (cursor.next()) {
                        n++;
                    }
                }
            }
            times[round] = (THREADS.getCurrentThreadCpuTime() - start) / (mapCount * 100L);
        }
        memtable.release();
        budget.close();
        if (print) {
            System.out.println(
                    "iterating maps of 100 entries, ns per entry: first time "
                            + times[0]
                            + ", again "
                            + times[1]
                            + " ("
                            + n
                            + " entries)");
        }
    }

    private static KeyBuffer mapKey(KeyBuffer key, byte[] bytes, int map, int suffix, int length) {
        for (int b = 0; b < 4; b++) {
            bytes[8 + b] = (byte) (map >>> (24 - 8 * b));
            bytes[12 + b] = (byte) (suffix >>> (24 - 8 * b));
        }
        return key.set(bytes, 0, length, 12);
    }
}
