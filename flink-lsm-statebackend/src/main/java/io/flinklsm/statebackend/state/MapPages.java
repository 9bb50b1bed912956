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
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Iterates one map page by page. Users never close iterators and change the map meanwhile, so
 * nothing of the engine stays open between two pages: the next page begins behind the last user key
 * of the one before. Entries written while iterating may or may not appear. Keeps the map it was
 * opened for, whatever the current key becomes.
 *
 * <pre>
 * page: one array, never changed      key length (4) | value length (4) | user key | value | ...
 * </pre>
 */
final class MapPages<U, V> {

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int LENGTHS_BYTES = Long.BYTES;

    /** Entries of the first page: most maps are smaller than this. */
    private static final int FIRST_PAGE_ENTRIES = 128;

    private static final int LARGEST_PAGE_ENTRIES = 2048;

    /** A page ends early at this size, so that large values do not pile up on the heap. */
    private static final int PAGE_BYTES = 1 << 20;

    // Immutable.
    final LsmMapState<?, ?, U, V> state;
    private final LsmTree tree;
    private final byte[] prefix;

    // The current page.
    private byte[] page = new byte[0];
    private int nextAt;
    private int pageEntries = FIRST_PAGE_ENTRIES;
    private boolean atEnd;

    // The current entry. Its page stays when a look ahead has read the next one.
    private byte[] entryPage = page;
    private int keyAt;
    private int keyLength;
    private int valueLength;
    private boolean removable;
    private @Nullable MapEntry<U, V> entry;

    /** The engine key of an entry that is written or begins a page; made when first needed. */
    private @Nullable KeyBuffer row;

    /**
     * @param prefix row of the map; copied
     */
    MapPages(LsmMapState<?, ?, U, V> state, LsmTree tree, KeyBuffer prefix) throws IOException {
        this.state = state;
        this.tree = tree;
        this.prefix = Arrays.copyOf(prefix.array(), prefix.length());
        readPage(prefix, null);
    }

    boolean hasNext() {
        if (nextAt == page.length && !atEnd) {
            try {
                loadNextPage();
            } catch (IOException e) {
                throw state.failure("the next entries of a map could not be read", e);
            }
        }
        return nextAt < page.length;
    }

    /** Moves to the next entry. */
    void advance() {
        if (!hasNext()) {
            throw new NoSuchElementException("the map has no more entries");
        }
        int at = nextAt;
        long lengths = (long) LONG.get(page, at);
        keyLength = (int) (lengths >>> Integer.SIZE);
        valueLength = (int) lengths;
        entryPage = page;
        keyAt = at + LENGTHS_BYTES;
        nextAt = keyAt + keyLength + valueLength;
        removable = true;
        entry = null;
    }

    /** The current entry; it stays usable when the iteration has moved on. */
    MapEntry<U, V> entry() {
        MapEntry<U, V> made = new MapEntry<>(this, entryPage, keyAt, keyLength, valueLength);
        entry = made;
        return made;
    }

    U key() {
        return state.readUserKey(entryPage, keyAt, keyLength);
    }

    @Nullable V value() {
        return state.readUserValue(entryPage, keyAt + keyLength, valueLength);
    }

    /** Removes the current entry. */
    void remove() {
        if (!removable) {
            throw new IllegalStateException("remove() needs a next() before it");
        }
        removable = false;
        if (entry != null) {
            entry.setRemoved();
        }
        try {
            state.delete(rowOf(entryPage, keyAt, keyLength));
        } catch (IOException e) {
            throw state.failure("an entry of a map could not be removed", e);
        }
    }

    private void loadNextPage() throws IOException {
        KeyBuffer after =
                new KeyBuffer()
                        .set(prefix, 0, prefix.length)
                        .setSuffix(entryPage, keyAt, keyLength);
        pageEntries = Math.min(8 * pageEntries, LARGEST_PAGE_ENTRIES);
        readPage(rowOf(entryPage, 0, 0), after);
    }

    private void readPage(KeyBuffer ofMap, @Nullable KeyBuffer after) throws IOException {
        ValueBuffer buffer = state.pageScratch();
        atEnd = tree.readPage(ofMap, after, pageEntries, PAGE_BYTES, buffer);
        page = buffer.takeBytes();
        nextAt = 0;
    }

    /** The engine key of a user key; valid until the next call. */
    KeyBuffer rowOf(byte[] bytes, int from, int byteCount) {
        KeyBuffer buffer = row;
        if (buffer == null) {
            buffer = new KeyBuffer().set(prefix, 0, prefix.length);
            row = buffer;
        }
        return buffer.setSuffix(bytes, from, byteCount);
    }
}
