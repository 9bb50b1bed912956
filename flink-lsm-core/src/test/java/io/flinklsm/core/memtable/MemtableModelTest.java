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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBlock;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.MemtableProbe.Shown;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Random operations on a memtable and on a TreeMap; they must agree at every look. */
class MemtableModelTest {

    private static final AppendOperator COMMA = new AppendOperator(',');

    @Test
    void agreesWithATreeMap() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 6; round++) {
            run(seed + round, 256 << 20);
        }
    }

    @Test
    void agreesWithATreeMapInABudgetThatIsOftenFull() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 6; round++) {
            run(seed + round, 1 << 20);
        }
    }

    private static void run(long seed, long limitBytes) throws Exception {
        try {
            new Run(new Random(seed), limitBytes).run();
        } catch (Throwable e) {
            throw new AssertionError("seed=" + seed, e);
        }
    }

    /** One memtable's life. */
    private static final class Run {

        private final Random random;
        private final long limitBytes;
        private final NavigableMap<OwnedSlice, Shown> model = new TreeMap<>();
        private final KeyBuffer key = new KeyBuffer();
        private final int prefixCount;
        private final int suffixCount;
        private final int valueBytesMax;

        Run(Random random, long limitBytes) {
            this.random = random;
            this.limitBytes = limitBytes;
            prefixCount = 1 + random.nextInt(200);
            suffixCount = 1 + random.nextInt(200);
            valueBytesMax = 1 << random.nextInt(10);
        }

        void run() throws Exception {
            try (MemoryBudget budget = MemoryBudget.root("test", limitBytes)) {
                Memtable memtable = new Memtable(1, budget, COMMA, 0);
                for (int i = 0; i < 20_000; i++) {
                    step(memtable);
                    if (memtable.entryCount() != model.size()) {
                        throw new AssertionError("after step " + i);
                    }
                }
                assertThat(memtable.dataBytes()).isEqualTo(modelBytes());
                assertThat(memtable.usedBytes()).isEqualTo(budget.usedBytes());
                lookUpAll(memtable);
                memtable.freeze(1);
                if (random.nextBoolean()) {
                    // Sorting must need nothing more than what the writes set aside.
                    budget.tryReserve(budget.limitBytes() - budget.usedBytes());
                }
                long held = budget.usedBytes() - memtable.usedBytes();
                lookUpAll(memtable);
                assertThat(show(memtable.cursor(KeyRange.ALL)))
                        .isEqualTo(List.copyOf(lines(model)));
                for (int i = 0; i < 20; i++) {
                    checkRange(memtable);
                    checkPrefix(memtable);
                }
                memtable.release();
                budget.unreserve(held);
            }
        }

        private void step(Memtable memtable) throws Exception {
            randomKey();
            OwnedSlice k = key.toOwned();
            Shown old = model.get(k);
            byte[] value = new byte[random.nextInt(valueBytesMax) + 3];
            random.nextBytes(value);
            int length = value.length - 3;
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> {
                    if (memtable.put(key, value, 2, length)) {
                        model.put(k, new Shown(EntryKind.PUT, OwnedSlice.copyOf(value, 2, length)));
                    }
                }
                case 4, 5 -> {
                    if (memtable.delete(key)) {
                        model.put(k, new Shown(EntryKind.DELETE, OwnedSlice.EMPTY));
                    }
                }
                case 6, 7 -> {
                    if (memtable.merge(key, value, 2, length)) {
                        model.put(k, merged(old, OwnedSlice.copyOf(value, 2, length)));
                    }
                }
                case 8 -> assertThat(look(memtable, key)).isEqualTo(old);
                default -> {
                    if (random.nextInt(20) == 0) {
                        checkPrefix(memtable);
                    }
                }
            }
        }

        private void randomKey() {
            // Prefixes end with a byte that they do not contain: no prefix is one of another's.
            int prefix = random.nextInt(prefixCount);
            int suffix = random.nextInt(suffixCount);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int i = 0; i <= prefix % 13; i++) {
                bytes.write(1 + (prefix >>> (i % 8)) % 100);
            }
            bytes.write(prefix);
            int prefixLength;
            if (prefix == 255) {
                bytes.write(7);
            }
            bytes.write(0);
            prefixLength = bytes.size();
            for (int i = 0; i < suffix % 11; i++) {
                bytes.write((suffix * 31) >>> (i % 3));
            }
            byte[] array = bytes.toByteArray();
            // Keys of equal bytes must have equal prefixes.
            array[prefixLength - 2] = (byte) (array[prefixLength - 2] | 0x80);
            key.set(array, 0, array.length, prefixLength);
        }

        private void lookUpAll(Memtable memtable) {
            for (Map.Entry<OwnedSlice, Shown> e : model.entrySet()) {
                key.set(e.getKey());
                assertThat(look(memtable, key)).isEqualTo(e.getValue());
            }
        }

        private void checkRange(Memtable memtable) throws Exception {
            randomKey();
            OwnedSlice a = key.toOwned();
            randomKey();
            OwnedSlice b = key.toOwned();
            OwnedSlice from = a.compareTo(b) <= 0 ? a : b;
            OwnedSlice to = a.compareTo(b) <= 0 ? b : a;

            assertThat(show(memtable.cursor(new KeyRange(from, to))))
                    .isEqualTo(lines(model.subMap(from, true, to, false)));
        }

        private void checkPrefix(Memtable memtable) throws Exception {
            randomKey();
            KeyBuffer prefix = new KeyBuffer().set(key.array(), 0, key.prefixLength());
            KeyRange range = KeyRange.ofPrefix(prefix.toOwned());
            List<String> expected = lines(model.subMap(range.start(), true, range.end(), false));

            if (!memtable.isFrozen() && random.nextBoolean()) {
                checkPrefixWhileWriting(memtable, prefix, expected);
            } else {
                assertThat(show(memtable.cursor(KeyRange.ofPrefix(prefix.toOwned()))))
                        .isEqualTo(expected);
                key.setSuffix(new byte[] {(byte) random.nextInt(256)}, 0, 1);
                OwnedSlice from = key.toOwned();
                assertThat(show(memtable.cursor(new KeyRange(from, range.end()))))
                        .isEqualTo(lines(model.subMap(from, true, range.end(), false)));
            }
        }

        /** The keys there at the opening all come out, in order, whatever is written meanwhile. */
        private void checkPrefixWhileWriting(
                Memtable memtable, KeyBuffer prefix, List<String> expected) throws Exception {
            List<OwnedSlice> keys = new ArrayList<>();
            OwnedSlice start = prefix.toOwned();
            model.subMap(start, true, KeyRange.successorOfPrefix(start), false)
                    .forEach((k, v) -> keys.add(k));
            ArrayDeque<OwnedSlice> left = new ArrayDeque<>(keys);
            assertThat(left).hasSameSizeAs(expected);
            try (EntryCursor cursor = memtable.cursor(KeyRange.ofPrefix(prefix.toOwned()))) {
                OwnedSlice last = null;
                while (cursor.next()) {
                    OwnedSlice k = cursor.key().toOwned();
                    assertThat(last == null || last.compareTo(k) < 0).isTrue();
                    last = k;
                    Shown now = model.get(k);
                    if (k.equals(left.peek())) {
                        left.remove();
                    }
                    assertThat(new Shown(cursor.kind(), cursor.value().toOwned()))
                            .as("the value as of the move")
                            .isEqualTo(now);
                    key.set(cursor.key(), prefix.length());
                    byte[] value = new byte[random.nextInt(valueBytesMax)];
                    if (memtable.put(key, value, 0, value.length)) {
                        model.put(k, new Shown(EntryKind.PUT, OwnedSlice.wrap(value)));
                    }
                }
            }
            assertThat(left).isEmpty();
        }

        private long modelBytes() {
            long bytes = 0;
            for (Map.Entry<OwnedSlice, Shown> e : model.entrySet()) {
                bytes += e.getKey().length() + e.getValue().value().length();
            }
            return bytes;
        }
    }

    @Test
    void everyAllocationMayFailAndNothingChanges() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("test", 64 << 20)) {
            Memtable memtable = new Memtable(1, budget, COMMA, 0);
            MemtableProbe probe = new MemtableProbe(memtable, COMMA);
            TreeMap<String, String> model = new TreeMap<>();
            int refusals = 0;
            for (int i = 0; i < 12_000; i++) {
                String key = "p" + (i % 97) + "/" + (i % 3919);
                String value = "v".repeat(i % 50);
                long rest = budget.limitBytes() - budget.usedBytes();
                assertThat(budget.tryReserve(rest)).isTrue();
                boolean wasThere = model.containsKey(key);
                int count = memtable.entryCount();
                long bytes = memtable.dataBytes();
                long used = memtable.usedBytes();
                boolean done = i % 3 == 0 ? probe.merge(key, value) : probe.put(key, value);
                budget.unreserve(rest);
                if (!done) {
                    refusals++;
                    assertThat(probe.get(key)).isEqualTo(model.get(key));
                    assertThat(memtable.entryCount()).isEqualTo(count);
                    assertThat(memtable.dataBytes()).isEqualTo(bytes);
                    assertThat(memtable.usedBytes()).isEqualTo(used);
                    done = i % 3 == 0 ? probe.merge(key, value) : probe.put(key, value);
                    assertThat(done).isTrue();
                }
                model.merge(key, value, (a, b) -> b);
                if (i % 3 == 0 && wasThere) {
                    model.put(key, probe.get(key));
                }
                assertThat(probe.get(key)).isEqualTo(model.get(key));
            }
            assertThat(refusals).isGreaterThan(8);
            model.forEach((k, v) -> assertThat(probe.get(k)).isEqualTo(v));
            memtable.release();
        }
    }

    @Test
    void aHugeValueThatFindsNoRoomLeavesNothingBehind() {
        try (MemoryBudget budget = MemoryBudget.root("test", 4 << 20)) {
            Memtable memtable = new Memtable(1, budget, null, 0);
            MemtableProbe probe = new MemtableProbe(memtable, null);
            probe.put("small", "1");
            MemoryBlock rest =
                    budget.tryAllocate((int) (budget.limitBytes() - budget.usedBytes() - 1000));
            long used = memtable.usedBytes();

            assertThat(probe.put("k".repeat(5000), "v".repeat(900))).isFalse();
            assertThat(probe.put("k", "v".repeat(3 << 20))).isFalse();
            assertThat(probe.put("small", "v".repeat(3 << 20))).isFalse();

            assertThat(memtable.usedBytes()).isEqualTo(used);
            assertThat(probe.get("small")).isEqualTo("1");
            rest.release();
            assertThat(probe.put("k", "v".repeat(3 << 20))).isTrue();
            memtable.release();
        }
    }

    private static Shown merged(Shown old, OwnedSlice operand) {
        if (old == null) {
            return new Shown(EntryKind.MERGE, operand);
        }
        if (old.kind() == EntryKind.DELETE) {
            return new Shown(EntryKind.PUT, operand);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(old.value().toBytes());
        bytes.write(',');
        bytes.writeBytes(operand.toBytes());
        return new Shown(old.kind(), OwnedSlice.wrap(bytes.toByteArray()));
    }

    /** The memtable's entry for the key, by way of a lookup over it alone. */
    private static Shown look(Memtable memtable, KeyBuffer key) {
        ValueBuffer out = new ValueBuffer();
        Lookup lookup = new Lookup();
        lookup.start(COMMA, out);
        boolean ended = memtable.get(key, lookup);
        boolean found = lookup.finish();
        if (ended) {
            return found
                    ? new Shown(EntryKind.PUT, OwnedSlice.wrap(out.toBytes()))
                    : new Shown(EntryKind.DELETE, OwnedSlice.EMPTY);
        }
        return found ? new Shown(EntryKind.MERGE, OwnedSlice.wrap(out.toBytes())) : null;
    }

    private static List<String> lines(Map<OwnedSlice, Shown> entries) {
        List<String> lines = new ArrayList<>();
        entries.forEach((k, v) -> lines.add(k + ":" + v.kind() + " " + v.value()));
        return lines;
    }

    private static List<String> show(EntryCursor cursor) throws Exception {
        List<String> lines = new ArrayList<>();
        try (cursor) {
            while (cursor.next()) {
                lines.add(cursor.key() + ":" + cursor.kind() + " " + cursor.value());
            }
        }
        return lines;
    }
}
