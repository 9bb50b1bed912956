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
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random operations on a tier over pretended files, against maps: every answer of the tier must be
 * the truth, by itself or together with the files, whatever was frozen, flushed, evicted and kept
 * before. A wrong "complete" would show as a missing value. A failure names the seed; run it again
 * with {@code -Dflinklsm.seed=...}.
 */
final class HotTierModelTest {

    private static final int ROUNDS = 60;
    private static final int OPERATIONS_PER_ROUND = 20_000;
    private static final int REFUSALS_MAX = 1_000;

    @Test
    void aTierAndTheFilesAreTheTruth() {
        long firstSeed = Long.getLong("flinklsm.seed", System.nanoTime());
        for (int i = 0; i < ROUNDS; i++) {
            long seed = firstSeed + i;
            try (Round round = new Round(seed)) {
                round.run(OPERATIONS_PER_ROUND);
            } catch (Throwable failure) {
                throw new AssertionError("model test failed: -Dflinklsm.seed=" + seed, failure);
            }
        }
    }

    private static final class Round implements AutoCloseable {

        private static final AppendOperator OPERATOR = new AppendOperator(',');

        private final Random random;
        private final MemoryBudget budget;
        private final TierMemory memory;
        private final @Nullable MapTier maps;
        private final int lengths;
        private final int mapBits;
        private final int suffixBytes;
        private final int keys;
        private final int maxValueBytes;
        private final HotTier tier;
        private final NavigableMap<OwnedSlice, byte[]> truth = new TreeMap<>();
        private final NavigableMap<OwnedSlice, byte[]> files = new TreeMap<>();
        private final Deque<Generation> frozen = new ArrayDeque<>();
        private final KeyBuffer key = new KeyBuffer();
        private final KeyBuffer scratch = new KeyBuffer();
        private final ValueBuffer out = new ValueBuffer();
        private final Lookup lookup = new Lookup();
        private long nextGeneration = 1;
        private @Nullable EntryCursor held;
        private Iterator<String> heldEntries = Collections.emptyIterator();

        Round(long seed) {
            random = new Random(seed);
            boolean grouped = random.nextInt(3) > 0;
            // One map of thousands of entries, in more blocks than one directory has, or many maps.
            boolean wide = grouped && random.nextInt(4) == 0;
            long leastBytes = wide ? 1 << 20 : 64 << 10;
            budget = MemoryBudget.root("model", leastBytes << random.nextInt(6));
            memory = new TierMemory(budget, budget.limitBytes());
            lengths = wide ? 1 : 4;
            mapBits = wide ? 16 : 3 + random.nextInt(9);
            keys = wide ? 1 << 14 : 1 << (3 + random.nextInt(10));
            maxValueBytes = wide ? 256 : 1 << random.nextInt(8);
            boolean complete = random.nextInt(4) > 0;
            suffixBytes = grouped ? 2 : 0;
            if (!complete) {
                for (int i = 0; i < keys / 2; i++) {
                    files.put(randomKey(), randomValue());
                }
                truth.putAll(files);
            }
            long generation = nextGeneration++;
            maps = grouped ? new MapTier(memory, generation, complete, 0) : null;
            tier = grouped ? maps : new EntryTier(memory, generation, OPERATOR, complete, 0);
        }

        void run(int operations) throws Exception {
            for (int i = 0; i < operations; i++) {
                step();
            }
            truth.keySet().forEach(this::checkGet);
        }

        private void step() throws Exception {
            int dice = random.nextInt(1000);
            if (dice < 300) {
                put();
            } else if (dice < 420) {
                delete();
            } else if (dice < 520) {
                merge();
            } else if (dice < 850) {
                checkGet(randomKey());
            } else if (dice < 940) {
                if (lengths > 1 || random.nextInt(16) == 0) {
                    checkPages();
                }
            } else if (dice < 970) {
                if (lengths > 1 || random.nextInt(16) == 0) {
                    checkCopy();
                }
            } else if (dice < 980) {
                memory.reclaim(1L << random.nextInt(16));
            } else if (dice < 988) {
                freeze();
            } else if (dice < 990) {
                holdCursor();
            } else {
                flush();
            }
        }

