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
package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.RawMemory;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several sorted cursors as one sequence of keys in ascending order, each with its entries from all
 * sources, newest source first. Confined to one thread.
 *
 * <pre>
 * newest   a DEL        c PUT 7            nextKey: a [DEL, PUT 1]
 * older    a PUT 1  b PUT 2                nextKey: b [PUT 2]
 * oldest            b MERGE… (hidden)      …
 * </pre>
 *
 * <p>No source moves before the next call of {@link #nextKey}: the key and the values of all its
 * entries are borrowed until then, and nothing is copied.
 *
 * <p>The sources stand in a binary heap by (key, age). The entries of one key are then a connected
 * piece at the root of the heap, found by looking at children only as long as they are equal: two
 * comparisons where no other source has the key. The first sixteen bytes of each source's key are
 * kept beside the heap, which decides most comparisons: eight are little more than the key group of
 * a small number.
 */
public final class MergingCursor implements AutoCloseable {

    // Index = source, newest first.
    private final EntryCursor[] cursors;
    private final Slice[] keys;
    private final long[] prefixes;
    private final long[] secondPrefixes;
    private final boolean[] ended;

    // A binary heap of source indexes; ended sources sink to the bottom.
    private final int[] heap;

    // The current key: places in the heap, ascending, and sources, newest first.
    private final int[] groupPlaces;
    private final int[] groupSources;
    private int groupSize;

    private boolean started;
    private boolean finished;
    private final ValueBuffer lastKey = new ValueBuffer();

    /**
     * @param newestFirst one cursor a source; owned by the merging cursor from here on
     */
    public MergingCursor(List<? extends EntryCursor> newestFirst) {
        int count = newestFirst.size();
        cursors = newestFirst.toArray(new EntryCursor[0]);
        keys = new Slice[count];
        prefixes = new long[count];
        secondPrefixes = new long[count];
        ended = new boolean[count];
        heap = new int[count];
        groupPlaces = new int[count];
        groupSources = new int[count];
        for (int i = 0; i < count; i++) {
            keys[i] = new Slice();
            heap[i] = i;
        }
    }

    /**
     * Moves to the next key.
     *
     * @return false at the end, and from then on
     */
    public boolean nextKey() throws IOException {
        if (finished) {
            return false;
        }
        if (!started) {
            started = true;
            for (int source = 0; source < cursors.length; source++) {
                advance(source);
            }
            for (int place = heap.length / 2 - 1; place >= 0; place--) {
                siftDown(place);
            }
        } else {
            rememberKey();
            // From the bottom up: below a place that is being sifted, all is a heap again.
            for (int i = groupSize - 1; i >= 0; i--) {
                int source = heap[groupPlaces[i]];
                advance(source);
                siftDown(groupPlaces[i]);
            }
        }
        if (heap.length == 0 || ended[heap[0]]) {
            finished = true;
            groupSize = 0;
            return false;
        }
        collectGroup();
        checkGroup();
        return true;
    }

    /** The current key, borrowed until the next move. */
    public Slice key() {
        return keys[groupSources[0]];
    }

    /** How many sources have an entry for the current key. */
    public int entryCount() {
        return groupSize;
    }

    /**
     * Kind of the current key's entry.
     *
     * @param index 0 for the newest
     */
    public EntryKind kind(int index) {
        Invariants.check(
                index >= 0 && index < groupSize,
                "a key has no such entry",
                "index",
                index,
                "entries",
                groupSize);
        return cursors[groupSources[index]].kind();
    }

    /** Value of the current key's entry, borrowed until the next move. */
    public Slice value(int index) {
        Invariants.check(
                index >= 0 && index < groupSize,
                "a key has no such entry",
                "index",
                index,
                "entries",
                groupSize);
        return cursors[groupSources[index]].value();
    }

    /** Where the entry's value stands in typed columns, borrowed until the next move; or null. */
    public @Nullable TypedValue typedValue(int index) {
        Invariants.check(
                index >= 0 && index < groupSize,
                "a key has no such entry",
                "index",
                index,
                "entries",
                groupSize);
        return cursors[groupSources[index]].typedValue();
    }

    /** The entry's value if it is too large to be held, borrowed until the next move; or null. */
    public @Nullable LargeValue largeValue(int index) throws IOException {
        Invariants.check(
                index >= 0 && index < groupSize,
                "a key has no such entry",
                "index",
                index,
                "entries",
                groupSize);
        return cursors[groupSources[index]].largeValue();
    }

    /** Which source the entry is from: its index in the list given to the constructor. */
    public int source(int index) {
        return groupSources[index];
    }

    /** Closes all sources; idempotent. */
    @Override
    public void close() throws IOException {
        finished = true;
        groupSize = 0;
        closeAll(List.of(cursors));
    }

    /** Closes every cursor, also when closing one of them fails. */
    static void closeAll(List<? extends EntryCursor> cursors) throws IOException {
        Cleanup.closeAll(cursors);
    }

    private void advance(int source) throws IOException {
        EntryCursor cursor = cursors[source];
        if (!cursor.next()) {
            ended[source] = true;
            return;
        }
        Slice key = cursor.key();
        keys[source] = key;
        prefixes[source] = prefix(key, 0);
        secondPrefixes[source] = prefix(key, Long.BYTES);
        if (Invariants.ENABLED && groupSize > 0) {
            Invariants.check(
                    lastKey.view(new Slice()).compareTo(key) < 0,
                    "the keys of a source do not ascend");
        }
    }

    private void rememberKey() {
        if (Invariants.ENABLED) {
            lastKey.set(key());
        }
    }

    /** Eight bytes as a big-endian number, zeros where the key is shorter. */
    private static long prefix(Slice key, int from) {
        int length = key.length() - from;
        if (length >= Long.BYTES) {
            return RawMemory.getLongBigEndian(key.rawBase(), key.rawOffset() + from);
        }
        long prefix = 0;
        for (int i = 0; i < length; i++) {
            prefix |= (key.byteAt(from + i) & 0xFFL) << (56 - 8 * i);
        }
        return prefix;
    }

    private boolean isBefore(int left, int right) {
        if (ended[left] || ended[right]) {
            return !ended[left];
        }
        long leftPrefix = prefixes[left];
        long rightPrefix = prefixes[right];
        if (leftPrefix != rightPrefix) {
            return Long.compareUnsigned(leftPrefix, rightPrefix) < 0;
        }
        long leftSecond = secondPrefixes[left];
        long rightSecond = secondPrefixes[right];
        if (leftSecond != rightSecond) {
            return Long.compareUnsigned(leftSecond, rightSecond) < 0;
        }
        int order = keys[left].compareTo(keys[right]);
        return order < 0 || (order == 0 && left < right);
    }

    private void siftDown(int from) {
        int place = from;
        int source = heap[place];
        while (true) {
            int child = 2 * place + 1;
            if (child >= heap.length) {
                break;
            }
            if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], source)) {
                break;
            }
            heap[place] = heap[child];
            place = child;
        }
        heap[place] = source;
    }

    /** The group is the smallest key, its newest source first. */
    private void checkGroup() {
        if (Invariants.ENABLED) {
            for (int place = 1; place < heap.length; place++) {
                Invariants.check(
                        !isBefore(heap[place], heap[0]),
                        "a smaller key stands below the root",
                        "place",
                        place);
            }
            for (int i = 1; i < groupSize; i++) {
                Invariants.check(
                        groupSources[i - 1] < groupSources[i],
                        "the entries of a key do not stand newest first",
                        "newer",
                        groupSources[i - 1],
                        "older",
                        groupSources[i]);
            }
        }
    }

    private void collectGroup() {
        groupPlaces[0] = 0;
        groupSources[0] = heap[0];
        groupSize = 1;
        long rootPrefix = prefixes[heap[0]];
        long rootSecond = secondPrefixes[heap[0]];
        Slice rootKey = keys[heap[0]];
        // Breadth first, so that the places come out in ascending order.
        for (int i = 0; i < groupSize; i++) {
            int firstChild = 2 * groupPlaces[i] + 1;
            for (int child = firstChild; child <= firstChild + 1 && child < heap.length; child++) {
                int source = heap[child];
                if (!ended[source]
                        && prefixes[source] == rootPrefix
                        && secondPrefixes[source] == rootSecond
                        && keys[source].contentEquals(rootKey)) {
                    groupPlaces[groupSize] = child;
                    insertByAge(source);
                }
            }
        }
    }

    private void insertByAge(int source) {
        int at = groupSize++;
        while (at > 0 && groupSources[at - 1] > source) {
            groupSources[at] = groupSources[at - 1];
            at--;
        }
        groupSources[at] = source;
    }
}
