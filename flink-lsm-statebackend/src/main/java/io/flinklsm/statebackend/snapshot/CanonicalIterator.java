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
package io.flinklsm.statebackend.snapshot;

import io.flinklsm.core.StoreView;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.key.KeyGroupRanges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyValueStateIterator;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a canonical savepoint, ordered by key group, then state id, then key: a cursor for
 * each tree, read in turn, a key group at a time. Confined to one thread.
 *
 * <pre>
 *   state 0:  [kg 0: a b] [kg 2: c]          rows: 0/0/a 0/0/b 0/1/x 1/1/y 2/0/c
 *   state 1:  [kg 0: x] [kg 1: y]
 * </pre>
 */
final class CanonicalIterator implements KeyValueStateIterator {

    /**
     * One state.
     *
     * @param transform drops rows or changes values (TTL); null to copy them
     */
    record Source(String treeName, @Nullable EntryTransform transform) {}

    /** Judges the value of a row; used by one thread. */
    interface EntryTransform {
        /**
         * @return the value to write, or null to drop the row
         */
        byte @Nullable [] apply(byte[] value) throws IOException;
    }

    private final class Input implements AutoCloseable {
        private final EntryCursor cursor;
        private final @Nullable EntryTransform transform;
        private byte @Nullable [] key;

        /** Null until it is wanted: it may be large, and the row's turn is to come. */
        private byte @Nullable [] value;

        Input(EntryCursor cursor, @Nullable EntryTransform transform) {
            this.cursor = cursor;
            this.transform = transform;
        }

        void advance() throws IOException {
            key = null;
            value = null;
            while (cursor.next()) {
                if (transform != null) {
                    value = transform.apply(cursor.copyValue());
                }
                if (transform == null || value != null) {
                    // The writer marks keys in place: every row gets arrays of its own.
                    key = cursor.key().toBytes();
                    return;
                }
            }
        }

        byte[] value() {
            byte[] current = value;
            if (current == null) {
                try {
                    current = cursor.copyValue();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                value = current;
            }
            return current;
        }

        boolean isIn(int wantedKeyGroup) {
            return key != null && KeyGroupRanges.keyGroup(key, keyGroupBytes) == wantedKeyGroup;
        }

        @Override
        public void close() throws IOException {
            cursor.close();
        }
    }

    private final int keyGroupBytes;
    private final int lastKeyGroup;
    private final List<Input> inputs = new ArrayList<>();

    private int keyGroup;
    private int stateId;
    private boolean newKeyGroup = true;
    private boolean newState = true;
    private boolean valid;

    CanonicalIterator(
            StoreView view, List<Source> sources, KeyGroupRange keyGroups, int keyGroupBytes)
            throws IOException {
        this.keyGroupBytes = keyGroupBytes;
        this.keyGroup = keyGroups.getStartKeyGroup();
        this.lastKeyGroup = keyGroups.getEndKeyGroup();
        KeyRange range = KeyGroupRanges.keyRange(keyGroups, keyGroupBytes);
        try {
            for (Source source : sources) {
                Input input = new Input(view.scan(source.treeName(), range), source.transform());
                inputs.add(input);
                input.advance();
            }
            settle();
        } catch (Throwable failure) {
            // Errors too: the transform runs a user's serializer.
            Cleanup.undo(failure, inputs);
            throw failure;
        }
        newKeyGroup = valid;
        newState = valid;
    }

    @Override
    public void next() throws IOException {
        if (!valid) {
            throw new NoSuchElementException("the savepoint has no more rows");
        }
        int keyGroupBefore = keyGroup;
        int stateBefore = stateId;
        inputs.get(stateId).advance();
        settle();
        newKeyGroup = keyGroup != keyGroupBefore;
        newState = newKeyGroup || stateId != stateBefore;
    }

    /** Moves to the first row at or behind (key group, state id). */
    private void settle() {
        while (keyGroup <= lastKeyGroup) {
            for (; stateId < inputs.size(); stateId++) {
                if (inputs.get(stateId).isIn(keyGroup)) {
                    valid = true;
                    return;
                }
            }
            stateId = 0;
            keyGroup++;
        }
        valid = false;
    }

    @Override
    public int keyGroup() {
        return keyGroup;
    }

    @Override
    public byte[] key() {
        byte[] key = inputs.get(stateId).key;
        if (key == null) {
            throw new NoSuchElementException("the savepoint has no more rows");
        }
        return key;
    }

    @Override
    public byte[] value() {
        return inputs.get(stateId).value();
    }

    @Override
    public int kvStateId() {
        return stateId;
    }

    @Override
    public boolean isNewKeyValueState() {
        return newState;
    }

    @Override
    public boolean isNewKeyGroup() {
        return newKeyGroup;
    }

    @Override
    public boolean isValid() {
        return valid;
    }

    @Override
    public void close() {
        try {
            Cleanup.closeAll(inputs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