        private OwnedSlice randomKey() {
            int number = random.nextInt(keys);
            // The first byte tells the length, so that no prefix is the beginning of another.
            byte[] bytes = new byte[3 + number % lengths + 2];
            bytes[0] = (byte) (number % lengths);
            bytes[1] = (byte) (number >> mapBits);
            bytes[bytes.length - 2] = (byte) (number >> 8);
            bytes[bytes.length - 1] = (byte) number;
            key.set(bytes, 0, bytes.length, bytes.length - suffixBytes);
            return OwnedSlice.wrap(bytes);
        }

        private byte[] randomValue() {
            byte[] bytes = new byte[random.nextInt(maxValueBytes + 1)];
            random.nextBytes(bytes);
            return bytes;
        }

        private void put() throws Exception {
            OwnedSlice at = randomKey();
            byte[] value = randomValue();
            write(() -> tier.put(key, value, 0, value.length));
            truth.put(at, value);
        }

        private void delete() throws Exception {
            OwnedSlice at = randomKey();
            write(() -> tier.delete(key));
            truth.remove(at);
        }

        private void merge() throws Exception {
            if (maps != null) {
                put();
                return;
            }
            OwnedSlice at = randomKey();
            byte[] operand = new byte[random.nextInt(8)];
            random.nextBytes(operand);
            write(() -> tier.merge(key, operand, 0, operand.length));
            truth.merge(at, operand, Round::fold);
        }

        private static byte[] fold(byte[] older, byte[] newer) {
            byte[] folded = Arrays.copyOf(older, older.length + 1 + newer.length);
            folded[older.length] = ',';
            System.arraycopy(newer, 0, folded, older.length + 1, newer.length);
            return folded;
        }

        /** Repeats a write that finds no room, as often as something may give way for it. */
        private void write(BooleanSupplier write) throws Exception {
            for (int refused = 0; !write.getAsBoolean(); refused++) {
                assertThat(refused).as("how often a write found no room").isLessThan(REFUSALS_MAX);
                makeRoom();
            }
        }

        private void makeRoom() throws Exception {
            if (memory.reclaim(4 << 10) == 0) {
                // What a cursor reads does not give way, and may be all there is.
                endHeldCursor();
                freeze();
                flush();
                memory.reclaim(4 << 10);
            }
        }

        private void freeze() {
            Generation generation = tier.freeze(nextGeneration++, 0);
            if (generation != null) {
                frozen.addLast(generation);
            }
        }

        /** The oldest frozen generations become a part of the files. */
        private void flush() throws Exception {
            int count = Math.min(frozen.size(), 1 + random.nextInt(3));
            if (count == 0) {
                return;
            }
            List<Generation> oldest = List.copyOf(frozen).subList(0, count);
            NavigableMap<OwnedSlice, byte[]> flushed = new TreeMap<>(files);
            for (Generation generation : oldest) {
                apply(generation, flushed);
            }
            tier.becomeClean(
                    oldest,
                    () -> {
                        files.clear();
                        files.putAll(flushed);
                    });
            for (int i = 0; i < count; i++) {
                frozen.removeFirst();
            }
        }

        /** A cursor that is begun now goes on later: nothing that it shows may have changed. */
        private void holdCursor() throws Exception {
            endHeldCursor();
            Generation generation = frozen.peekLast();
            if (generation != null) {
                List<String> entries = new ArrayList<>();
                try (EntryCursor all = generation.cursor(KeyRange.ALL)) {
                    while (all.next()) {
                        entries.add(describe(all));
                    }
                }
                held = generation.cursor(KeyRange.ALL);
                heldEntries = entries.iterator();
                for (int i = random.nextInt(entries.size() + 1); i > 0; i--) {
                    assertThat(held.next()).isTrue();
                    heldEntries.next();
                }
            }
        }

