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
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.read.BatchGet;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.storage.LocalStorage;
import io.flinklsm.core.testing.HostileStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads that the writer asks for and others do later: as of when they were asked for. */
final class BatchReadsTest {

    private static final TreeOptions LISTS =
            new TreeOptions(MemtableKind.ENTRIES, new AppendOperator(','), null);
    private static final TreeOptions MAPS = new TreeOptions(MemtableKind.MAPS, null, null);

    @TempDir Path directory;

    private final BatchGet<String> batch = new BatchGet<>(1);
    private HostileStorage storage;
    private StoreResources resources;
    private LsmStore store;

    @BeforeEach
    void open() throws Exception {
        resources = StoreResources.create("batch", 8 << 20, 1, Clock.system());
        storage = new HostileStorage(new LocalStorage(directory.resolve("store"), false));
        store = LsmStore.create(storage, LsmStoreOptions.DEFAULTS, resources);
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        resources.close();
    }

    @Test
    void memoryAnswersAtOnce() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        put(tree, "a", "1");

        assertThat(tree.find(key("a"), batch)).isNull();
        assertThat(batch.isFound()).isTrue();
        assertThat(text(batch.value())).isEqualTo("1");
        assertThat(tree.find(key("b"), batch)).isNull();
        assertThat(batch.isFound()).isFalse();
        assertThat(batch.missCount()).isZero();
    }

    @Test
    void laterWritesDoNotShowInAReadAndEarlierOnesDo() throws Exception {
        LsmTree tree = store.openTree("lists", LISTS);
        put(tree, "a", "1");
        makeCold(tree);
        merge(tree, "a", "2");

        BatchGet.Miss<String> miss = missed(tree, "a");
        merge(tree, "a", "3");
        tree.flush();
        tree.compactAll();
        read(batch);

        assertThat(text(miss.value())).isEqualTo("1,2");
        assertThat(get(tree, "a")).isEqualTo("1,2,3");
    }

    @Test
    void oneKeyIsMissedOnceAndPartsAreInKeyOrder() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        for (String name : List.of("a", "b", "c", "d", "none")) {
            put(tree, name, name + name);
        }
        makeCold(tree);
        tree.delete(key("none"));
        makeCold(tree);

        for (String name : List.of("c", "a", "d", "a", "b", "none", "c")) {
            missed(tree, name).waiters().add(name);
        }

        assertThat(batch.missCount()).isEqualTo(5);
        assertThat(batch.sharedCount()).isEqualTo(2);
        List<BatchGet.Part<String>> parts = batch.split(2, 2);
        assertThat(parts).hasSize(2);
        List<String> order = new ArrayList<>();
        for (BatchGet.Part<String> part : parts) {
            part.read();
            for (BatchGet.Miss<String> miss : part.misses()) {
                order.addAll(miss.waiters());
                String value = miss.isFound() ? text(miss.value()) : "";
                String name = miss.waiters().get(0);
                assertThat(value).isEqualTo(name.equals("none") ? "" : name + name);
            }
            part.release();
        }
        assertThat(order).containsExactly("a", "a", "b", "c", "c", "d", "none");
    }

    @Test
    void filesOnAnotherMachineAreReadInMoreAndSmallerParts() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        for (int i = 0; i < 40; i++) {
            put(tree, "k" + i, "v" + i);
        }
        makeCold(tree);
        BatchGet<String> large = new BatchGet<>(16);
        for (boolean isElsewhere : new boolean[] {false, true}) {
            storage.elsewhere(isElsewhere);
            for (int i = 0; i < 40; i++) {
                Objects.requireNonNull(tree.find(key("k" + i), large)).waiters().add("v" + i);
            }

            List<BatchGet.Part<String>> parts = large.split(8, 3);

            assertThat(parts).hasSize(isElsewhere ? 8 : 2);
            for (BatchGet.Part<String> part : parts) {
                assertThat(part.isAtHand()).isEqualTo(!isElsewhere);
                part.read();
                for (BatchGet.Miss<String> miss : part.misses()) {
                    assertThat(miss.waiters()).containsExactly(text(miss.value()));
                }
                part.release();
            }
        }
    }

    @Test
    void whatWasReadIsKeptUnlessFilesHaveCome() throws Exception {
        LsmTree tree = store.openTree("values", TreeOptions.DEFAULTS);
        put(tree, "a", "1");
        put(tree, "b", "1");
        makeCold(tree);

        BatchGet.Miss<String> kept = missed(tree, "a");
        read(batch);
        tree.keep(kept);
        assertThat(tree.find(key("a"), batch)).as("kept").isNull();

        BatchGet.Miss<String> stale = missed(tree, "b");
        read(batch);
        put(tree, "b", "2");
        makeCold(tree);
        tree.keep(stale);
        assertThat(get(tree, "b")).isEqualTo("2");
    }

    @Test
    void pageOfAMapIsAsOfItsRequest() throws Exception {
        LsmTree tree = store.openTree("maps", MAPS);
        for (int i = 0; i < 10; i++) {
            tree.put(mapKey(i), bytes("v" + i), 0, 2);
        }
        makeCold(tree);
        tree.delete(mapKey(1));
        tree.put(mapKey(3), bytes("w3"), 0, 2);

        PageRead page = tree.findPage(prefix(), null, 4, 1 << 20);
        assertThat(page.isAnswered()).isFalse();
        tree.delete(mapKey(0));
        tree.put(mapKey(2), bytes("w2"), 0, 2);
        page.read();
        page.release();

        assertThat(entries(page)).containsExactly("0=v0", "2=v2", "3=w3", "4=v4");
        assertThat(page.isLast()).isFalse();
    }

    @Test
    void tombstonesThatFillACopyAreReadPast() throws Exception {
        LsmTree tree = store.openTree("maps", MAPS);
        for (int i = 0; i < 300; i++) {
            tree.put(mapKey(i), bytes("v"), 0, 1);
        }
        makeCold(tree);
        for (int i = 0; i < 299; i++) {
            tree.delete(mapKey(i));
        }

        PageRead page = tree.findPage(prefix(), null, 4, 1 << 20);
        page.read();
        int reads = 1;
        while (page.page().length() == 0 && !page.isLast()) {
            PageRead cut = page;
            page = tree.findPageBehind(cut, 4, 1 << 20);
            cut.release();
            page.read();
            reads++;
        }
        page.release();

        assertThat(entries(page)).containsExactly("299=v");
        assertThat(reads).isGreaterThan(1);
    }

    /** Puts all into files, and takes it out of the memory. */
    private void makeCold(LsmTree tree) throws Exception {
        tree.flush();
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
    }

    private BatchGet.Miss<String> missed(LsmTree tree, String name) throws IOException {
        return Objects.requireNonNull(tree.find(key(name), batch), "not in memory");
    }

    private static void read(BatchGet<String> batch) throws IOException {
        for (BatchGet.Part<String> part : batch.split(4, 4)) {
            part.read();
            part.release();
        }
    }

    private static List<String> entries(PageRead page) {
        List<String> entries = new ArrayList<>();
        ValueBuffer bytes = page.page();
        for (int at = 0; at < bytes.length(); ) {
            int keyLength = bytes.getInt(at);
            int valueLength = bytes.getInt(at + Integer.BYTES);
            at += 2 * Integer.BYTES;
            String key = new String(bytes.array(), at, keyLength, StandardCharsets.UTF_8);
            at += keyLength;
            String value = new String(bytes.array(), at, valueLength, StandardCharsets.UTF_8);
            at += valueLength;
            entries.add(Integer.parseInt(key) + "=" + value);
        }
        return entries;
    }

    private static KeyBuffer prefix() {
        return key("m/");
    }

    private static KeyBuffer mapKey(int entry) {
        byte[] suffix = bytes(String.format("%03d", entry));
        return prefix().setSuffix(suffix, 0, suffix.length);
    }

    private static KeyBuffer key(String name) {
        byte[] bytes = bytes(name);
        return new KeyBuffer().set(bytes, 0, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(ValueBuffer value) {
        return new String(value.toBytes(), StandardCharsets.UTF_8);
    }

    private static void put(LsmTree tree, String name, String value) throws IOException {
        tree.put(key(name), bytes(value), 0, value.length());
    }

    private static void merge(LsmTree tree, String name, String value) throws IOException {
        tree.merge(key(name), bytes(value), 0, value.length());
    }

    private static String get(LsmTree tree, String name) throws IOException {
        ValueBuffer out = new ValueBuffer();
        return tree.getAsWriter(key(name), out) ? text(out) : "";
    }
}
