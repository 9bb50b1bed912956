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

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.SortedLookups;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.HostileStorage.Call;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.testing.ListCursor.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keys that are looked up in a file together: as one by one, for fewer reads. */
final class SortedGetsTest {

    /** What became of a key: its entry, nothing, or a failure. */
    private record Outcome(String text) {

        static Outcome of(Lookup lookup, ValueBuffer out, @Nullable IOException failure)
                throws IOException {
            if (failure != null) {
                assertThat(failure).isInstanceOf(CorruptionException.class);
                return FAILED;
            }
            boolean isDone = lookup.isDone();
            boolean isFound = lookup.finish();
            return new Outcome(isDone + " " + isFound + " " + OwnedSlice.wrap(out.toBytes()));
        }
    }

    private static final Outcome FAILED = new Outcome("failed");

    @Test
    void keysComeToWhatEachComesToAlone() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 150; round++) {
            try (SstableFixture fixture = new SstableFixture()) {
                List<Entry> entries =
                        SstableFixture.random(random, 1 + random.nextInt(300), 40, 100);
                SstableMeta meta = fixture.write(options(random), entries);
                List<OwnedSlice> wanted = wanted(random, entries);
                SstableMeta visible =
                        random.nextInt(3) > 0
                                ? meta
                                : meta.withClip(
                                        new KeyRange(
                                                wanted.get(wanted.size() / 4),
                                                wanted.get(wanted.size() - 1)));
                Sstable sstable = fixture.open.of(visible);
                // The second time most blocks come from the cache, the first time none.
                for (int time = 0; time < 3; time++) {
                    assertThat(together(sstable, wanted))
                            .as("round %s, time %s", round, time)
                            .isEqualTo(oneByOne(sstable, wanted));
                }
            }
        }
    }

    @Test
    void damageFailsTheKeysThatItFailsAlone() throws Exception {
        Random random = new Random(8);
        int failed = 0;
        int sound = 0;
        for (int round = 0; round < 150; round++) {
            try (SstableFixture fixture = new SstableFixture()) {
                List<Entry> entries =
                        SstableFixture.random(random, 50 + random.nextInt(250), 40, 100);
                SstableMeta meta = fixture.write(options(random), entries);
                List<OwnedSlice> wanted = wanted(random, entries);
                long bits = 8 * meta.sizeBytes();
                fixture.storage.flipBits(meta.fileName(), random.nextLong(bits));

                List<Outcome> oneByOne = new ArrayList<>();
                for (OwnedSlice key : wanted) {
                    // A block that is missed again soon is read whole, for the cache.
                    fixture.open.forget(meta.fileName());
                    oneByOne.addAll(oneByOne(fixture.open.of(meta), List.of(key)));
                }
                fixture.open.forget(meta.fileName());
                List<Outcome> together = together(fixture.open.of(meta), wanted);

                assertThat(together).as("round %s", round).isEqualTo(oneByOne);
                int failedNow = (int) together.stream().filter(FAILED::equals).count();
                failed += failedNow;
                sound += together.size() - failedNow;
            }
        }
        assertThat(failed).isGreaterThan(100);
        assertThat(sound).isGreaterThan(1000);
    }

    @Test
    void eachBlockIsReadOnce() throws Exception {
        List<Entry> entries = SstableFixture.numbered(1000);
        List<OwnedSlice> wanted = entries.stream().map(Entry::key).toList();
        long readsTogether;
        long readsOneByOne;
        int blocks;
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, entries);
            Sstable sstable = fixture.open.of(meta);
            blocks = openAndCountBlocks(fixture, meta);
            readsTogether = reads(fixture.storage, () -> together(sstable, wanted));
            fixture.open.forget(meta.fileName());
            openAndCountBlocks(fixture, meta);
            readsOneByOne = reads(fixture.storage, () -> oneByOne(fixture.open.of(meta), wanted));
        }
        assertThat(blocks).isGreaterThan(200);
        // Of each block its keys and its values.
        assertThat(readsTogether).isEqualTo(2L * blocks);
        assertThat(readsOneByOne).isGreaterThan(readsTogether);
    }

    @Test
    void blockOfAbsentKeysIsReadForItsKeysAlone() throws Exception {
        List<Entry> entries = SstableFixture.numbered(1000);
        List<OwnedSlice> absent = new ArrayList<>();
        for (int i = 0; i < 999; i++) {
            absent.add(OwnedSlice.ofText(SstableFixture.numberedKey(2 * i + 1)));
        }
        SstableOptions noFilter = new SstableOptions(64, 4, 700, 0, SstableCodec.LZ4_RAW, 0);
        for (SstableOptions options : List.of(noFilter, SstableFixture.TINY)) {
            try (SstableFixture fixture = new SstableFixture()) {
                SstableMeta meta = fixture.write(options, entries);
                Sstable sstable = fixture.open.of(meta);
                int blocks = openAndCountBlocks(fixture, meta);
                long reads =
                        reads(
                                fixture.storage,
                                () ->
                                        assertThat(together(sstable, absent))
                                                .containsOnly(new Outcome("false false ")));
                if (options == noFilter) {
                    assertThat(reads).isEqualTo(blocks);
                } else {
                    assertThat(reads).as("the filter lets few through").isLessThan(blocks / 4);
                }
            }
        }
    }

    @Test
    void readThatFailsFailsTheKeysOfItsBlock() throws Exception {
        List<Entry> entries = SstableFixture.numbered(100);
        List<OwnedSlice> wanted = entries.stream().map(Entry::key).toList();
        int failedReads = 0;
        try (SstableFixture fixture = new SstableFixture()) {
            SstableMeta meta = fixture.write(SstableFixture.TINY, entries);
            Sstable sstable = fixture.open.of(meta);
            openAndCountBlocks(fixture, meta);
            List<String> right = values(sstable, wanted);
            assertThat(right).doesNotContain("failed");
            boolean hasFailed = true;
            for (int call = 1; hasFailed; call++) {
                fixture.cache.reclaim(Long.MAX_VALUE);
                int before = fixture.storage.injectedCount();
                fixture.storage.failCall(call);
                List<String> values = values(sstable, wanted);
                fixture.storage.failCall(0);
                hasFailed = fixture.storage.injectedCount() > before;
                int first = values.indexOf("failed");
                if (!hasFailed) {
                    assertThat(first).isNegative();
                    continue;
                }
                failedReads++;
                int last = values.lastIndexOf("failed");
                assertThat(last - first).as("keys of one block").isBetween(0, 3);
                for (int i = 0; i < values.size(); i++) {
                    assertThat(values.get(i))
                            .as("call %s, key %s", call, i)
                            .isEqualTo(i < first || i > last ? right.get(i) : "failed");
                }
            }
        }
        assertThat(failedReads).isGreaterThan(40);
    }

    private static SstableOptions options(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> SstableFixture.TINY;
            case 1 -> SstableFixture.ONE_BLOCK;
            default -> new SstableOptions(128, 8, 2000, 0, SstableCodec.UNCOMPRESSED, 0);
        };
    }

    /** Most keys of the file, and others, sorted; some of them twice. */
    private static List<OwnedSlice> wanted(Random random, List<Entry> entries) {
        List<OwnedSlice> wanted = new ArrayList<>();
        for (Entry entry : entries) {
            if (random.nextInt(4) > 0) {
                wanted.add(entry.key());
            }
            if (random.nextInt(4) == 0) {
                wanted.add(SstableFixture.randomBytes(random, 40));
            }
            if (random.nextInt(16) == 0) {
                wanted.add(entry.key());
            }
        }
        wanted.add(OwnedSlice.EMPTY);
        wanted.add(new TreeSet<>(wanted).last());
        wanted.sort(null);
        return wanted;
    }

    private static List<Outcome> oneByOne(Sstable sstable, List<OwnedSlice> keys)
            throws IOException {
        List<Outcome> outcomes = new ArrayList<>();
        for (OwnedSlice key : keys) {
            Lookup lookup = new Lookup();
            ValueBuffer out = new ValueBuffer();
            lookup.start(new AppendOperator(','), out);
            IOException failure = null;
            try {
                sstable.get(new KeyBuffer().set(key), lookup);
            } catch (IOException e) {
                failure = e;
            }
            outcomes.add(Outcome.of(lookup, out, failure));
            lookup.end();
        }
        return outcomes;
    }

    private static List<Outcome> together(Sstable sstable, List<OwnedSlice> keys)
            throws IOException {
        List<ValueBuffer> outs = new ArrayList<>();
        List<Lookup> each = new ArrayList<>();
        SortedLookups lookups = lookUp(sstable, keys, each, outs);
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            outcomes.add(Outcome.of(each.get(i), outs.get(i), lookups.failure(i)));
            each.get(i).end();
        }
        return outcomes;
    }

    /** As text, whatever a failure is. */
    private static List<String> values(Sstable sstable, List<OwnedSlice> keys) {
        List<ValueBuffer> outs = new ArrayList<>();
        SortedLookups lookups = lookUp(sstable, keys, new ArrayList<>(), outs);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            IOException failure = lookups.failure(i);
            if (failure != null) {
                assertThat(failure).hasMessageContaining(HostileStorage.INJECTED);
            }
            values.add(
                    failure != null ? "failed" : OwnedSlice.wrap(outs.get(i).toBytes()).toString());
        }
        return values;
    }

    private static SortedLookups lookUp(
            Sstable sstable, List<OwnedSlice> keys, List<Lookup> each, List<ValueBuffer> outs) {
        SortedLookups lookups = new SortedLookups(keys.size());
        for (OwnedSlice key : keys) {
            Lookup lookup = new Lookup();
            ValueBuffer out = new ValueBuffer();
            lookup.start(new AppendOperator(','), out);
            lookups.add(key, lookup);
            each.add(lookup);
            outs.add(out);
        }
        sstable.get(lookups, 0, keys.size());
        lookups.dropDone();
        return lookups;
    }

    private interface Reading {
        void run() throws IOException;
    }

    private static long reads(HostileStorage storage, Reading reading) throws IOException {
        int before = storage.calls(Call.READ);
        reading.run();
        return storage.calls(Call.READ) - before;
    }

    /** Opens the file and reads its indexes, so that what is read later are blocks. */
    private static int openAndCountBlocks(SstableFixture fixture, SstableMeta meta)
            throws IOException {
        ListCursor.drain(fixture.open.of(meta).keys(KeyRange.ALL));
        SstableReader reader =
                SstableReader.open(
                        fixture.storage,
                        meta,
                        fixture.budget,
                        fixture.cache,
                        DecodedBlockPool::new);
        try {
            return reader.index().blockCount();
        } finally {
            reader.release();
        }
    }
}