        private void endHeldCursor() throws Exception {
            if (held != null) {
                while (heldEntries.hasNext()) {
                    assertThat(held.next()).isTrue();
                    assertThat(describe(held)).isEqualTo(heldEntries.next());
                }
                assertThat(held.next()).isFalse();
                held.close();
                held = null;
            }
        }

        private static String describe(EntryCursor cursor) {
            return cursor.key() + " " + cursor.kind() + " " + cursor.value();
        }

        private static void apply(Generation generation, Map<OwnedSlice, byte[]> onto)
                throws Exception {
            OwnedSlice last = null;
            int entries = 0;
            try (EntryCursor cursor = generation.cursor(KeyRange.ALL)) {
                while (cursor.next()) {
                    OwnedSlice at = cursor.key().toOwned();
                    assertThat(last == null || last.compareTo(at) < 0).isTrue();
                    last = at;
                    entries++;
                    byte[] value = cursor.value().toBytes();
                    switch (cursor.kind()) {
                        case PUT -> onto.put(at, value);
                        case DELETE -> onto.remove(at);
                        case MERGE -> onto.merge(at, value, Round::fold);
                    }
                }
            }
            assertThat(entries).isEqualTo(generation.entryCount());
        }

        private void checkGet(OwnedSlice at) {
            key.set(at.bytesUnsafe(), 0, at.length(), at.length() - suffixBytes);
            byte[] found = get();
            assertThat(found).as("key %s", at).isEqualTo(truth.get(at));
            int contains = tier.contains(key);
            if (contains != HotTier.UNKNOWN) {
                assertThat(contains == HotTier.FOUND).isEqualTo(found != null);
            }
        }

        private byte @Nullable [] get() {
            tier.lock();
            int found;
            try {
                found = tier.find(key, out, lookup);
            } finally {
                tier.unlock();
            }
            if (found == HotTier.FOUND) {
                return out.toBytes();
            }
            if (found == HotTier.ABSENT) {
                return null;
            }
            byte[] onFile = files.get(key.toOwned());
            if (found == HotTier.UNKNOWN) {
                lookup.start(OPERATOR, out);
            }
            if (onFile != null) {
                lookup.offer(EntryKind.PUT, new Slice(onFile));
            }
            if (!lookup.finish()) {
                return null;
            }
            if (!keep(found)) {
                memory.reclaim(1);
                keep(found);
            }
            return out.toBytes();
        }

        private boolean keep(int found) {
            return found == HotTier.OPERANDS
                    ? ((EntryTier) tier).keepBelow(key, out)
                    : tier.keep(key, out);
        }

        private KeyBuffer randomPrefix() {
            randomKey();
            return new KeyBuffer().set(key.array(), 0, key.prefixLength());
        }

        private NavigableMap<OwnedSlice, byte[]> under(
                NavigableMap<OwnedSlice, byte[]> map, KeyBuffer prefix) {
            KeyRange range = KeyRange.ofPrefix(prefix.toOwned());
            return range.end() == null
                    ? map.tailMap(range.start(), true)
                    : map.subMap(range.start(), true, range.end(), false);
        }

        private void checkPages() throws Exception {
            MapTier pages = maps;
            if (pages == null) {
                return;
            }
            KeyBuffer prefix = randomPrefix();
            NavigableMap<OwnedSlice, byte[]> expected = under(truth, prefix);
            int has = pages.hasPrefix(prefix);
            if (has != HotTier.UNKNOWN) {
                assertThat(has == HotTier.FOUND).isEqualTo(!expected.isEmpty());
            }
            NavigableMap<OwnedSlice, byte[]> read = new TreeMap<>();
            KeyBuffer after = null;
            int pageEntries = 1 + random.nextInt(5 + expected.size() / 4);
            int state = HotTier.FOUND;
            while (state == HotTier.FOUND) {
                state = pages.readPage(prefix, after, pageEntries, 1 << 20, out);
                if (state == HotTier.UNKNOWN) {
                    assertThat(read).isEmpty();
                    keepAll(pages, prefix, expected);
                    return;
                }
                if (out.length() > 0) {
                    OwnedSlice last = addPage(prefix, read);
                    after =
                            scratch.set(
                                    last.bytesUnsafe(), 0, last.length(), prefix.prefixLength());
                }
            }
            assertThat(List.copyOf(read.keySet())).isEqualTo(List.copyOf(expected.keySet()));
            read.forEach((at, value) -> assertThat(value).isEqualTo(truth.get(at)));
        }

