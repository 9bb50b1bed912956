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
package io.flinklsm.statebackend.timers;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.KeyBuffer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.NoSuchElementException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.InternalPriorityQueue;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueElement;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * The elements of one queue in one key group: a row each, key group and serialised element, with an
 * empty value. To the tree it is a map: the key group is the prefix. A set: adding an element twice
 * is adding it once. The least elements are cached, so looking at the head costs nothing. Confined
 * to the task thread.
 *
 * <pre>
 * store:  floor ≤ a b c d e f …     head cache: a b c      (nothing lives below the floor)
 * </pre>
 *
 * The floor matters because polled elements leave tombstones: a scan that began at the key group
 * would walk over all of them. Adding below the floor lowers it.
 *
 * @param <T> type of the elements
 */
final class LsmPriorityQueueSet<T> implements InternalPriorityQueue<T>, HeapPriorityQueueElement {

    private static final byte[] NO_BYTES = new byte[0];

    /** A page of rows ends early at this size, so that large elements do not pile up. */
    private static final int PAGE_BYTES = 1 << 20;

    // Immutable.
    private final LsmTree tree;
    private final byte[] keyGroupPrefix;
    private final DataOutputSerializer out;
    private final int headsMax;
    private final DataInputDeserializer in = new DataInputDeserializer();
    private final KeyBuffer rowKey;

    // Replaced when the queue is registered again.
    private TypeSerializer<T> serializer;

    private HeadCache heads;
    private @Nullable T head;

    /** Every live row is at or above it; null if nothing is known. */
    private byte @Nullable [] floor;

    private int heapIndex = NOT_CONTAINED;

    /**
     * @param out shared by the queues of one task, used within a call only
     * @param headsMax elements that are kept at hand
     * @param empty whether the store is known to hold no element yet
     */
    LsmPriorityQueueSet(
            LsmTree tree,
            TypeSerializer<T> serializer,
            byte[] keyGroupPrefix,
            DataOutputSerializer out,
            int headsMax,
            boolean empty) {
        this.tree = tree;
        this.serializer = serializer;
        this.keyGroupPrefix = keyGroupPrefix;
        this.rowKey = newKey();
        this.out = out;
        this.headsMax = headsMax;
        this.heads = new HeadCache(headsMax, empty);
    }

    /** Goes on with another serializer; the rows may have been rewritten with it. */
    void setSerializer(TypeSerializer<T> newSerializer) {
        serializer = newSerializer;
        heads = new HeadCache(headsMax, false);
        head = null;
        floor = null;
    }

    @Override
    public @Nullable T peek() {
        if (head == null) {
            fillHeads();
            if (!heads.isEmpty()) {
                head = read(heads.first());
            }
        }
        return head;
    }

    @Override
    public @Nullable T poll() {
        T polled = peek();
        if (polled != null) {
            byte[] row = heads.first();
            delete(row);
            heads.removeFirst();
            head = null;
            floor = row;
        }
        return polled;
    }

    @Override
    public boolean add(T element) {
        byte[] row = rowOf(element);
        if (!heads.isComplete() && !heads.isEmpty() && !heads.covers(row)) {
            // Above the cached heads, there or not: most timers are.
            put(row);
            return false;
        }
        int index = heads.find(row);
        if (index >= 0) {
            return false;
        }
        int place = -index - 1;
        boolean headsUnknown = heads.isEmpty() && !heads.isComplete();
        put(row);
        if (floor != null && Arrays.compareUnsigned(row, floor) < 0) {
            floor = row;
        }
        if (headsUnknown) {
            return true;
        }
        heads.insert(place, row);
        if (place == 0) {
            head = null;
        }
        return place == 0;
    }

    @Override
    public boolean remove(T element) {
        fillHeads();
        byte[] row = rowOf(element);
        int index = heads.find(row);
        if (index < 0) {
            if (!heads.covers(row)) {
                // Above the cached heads: there or not, the head stays.
                delete(row);
            }
            return false;
        }
        delete(row);
        heads.remove(index);
        if (index == 0) {
            head = null;
        }
        return index == 0;
    }

    @Override
    public boolean isEmpty() {
        return peek() == null;
    }

    /** Exact; walks over the key group's rows. */
    @Override
    public int size() {
        int size = 0;
        try {
            Rows rows = new Rows();
            while (rows.next() != null) {
                size++;
            }
        } catch (IOException e) {
            throw failure("the queue could not be counted", e);
        }
        return size;
    }

    @Override
    public void addAll(@Nullable Collection<? extends T> elements) {
        if (elements != null) {
            for (T element : elements) {
                add(element);
            }
        }
    }

    /** All elements; what is added or removed meanwhile may or may not show. */
    @Override
    public CloseableIterator<T> iterator() {
        try {
            return new Elements();
        } catch (IOException e) {
            throw failure("the queue could not be read", e);
        }
    }

