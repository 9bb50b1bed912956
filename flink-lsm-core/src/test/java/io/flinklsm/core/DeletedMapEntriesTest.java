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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.MemtableKind;
import io.flinklsm.core.read.PageRead;
import io.flinklsm.core.testing.InMemoryStorage;
import io.flinklsm.core.tree.TreeOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A map of which most entries are deleted: the tombstones are in memory, more of them than are
 * copied at a time, and what they hide is in a file. What is live behind them must be found.
 */
final class DeletedMapEntriesTest {

    private static final int ENTRIES = 1000;
    private static final byte[] VALUE = {1};

    private StoreResources resources;
    private LsmStore store;
    private LsmTree tree;

    @BeforeEach
    void open() throws Exception {
        resources = StoreResources.create("deleted", 8 << 20, 1, Clock.system());
        store = LsmStore.create(new InMemoryStorage(), LsmStoreOptions.DEFAULTS, resources);
        tree = store.openTree("maps", new TreeOptions(MemtableKind.MAPS, null, null));
        for (int i = 0; i < ENTRIES; i++) {
            tree.put(entry(i), VALUE, 0, 1);
        }
        tree.flush();
        resources.slot().tierMemory().reclaim(Long.MAX_VALUE);
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        resources.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127, 128, 129, 256, 600, 999})
    void whatIsLiveBehindThemIsFound(int deleted) throws Exception {
        delete(0, deleted);
        List<Integer> expected = numbers(deleted, ENTRIES);

        assertThat(scan()).isEqualTo(expected);
        assertThat(pages(10)).isEqualTo(expected);
        assertThat(pages(ENTRIES)).isEqualTo(expected);
        assertThat(pagesReadElsewhere(10)).isEqualTo(expected);
        assertThat(pagesReadElsewhere(ENTRIES)).isEqualTo(expected);
        assertThat(tree.hasPrefix(prefix())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 200, 500})
    void whatIsLiveBeforeAndBehindThemIsFound(int kept) throws Exception {
        delete(kept, ENTRIES - kept);
        List<Integer> expected = numbers(0, kept);
        expected.addAll(numbers(ENTRIES - kept, ENTRIES));

        assertThat(pagesReadElsewhere(7)).isEqualTo(expected);
        assertThat(pages(7)).isEqualTo(expected);
        assertThat(scan()).isEqualTo(expected);
    }

    @Test
    void mapOfTombstonesAloneIsEmpty() throws Exception {
        delete(0, ENTRIES);

        assertThat(pagesReadElsewhere(10)).isEmpty();
        assertThat(pages(10)).isEmpty();
        assertThat(scan()).isEmpty();
        assertThat(tree.hasPrefix(prefix())).isFalse();
        tree.flush();
        tree.compactAll();
        assertThat(scan()).isEmpty();
        assertThat(tree.hasPrefix(prefix())).isFalse();
    }

    @Test
    void pageThatGivesNothingSaysWhereTheNextBegins() throws Exception {
        delete(0, 600);

        PageRead read = tree.findPage(prefix(), null, 10, Integer.MAX_VALUE);
        read.read();
        read.release();

        assertThat(read.page().length()).isZero();
        assertThat(read.isLast()).isFalse();
        assertThat(read.cutBehind()).isNotNull();
    }

    @Test
    void mapOfTombstonesIsWrittenAnew() throws Exception {
        delete(0, ENTRIES);
        tree.put(entry(500), VALUE, 0, 1);

        assertThat(pagesReadElsewhere(1)).containsExactly(500);
        assertThat(pages(1)).containsExactly(500);
        assertThat(scan()).containsExactly(500);
    }

    private List<Integer> scan() throws IOException {
        List<Integer> found = new ArrayList<>();
        try (EntryCursor cursor = tree.scanPrefix(prefix())) {
            while (cursor.next()) {
                found.add(number(cursor.key().toOwned()));
            }
        }
        return found;
    }

    private List<Integer> pages(int entriesMax) throws IOException {
        List<Integer> found = new ArrayList<>();
        ValueBuffer page = new ValueBuffer();
        KeyBuffer after = null;
        boolean isLast = false;
        while (!isLast) {
            isLast = tree.readPage(prefix(), after, entriesMax, Integer.MAX_VALUE, page);
            OwnedSlice last = add(page, found);
            after = last == null ? after : entry(number(last));
        }
        return found;
    }

    private List<Integer> pagesReadElsewhere(int entriesMax) throws IOException {
        List<Integer> found = new ArrayList<>();
        PageRead read = tree.findPage(prefix(), null, entriesMax, Integer.MAX_VALUE);
        while (true) {
            OwnedSlice last;
            try {
                read.read();
                last = add(read.page(), found);
            } finally {
                read.release();
            }
            if (read.isLast()) {
                return found;
            }
            if (read.cutBehind() != null) {
                read = tree.findPageBehind(read, entriesMax, Integer.MAX_VALUE);
            } else {
                read = tree.findPage(prefix(), entry(number(last)), entriesMax, Integer.MAX_VALUE);
            }
        }
    }

    private static OwnedSlice add(ValueBuffer page, List<Integer> found) {
        Map<OwnedSlice, byte[]> entries = new TreeMap<>();
        OwnedSlice last = PageEntries.of(prefix().toOwned(), page).addTo(entries);
        entries.keySet().forEach(key -> found.add(number(key)));
        return last;
    }

    private void delete(int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            tree.delete(entry(i));
        }
    }

    private static List<Integer> numbers(int from, int to) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = from; i < to; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    private static KeyBuffer prefix() {
        return new KeyBuffer().set(new byte[] {'m'}, 0, 1);
    }

    private static KeyBuffer entry(int number) {
        byte[] row = {'m', (byte) (number >> 8), (byte) number};
        return new KeyBuffer().set(row, 0, 3, 1);
    }

    private static int number(OwnedSlice key) {
        byte[] row = key.toBytes();
        return (row[1] & 0xFF) << 8 | (row[2] & 0xFF);
    }
}