        private OwnedSlice addPage(KeyBuffer prefix, Map<OwnedSlice, byte[]> read) {
            ByteBuffer page = ByteBuffer.wrap(out.toBytes());
            OwnedSlice last = OwnedSlice.EMPTY;
            while (page.hasRemaining()) {
                byte[] at = Arrays.copyOf(prefix.array(), prefix.length() + page.getInt());
                byte[] value = new byte[page.getInt()];
                page.get(at, prefix.length(), at.length - prefix.length()).get(value);
                last = OwnedSlice.wrap(at);
                read.put(last, value);
            }
            return last;
        }

        /** As a writer does that reads all of a prefix from the sources, in pages of some size. */
        private void keepAll(MapTier pages, KeyBuffer prefix, NavigableMap<OwnedSlice, byte[]> live)
                throws Exception {
            int pageEntries = 1 + random.nextInt(1 + 2 * live.size());
            List<Map.Entry<OwnedSlice, byte[]>> entries = List.copyOf(live.entrySet());
            KeyBuffer after = null;
            int at = 0;
            do {
                ValueBuffer page = new ValueBuffer();
                int end = Math.min(entries.size(), at + pageEntries);
                for (Map.Entry<OwnedSlice, byte[]> entry : entries.subList(at, end)) {
                    OwnedSlice key = entry.getKey();
                    byte[] value = entry.getValue();
                    int suffixLength = key.length() - prefix.length();
                    page.appendInt(suffixLength).appendInt(value.length);
                    page.append(key.bytesUnsafe(), prefix.length(), suffixLength);
                    page.append(value, 0, value.length);
                }
                boolean isLast = end == entries.size();
                if (!pages.keepPage(HotTier.ALWAYS, prefix, after, page, isLast, scratch)) {
                    memory.reclaim(1 << random.nextInt(12));
                    pages.keepPage(HotTier.ALWAYS, prefix, after, page, isLast, scratch);
                }
                if (!isLast) {
                    OwnedSlice last = entries.get(end - 1).getKey();
                    after =
                            new KeyBuffer()
                                    .set(last.bytesUnsafe(), 0, last.length(), prefix.length());
                    if (random.nextInt(4) == 0) {
                        memory.reclaim(1 << random.nextInt(16));
                    }
                    if (random.nextInt(4) == 0) {
                        flush();
                    }
                }
                at = end;
            } while (at < entries.size());
        }

