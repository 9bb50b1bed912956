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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One writer and several readers at once; every value tells whether it is whole. */
class MemtableConcurrencyTest {

    private static final AppendOperator SAME = new AppendOperator(0);
    private static final int READERS = 2;

    @Test
    void readersSeeWholeValuesOfKeysThatAreOverwritten() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("test", 512 << 20)) {
            Memtable memtable = new Memtable(1, budget, SAME, 0);
            int keyCount = 8;
            byte[] value = new byte[3000];
            KeyBuffer key = new KeyBuffer();
            for (int i = 0; i < keyCount; i++) {
                assertThat(memtable.put(key(key, i), selfChecking(value, i, 10), 0, 10)).isTrue();
            }

            besideReaders(
                    memtable,
                    keyCount,
                    true,
                    () -> {
                        Random random = new Random(1);
                        for (int i = 0; i < 400_000; i++) {
                            int k = random.nextInt(keyCount);
                            int length = 10 + random.nextInt(random.nextInt(50) == 0 ? 2990 : 100);
                            byte[] content = selfChecking(value, i, length);
                            switch (random.nextInt(8)) {
                                case 0 -> memtable.delete(key(key, k));
                                default -> memtable.put(key(key, k), content, 0, length);
                            }
                        }
                    });

            memtable.release();
        }
    }

    @Test
    void readersFindEveryKeyThatWasThereWhileTheIndexGrows() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("test", 512 << 20)) {
            Memtable memtable = new Memtable(1, budget, SAME, 0);
            AtomicInteger written = new AtomicInteger();
            byte[] value = new byte[100];
            KeyBuffer key = new KeyBuffer();

            besideReaders(
                    memtable,
                    written,
                    false,
                    () -> {
                        for (int i = 0; i < 300_000; i++) {
                            byte[] content = selfChecking(value, i, 20);
                            assertThat(memtable.put(key(key, i), content, 0, 20)).isTrue();
                            written.setRelease(i + 1);
                        }
                    });

            memtable.release();
        }
    }

    @Test
    void readersOfAListThatIsAppendedToComeToAnEnd() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("test", 512 << 20)) {
            Memtable memtable = new Memtable(1, budget, new AppendOperator(7), 0);
            KeyBuffer key = new KeyBuffer();
            byte[] sevens = {7, 7, 7, 7, 7, 7, 7};
            memtable.put(key(key, 0), sevens, 0, 7);
            AtomicBoolean done = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(1);
            try {
                Future<Integer> reader =
                        threads.submit(
                                () -> {
                                    int reads = 0;
                                    int last = 0;
                                    Reader r = new Reader(memtable);
                                    while (!done.get()) {
                                        assertThat(r.read(0)).isTrue();
                                        int length = r.out.length();
                                        assertThat(length).isGreaterThanOrEqualTo(last);
                                        for (int i = 0; i < length; i++) {
                                            if (r.out.array()[i] != 7) {
                                                throw new AssertionError("torn at " + i);
                                            }
                                        }
                                        last = length;
                                        reads++;
                                    }
                                    return reads;
                                });
                for (int i = 0; i < 400_000; i++) {
                    memtable.merge(key(key, 0), sevens, 0, 7);
                }
                done.set(true);
                assertThat(reader.get()).isPositive();
            } finally {
                done.set(true);
                threads.shutdownNow();
            }
            memtable.release();
        }
    }

    @Test
    void severalThreadsMayScanAFrozenMemtable() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("test", 512 << 20)) {
            Memtable memtable = new Memtable(1, budget, SAME, 0);
            byte[] value = new byte[20];
            KeyBuffer key = new KeyBuffer();
            int count = 50_000;
            for (int i = 0; i < count; i++) {
                memtable.put(key(key, i), selfChecking(value, i, 20), 0, 20);
            }
            memtable.freeze(1);
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                List<Future<Integer>> scans = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    scans.add(
                            threads.submit(
                                    () -> {
                                        int n = 0;
                                        try (EntryCursor cursor = memtable.cursor(KeyRange.ALL)) {
                                            while (cursor.next()) {
                                                check(cursor.value());
                                                n++;
                                            }
                                        }
                                        return n;
                                    }));
                }
                for (Future<Integer> scan : scans) {
                    assertThat(scan.get()).isEqualTo(count);
                }
            } finally {
                threads.shutdownNow();
            }
            memtable.release();
        }
    }

    private static void besideReaders(
            Memtable memtable, int keyCount, boolean mayBeDeleted, Runnable writer)
            throws Exception {
        besideReaders(memtable, new AtomicInteger(keyCount), mayBeDeleted, writer);
    }

    private static void besideReaders(
            Memtable memtable, AtomicInteger keyCount, boolean mayBeDeleted, Runnable writer)
            throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        try {
            List<Future<Integer>> readers = new ArrayList<>();
            for (int t = 0; t < READERS; t++) {
                int seed = t;
                readers.add(
                        threads.submit(
                                () -> {
                                    Random random = new Random(seed);
                                    Reader reader = new Reader(memtable);
                                    Slice view = new Slice();
                                    int reads = 0;
                                    while (!done.get() || reads == 0) {
                                        int count = keyCount.getAcquire();
                                        if (count == 0) {
                                            continue;
                                        }
                                        boolean found = reader.read(random.nextInt(count));
                                        if (found) {
                                            check(reader.out.view(view));
                                            reads++;
                                        } else if (!mayBeDeleted) {
                                            throw new AssertionError("a key that was there");
                                        }
                                    }
                                    return reads;
                                }));
            }
            writer.run();
            done.set(true);
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
    }

    private static KeyBuffer key(KeyBuffer key, int i) {
        byte[] bytes = {
            (byte) (i * 7), 0, 'k', 'e', 'y', (byte) (i >>> 16), (byte) (i >>> 8), (byte) i
        };
        return key.set(bytes, 0, 8, 2);
    }

    /** A value whose every byte follows from its first four and its length. */
    private static byte[] selfChecking(byte[] value, int number, int length) {
        int x = number * 0x9E3779B9 + length;
        value[0] = (byte) number;
        value[1] = (byte) (number >>> 8);
        value[2] = (byte) (number >>> 16);
        value[3] = (byte) (number >>> 24);
        for (int i = 4; i < length; i++) {
            value[i] = (byte) (x >>> (i & 15));
        }
        return value;
    }

    private static void check(Slice value) {
        byte[] bytes = value.toBytes();
        int number =
                (bytes[0] & 0xFF)
                        | (bytes[1] & 0xFF) << 8
                        | (bytes[2] & 0xFF) << 16
                        | (bytes[3] & 0xFF) << 24;
        byte[] expected = selfChecking(new byte[bytes.length], number, bytes.length);
        if (!java.util.Arrays.equals(bytes, expected)) {
            throw new AssertionError("torn value: " + value);
        }
    }

    private static final class Reader {
        private final Memtable memtable;
        private final KeyBuffer key = new KeyBuffer();
        private final Lookup lookup = new Lookup();
        private final ValueBuffer out = new ValueBuffer();

        Reader(Memtable memtable) {
            this.memtable = memtable;
        }

        boolean read(int i) {
            lookup.start(SAME, out);
            memtable.get(key(key, i), lookup);
            return lookup.finish();
        }
    }
}
