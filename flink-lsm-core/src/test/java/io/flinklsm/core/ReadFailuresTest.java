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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import io.flinklsm.core.write.WriteLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each call of the storage fails in turn while a key, a page or a range is read: the reader is told
 * so, the next read gives the answer, and nothing that the failed one held is left.
 */
final class ReadFailuresTest {

    private static final int FILES = 3;
    private static final int KEYS = 40;

    /** One file at a time is open, so that files are opened again and again. */
    private static final LsmStoreOptions OPTIONS =
            new LsmStoreOptions(
                    1 << 20,
                    CompactionStyle.LEVELED,
                    new CompactionOptions(10, 1 << 20, 1 << 20, 10),
                    new WriteLimits(20, 36, 4),
                    1,
                    new SstableOptions(256, 8, 1 << 10, 10, SstableCodec.LZ4_RAW, 0));

    private final HostileStorage storage = new HostileStorage(new InMemoryStorage());
    private final ValueBuffer out = new ValueBuffer();
    private StoreResources resources;
    private LsmStore store;
    private LsmTree lists;
    private LsmTree maps;

    /** Reads something, and gives it as text. */
    private interface Reading {
        String read() throws IOException;
    }

    @BeforeEach
    void write() throws Exception {
        resources = StoreResources.create("failures", 4 << 20, 1, Clock.system());
        store = LsmStore.create(storage, OPTIONS, resources);
        lists =
                store.openTree(
                        "lists",
                        new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null));
        maps = store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
        for (int file = 0; file < FILES; file++) {
            for (int i = 0; i < KEYS; i++) {
                byte[] value = bytes("v" + file);
                lists.merge(key(i), value, 0, value.length);
                maps.put(entry(i), value, 0, value.length);
            }
            lists.flush();
            maps.flush();
        }
        store.awaitIdle();
    }

    @AfterEach
    void close() throws Exception {
        storage.failCall(0);
        // A view that a failed read had kept would keep the files.
        store.dropTree("lists");
        store.dropTree("maps");
        store.awaitIdle();
        assertThat(storage.list()).isEmpty();
        store.close();
        resources.close();
        storage.assertNoOpenHandles();
    }

    @Test
    void getOfAKeyInSeveralFiles() throws Exception {
        assertEachFailureIsToldAndForgotten(
                "v0,v1,v2", () -> lists.get(key(7), out) ? text(out) : "none");
    }

    @Test
    void getOfTheWriterKeepsNothingOfAFailedRead() throws Exception {
        assertEachFailureIsToldAndForgotten(
                "v0,v1,v2", () -> lists.getAsWriter(key(7), out) ? text(out) : "none");
    }

    @Test
    void questionWhetherAKeyIsThere() throws Exception {
        assertEachFailureIsToldAndForgotten("true", () -> String.valueOf(lists.contains(key(7))));
    }

    @Test
    void getOfAMapsEntry() throws Exception {
        assertEachFailureIsToldAndForgotten(
                "v2", () -> maps.getAsWriter(entry(7), out) ? text(out) : "none");
    }

    @Test
    void batchThatOthersRead() throws Exception {
        assertEachFailureIsToldAndForgotten(
                "v0,v1,v2 v0,v1,v2",
                () -> {
                    BatchGet<String> batch = new BatchGet<>(1);
                    BatchGet.Miss<String> first = lists.find(key(7), batch);
                    BatchGet.Miss<String> second = lists.find(key(30), batch);
                    List<BatchGet.Part<String>> parts = batch.split(2, 2);
                    try {
                        for (BatchGet.Part<String> part : parts) {
                            part.read();
                        }
                    } finally {
                        parts.forEach(BatchGet.Part::release);
                    }
                    return text(first.value()) + " " + text(second.value());
                });
    }

    @Test
    void keysOfABatchThatCouldBeReadHaveTheirValues() throws Exception {
        int partly = 0;
        boolean hasFailed = true;
        for (int call = 1; hasFailed; call++) {
            makeCold();
            BatchGet<String> batch = new BatchGet<>(1);
            for (int i = 0; i < KEYS; i++) {
                assertThat(lists.find(key(i), batch)).isNotNull();
            }
            BatchGet.Part<String> part = batch.split(1, 1).get(0);
            int before = storage.injectedCount();
            storage.failCall(call);
            IOException thrown = null;
            try {
                part.read();
            } catch (IOException e) {
                thrown = e;
            }
            storage.failCall(0);
            hasFailed = storage.injectedCount() > before;
            int failed = 0;
            for (BatchGet.Miss<String> miss : part.misses()) {
                if (miss.failure() == null) {
                    assertThat(text(miss.value())).isEqualTo("v0,v1,v2");
                } else {
                    assertThat(miss.isFound()).isFalse();
                    failed++;
                }
            }
            part.release();
            assertThat(thrown != null).as("call %s", call).isEqualTo(failed > 0);
            partly += failed > 0 && failed < KEYS ? 1 : 0;
        }
        assertThat(partly).isGreaterThan(10);
    }

    @Test
    void pageOfAMap() throws Exception {
        KeyBuffer prefix = new KeyBuffer().set(bytes("m"), 0, 1);
        assertEachFailureIsToldAndForgotten(
                KEYS + " true",
                () -> {
                    boolean isLast = maps.readPage(prefix, null, KEYS + 1, Integer.MAX_VALUE, out);
                    return out.length() / pageEntryBytes() + " " + isLast;
                });
    }

    @Test
    void pageThatAnotherReads() throws Exception {
        KeyBuffer prefix = new KeyBuffer().set(bytes("m"), 0, 1);
        assertEachFailureIsToldAndForgotten(
                String.valueOf(KEYS),
                () -> {
                    PageRead read = maps.findPage(prefix, null, KEYS + 1, Integer.MAX_VALUE);
                    try {
                        read.read();
                        return String.valueOf(read.page().length() / pageEntryBytes());
                    } finally {
                        read.release();
                    }
                });
    }

    @Test
    void scanOfAMap() throws Exception {
        KeyBuffer prefix = new KeyBuffer().set(bytes("m"), 0, 1);
        assertEachFailureIsToldAndForgotten(
                String.valueOf(KEYS),
                () -> {
                    try (EntryCursor cursor = maps.scanPrefix(prefix)) {
                        return String.valueOf(count(cursor));
                    }
                });
    }

    @Test
    void scanOfATree() throws Exception {
        assertEachFailureIsToldAndForgotten(
                String.valueOf(KEYS),
                () -> {
                    try (EntryCursor cursor = lists.scan(KeyRange.ALL)) {
                        return String.valueOf(count(cursor));
                    }
                });
    }

    private void assertEachFailureIsToldAndForgotten(String expected, Reading reading)
            throws IOException {
        makeCold();
        assertThat(reading.read()).isEqualTo(expected);
        makeCold();
        long usedBytes = resources.slot().tierBudget().usedBytes();
        int call = 0;
        boolean hasFailed = true;
        while (hasFailed) {
            int before = storage.injectedCount();
            storage.failCall(++call);
            String answer = null;
            IOException failure = null;
            try {
                answer = reading.read();
            } catch (IOException e) {
                failure = e;
            }
            storage.failCall(0);
            hasFailed = storage.injectedCount() > before;
            if (hasFailed) {
                // A reader may do without what it could not read; what it says is right then.
                if (failure == null) {
                    assertThat(answer).as("call %s", call).isEqualTo(expected);
                } else {
                    assertThat(failure).hasStackTraceContaining(HostileStorage.INJECTED);
                }
            } else {
                assertThat(answer).isEqualTo(expected);
            }
            assertThat(reading.read()).as("after call %s", call).isEqualTo(expected);
            store.checkHealthy();
            makeCold();
            assertThat(resources.slot().tierBudget().usedBytes())
                    .as("after call %s", call)
                    .isLessThanOrEqualTo(usedBytes);
        }
        assertThat(call).as("calls that were failed in turn").isGreaterThan(1);
    }

    private void makeCold() {
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
        resources.blockCache().reclaim(Long.MAX_VALUE);
    }

    private static int count(EntryCursor cursor) throws IOException {
        int count = 0;
        while (cursor.next()) {
            assertThat(cursor.value().isEmpty()).isFalse();
            count++;
        }
        return count;
    }

    /** Two lengths, a suffix of two digits, a value of two characters. */
    private static int pageEntryBytes() {
        return 2 * Integer.BYTES + 2 + 2;
    }

    private static KeyBuffer key(int number) {
        return new KeyBuffer().set(StoreFixture.key(number));
    }

    private static KeyBuffer entry(int number) {
        return new KeyBuffer().set(bytes("m" + (10 + number)), 0, 3, 1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(ValueBuffer value) {
        return new String(value.toBytes(), StandardCharsets.US_ASCII);
    }
}