        /**
         * What is in memory of a prefix, over the files, is the truth, if it is copied in pieces,
         * too, and whatever becomes of the memory between two of them.
         */
        private void checkCopy() throws Exception {
            MapTier copies = maps;
            if (copies == null) {
                return;
            }
            KeyBuffer prefix = randomPrefix();
            NavigableMap<OwnedSlice, byte[]> expected = new TreeMap<>(under(truth, prefix));
            int pieceEntries = 1 + random.nextInt(5 + expected.size());
            NavigableMap<OwnedSlice, byte[]> merged = new TreeMap<>();
            OwnedSlice end = null;
            boolean isFirst = true;
            while (isFirst || end != null) {
                KeyBuffer after =
                        end == null
                                ? null
                                : scratch.set(end.bytesUnsafe(), 0, end.length(), prefix.length());
                tier.lock();
                PrefixCopy copy;
                try {
                    copy = copies.copyPrefix(prefix, after, pieceEntries, 1 << 20);
                } finally {
                    tier.unlock();
                }
                OwnedSlice start = end;
                end = copy.cutBehind();
                // A complete map needs no files.
                NavigableMap<OwnedSlice, byte[]> piece = new TreeMap<>();
                if (!copy.isComplete()) {
                    NavigableMap<OwnedSlice, byte[]> onFile = under(files, prefix);
                    onFile = start == null ? onFile : onFile.tailMap(start, false);
                    piece.putAll(end == null ? onFile : onFile.headMap(end, true));
                }
                int copied = 0;
                while (copy.next()) {
                    OwnedSlice at = copy.key().toOwned();
                    assertThat(start == null || start.compareTo(at) < 0).isTrue();
                    copied++;
                    if (copy.kind() == EntryKind.PUT) {
                        piece.put(at, copy.value().toBytes());
                    } else {
                        piece.remove(at);
                    }
                }
                assertThat(copied).isLessThanOrEqualTo(pieceEntries);
                merged.putAll(piece);
                isFirst = false;
                if (random.nextInt(8) == 0) {
                    memory.reclaim(1L << random.nextInt(16));
                }
                if (random.nextInt(8) == 0) {
                    flush();
                }
            }
            assertThat(List.copyOf(merged.keySet())).isEqualTo(List.copyOf(expected.keySet()));
            merged.forEach((at, value) -> assertThat(value).isEqualTo(expected.get(at)));
        }

        @Override
        public void close() throws Exception {
            if (held != null) {
                held.close();
            }
            tier.close();
            budget.close();
        }
    }

    @Test
    void readersSeeWholeValuesWhileOthersWriteAndEvict() throws Exception {
        try (MemoryBudget budget = MemoryBudget.root("race", 256 << 10)) {
            TierMemory memory = new TierMemory(budget, budget.limitBytes());
            MapTier tier = new MapTier(memory, 1, true, 0);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread reader = new Thread(() -> readWhole(tier, failure));
            Thread evictor = new Thread(() -> evictAlong(memory, reader));
            reader.start();
            evictor.start();
            KeyBuffer key = new KeyBuffer();
            long generation = 2;
            for (int round = 0; reader.isAlive(); round++) {
                byte[] value = new byte[round % 300];
                Arrays.fill(value, (byte) round);
                raceKey(key, round % 500);
                if (!tier.put(key, value, 0, value.length) || round % 1000 == 0) {
                    Generation frozen = tier.freeze(generation++, 0);
                    if (frozen != null) {
                        tier.becomeClean(List.of(frozen), () -> {});
                    }
                }
            }
            evictor.join();
            tier.close();
            assertThat(failure.get()).isNull();
        }
    }

    private static void raceKey(KeyBuffer key, int number) {
        byte[] bytes = {1, (byte) (number % 20), (byte) (number >> 8), (byte) number};
        key.set(bytes, 0, 4, 2);
    }

    private static void evictAlong(TierMemory memory, Thread reader) {
        while (reader.isAlive()) {
            memory.reclaim(1);
            Thread.onSpinWait();
        }
    }

    private static void readWhole(MapTier tier, AtomicReference<Throwable> failure) {
        KeyBuffer key = new KeyBuffer();
        ValueBuffer out = new ValueBuffer();
        Lookup lookup = new Lookup();
        try {
            for (int i = 0; i < 300_000; i++) {
                raceKey(key, i % 500);
                int found;
                tier.lock();
                try {
                    found = tier.find(key, out, lookup);
                } finally {
                    tier.unlock();
                }
                byte[] value = found == HotTier.FOUND ? out.toBytes() : new byte[0];
                for (byte b : value) {
                    assertThat(b).isEqualTo(value[0]);
                }
                if (i % 50 == 0) {
                    key.set(key.array(), 0, 2);
                    tier.readPage(key, null, 1000, 1 << 20, out);
                }
            }
        } catch (Throwable t) {
            failure.set(t);
        }
    }
}