    @Override
    public int getInternalIndex() {
        return heapIndex;
    }

    @Override
    public void setInternalIndex(int newIndex) {
        heapIndex = newIndex;
    }

    private final class Elements implements CloseableIterator<T> {

        private final Rows rows = new Rows();
        private byte @Nullable [] nextRow;

        Elements() throws IOException {
            nextRow = rows.next();
        }

        @Override
        public boolean hasNext() {
            return nextRow != null;
        }

        @Override
        public T next() {
            if (nextRow == null) {
                throw new NoSuchElementException("the queue has no more elements");
            }
            T element = read(nextRow);
            try {
                nextRow = rows.next();
            } catch (IOException e) {
                throw failure("the queue could not be read", e);
            }
            return element;
        }

        /** Nothing is open between two pages. */
        @Override
        public void close() {}
    }

    /** The rows from the floor on, in order, page by page. */
    private final class Rows {

        private final ValueBuffer page = new ValueBuffer();
        private int nextAt;
        private boolean isLastPage;

        /** The next page begins behind it; null if it begins with the first row. */
        private byte @Nullable [] last =
                floor == null || floor.length == keyGroupPrefix.length ? null : justBelow(floor);

        /** The next row; null at the end. */
        byte @Nullable [] next() throws IOException {
            if (nextAt == page.length()) {
                if (isLastPage) {
                    return null;
                }
                KeyBuffer prefix = keyOf(keyGroupPrefix, rowKey);
                KeyBuffer after = last == null ? null : keyOf(last, newKey());
                isLastPage = tree.readPage(prefix, after, headsMax, PAGE_BYTES, page);
                nextAt = 0;
                if (page.length() == 0) {
                    return null;
                }
            }
            int suffixBytes = page.getInt(nextAt);
            int valueBytes = page.getInt(nextAt + Integer.BYTES);
            int suffixAt = nextAt + 2 * Integer.BYTES;
            int prefixBytes = keyGroupPrefix.length;
            byte[] row = Arrays.copyOf(keyGroupPrefix, prefixBytes + suffixBytes);
            System.arraycopy(page.array(), suffixAt, row, prefixBytes, suffixBytes);
            nextAt = suffixAt + suffixBytes + valueBytes;
            last = row;
            return row;
        }
    }

    /** Reads the least elements from the store, if none is known and there may be some. */
    private void fillHeads() {
        if (!heads.isEmpty() || heads.isComplete()) {
            return;
        }
        try {
            Rows rows = new Rows();
            while (!heads.isFull()) {
                byte[] row = rows.next();
                if (row == null) {
                    heads.setComplete();
                    break;
                }
                heads.append(row);
            }
        } catch (IOException e) {
            throw failure("the head of the queue could not be read", e);
        }
        if (!heads.isEmpty()) {
            floor = heads.first();
        }
    }

    /**
     * A row below the given one and close to it. Rows between the two cannot be live, so it does
     * not matter that there may be some.
     */
    private static byte[] justBelow(byte[] row) {
        int last = row.length - 1;
        if (row[last] == 0) {
            return Arrays.copyOf(row, last);
        }
        byte[] below = Arrays.copyOf(row, row.length + 1);
        below[last]--;
        below[last + 1] = (byte) 0xFF;
        return below;
    }

    private byte[] rowOf(T element) {
        try {
            out.clear();
            out.write(keyGroupPrefix);
            serializer.serialize(element, out);
            return out.getCopyOfBuffer();
        } catch (IOException e) {
            throw failure("an element could not be serialised", e);
        }
    }

    private T read(byte[] row) {
        try {
            in.setBuffer(row, keyGroupPrefix.length, row.length - keyGroupPrefix.length);
            return serializer.deserialize(in);
        } catch (IOException e) {
            throw failure("an element could not be deserialised", e);
        }
    }

    private KeyBuffer newKey() {
        return new KeyBuffer().set(keyGroupPrefix, 0, keyGroupPrefix.length);
    }

    /** The row as a key of the tree; the hash of the prefix stays known. */
    private KeyBuffer keyOf(byte[] row, KeyBuffer into) {
        return into.setSuffix(row, keyGroupPrefix.length, row.length - keyGroupPrefix.length);
    }

    private void put(byte[] row) {
        try {
            tree.put(keyOf(row, rowKey), NO_BYTES, 0, 0);
        } catch (IOException e) {
            throw failure("an element could not be added", e);
        }
    }

    private void delete(byte[] row) {
        try {
            tree.delete(keyOf(row, rowKey));
        } catch (IOException e) {
            throw failure("an element could not be removed", e);
        }
    }

    private FlinkRuntimeException failure(String what, IOException cause) {
        return new FlinkRuntimeException(
                "[" + tree.name() + "] " + what + "; the cause tells what to mend", cause);
    }
}
