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
package io.flinklsm.statebackend.state;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Iterates one map page by page. Users never close iterators and change the map meanwhile, so
 * nothing of the engine stays open between two pages: the next page begins behind the last user key
 * of the one before. Entries written while iterating may or may not appear. Keeps the map it was
 * opened for, whatever the current key becomes.
 */
final class MapPages<U, V> implements Iterator<MapEntry<U, V>> {

    /** Entries of the first page: most maps are smaller than this. */
    private static final int FIRST_PAGE_ENTRIES = 128;

    private static final int LARGEST_PAGE_ENTRIES = 2048;

    /** A page ends early at this size, so that large values do not pile up on the heap. */
    private static final int PAGE_BYTES = 1 << 20;

    // Immutable.
    final LsmMapState<?, ?, U, V> state;
    private final LsmTree tree;
    private final KeyBuffer row;
    private final int prefixLength;

    // Of the current page.
    private final Slice tail = new Slice();
    private final List<MapEntry<U, V>> page = new ArrayList<>();
    private int nextIndex;
    private int pageEntries = FIRST_PAGE_ENTRIES;
    private boolean atEnd;
    private @Nullable MapEntry<U, V> current;

    MapPages(LsmMapState<?, ?, U, V> state, LsmTree tree, KeyBuffer prefix) throws IOException {
        this.state = state;
        this.tree = tree;
        this.row = new KeyBuffer().set(prefix.array(), 0, prefix.length());
        this.prefixLength = prefix.length();
        try (EntryCursor cursor = tree.scanPrefix(row)) {
            fill(cursor);
        }
    }

    @Override
    public boolean hasNext() {
        if (nextIndex == page.size() && !atEnd) {
            try {
                loadNextPage();
            } catch (IOException e) {
                throw state.failure("the next entries of a map could not be read", e);
            }
        }
        return nextIndex < page.size();
    }

    @Override
    public MapEntry<U, V> next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the map has no more entries");
        }
        MapEntry<U, V> entry = page.get(nextIndex++);
        current = entry;
        return entry;
    }

    @Override
    public void remove() {
        if (current == null) {
            throw new IllegalStateException("remove() needs a next() before it");
        }
        current.remove();
        current = null;
    }

    private void loadNextPage() throws IOException {
        MapEntry<U, V> last = page.get(page.size() - 1);
        KeyBuffer after = new KeyBuffer().set(row.array(), 0, prefixLength);
        after.setSuffix(last.bytes(), 0, last.keyLength());
        pageEntries = Math.min(4 * pageEntries, LARGEST_PAGE_ENTRIES);
        page.clear();
        nextIndex = 0;
        try (EntryCursor cursor = tree.scanPrefixAfter(row.setSuffix(after.array(), 0, 0), after)) {
            fill(cursor);
        }
    }

    private void fill(EntryCursor cursor) throws IOException {
        int bytes = 0;
        while (page.size() < pageEntries && bytes < PAGE_BYTES) {
            if (!cursor.next()) {
                atEnd = true;
                return;
            }
            Slice key = cursor.key();
            Slice value = cursor.value();
            int keyLength = key.length() - prefixLength;
            byte[] entry = new byte[keyLength + value.length()];
            copyTail(key, prefixLength, entry);
            value.copyTo(entry, keyLength);
            page.add(new MapEntry<>(this, entry, keyLength));
            bytes += entry.length;
        }
    }

    private void copyTail(Slice key, int from, byte[] target) {
        tail.setRaw(key.rawBase(), key.rawOffset() + from, key.length() - from).copyTo(target, 0);
    }

    /** The engine key of an entry; valid until the next call. */
    KeyBuffer rowOf(MapEntry<U, V> entry) {
        return row.setSuffix(entry.bytes(), 0, entry.keyLength());
    }

    void delete(MapEntry<U, V> entry) throws IOException {
        state.delete(rowOf(entry));
    }
}
