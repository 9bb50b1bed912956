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
package io.flinklsm.inspect.savepoint;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.UnknownFormatException;
import io.flinklsm.core.storage.StorageInput;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one state in a checkpoint of the HashMap backend, as a canonical savepoint would have
 * them: a list's elements with commas between them, a row for each entry of a map.
 *
 * <pre>
 * key group = number:int part*, one for each state, in any order, each compressed by itself
 * part      = state:short count:int entry*
 * entry     = namespace key value; of a queue, its element
 * </pre>
 *
 * Nothing has a length: ends are found by the types. So a state with parts that are bytes to others
 * cannot be read, nor what stands behind it in a key group that is not compressed. Confined to one
 * thread.
 */
final class HashMapRowCursor implements EntryCursor {

    /** A part of an entry that is larger cannot be told from one that is damaged. */
    private static final int MAX_PART_BYTES = 32 << 20;

    private static final int FIRST_BYTES = 64;
    private static final int STREAM_BEGINS = 0xFF;
    private static final byte DELIMITER = ',';

    /** Finders of ends for the parts of a state's entries; null for those that have none. */
    private static final class Parts {
        private final EntryColumns columns;
        private final @Nullable EndFinder key;
        private final @Nullable EndFinder namespace;
        private final @Nullable EndFinder mapKey;

        /** Of a list its elements, of a map its values. */
        private final @Nullable EndFinder value;

        Parts(EntryColumns columns) {
            this.columns = columns;
            key = columns.key().ends();
            namespace = columns.namespace().ends();
            ColumnType ofMapKey = columns.mapKey();
            mapKey = ofMapKey == null ? null : ofMapKey.ends();
            ColumnType ofValue = columns.value();
            value =
                    ofValue == null
                            ? null
                            : isList()
                                    ? ColumnType.parse(ofValue.text().child(0, 1).toString()).ends()
                                    : ofValue.ends();
        }

        boolean isQueue() {
            return columns.kind() == StateKind.QUEUE;
        }

        boolean isMap() {
            return columns.mapKey() != null;
        }

        boolean isList() {
            ColumnType type = columns.value();
            return type != null && type.text().name().equals("delimited");
        }
    }

    private final SavepointRows rows;
    private final int stateId;
    private final KeyRange range;
    private final StorageInput file;
    private final Parts[] states;

    /** Key group, key and namespace of the current entry. */
    private final ValueBuffer prefix = new ValueBuffer();

    private final ValueBuffer namespace = new ValueBuffer();
    private final ValueBuffer key = new ValueBuffer();
    private final ValueBuffer value = new ValueBuffer();
    private final Slice keyView = new Slice();
    private final Slice valueView = new Slice();

    private int groupIndex = -1;
    private InputStream in = InputStream.nullInputStream();

    /** Bytes that were read and not yet used stand between two places. */
    private byte[] window = new byte[1 << 12];

    private int from;
    private int to;

    /** Where the part begins that was taken last. */
    private int partFrom;

    private int entriesLeft;
    private int mapEntriesLeft;

    HashMapRowCursor(SavepointRows rows, int stateId, KeyRange range) throws IOException {
        this.rows = rows;
        this.stateId = stateId;
        this.range = range;
        this.states =
                rows.meta().states().stream()
                        .map(state -> new Parts(state.columns()))
                        .toArray(Parts[]::new);
        this.file = rows.storage().open(rows.fileName());
    }

    @Override
    public boolean next() throws IOException {
        try {
            while (true) {
                if (entriesLeft == 0 && mapEntriesLeft == 0) {
                    if (!openGroup()) {
                        return false;
                    }
                } else if (readRow(states[stateId])) {
                    return true;
                }
            }
        } catch (EOFException e) {
            throw damaged("it ends too early", e);
        } catch (SnapshotReader.MalformedException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    // ---------------------------------------------------------------------------------- key groups

    /** Goes to the entries of the state in the next key group. */
    private boolean openGroup() throws IOException {
        groupIndex++;
        if (groupIndex >= rows.keyGroups().size()) {
            // From then on there is none.
            groupIndex = rows.keyGroups().size();
            return false;
        }
        boolean isLast = groupIndex + 1 == rows.keyGroups().size();
        var stored =
                new PositionedStream(
                        file,
                        group().offset(),
                        isLast ? rows.sizeBytes() : rows.keyGroups().get(groupIndex + 1).offset());
        int number = new DataInputStream(stored).readInt();
        if (number != group().number()) {
            throw damaged("another key group stands there: number=" + number, null);
        }
        open(stored);
        for (int part = 0; part < states.length; part++) {
            if (rows.meta().isCompressed()) {
                stored.mark(Integer.MAX_VALUE);
                open(new Frames(stored));
            }
            int state = readInt(Short.BYTES);
            entriesLeft = readCount();
            if (state == stateId) {
                return true;
            }
            if (state < 0 || state >= states.length) {
                throw damaged("state=" + state + ", states=" + states.length, null);
            }
            if (rows.meta().isCompressed()) {
                stored.reset();
                skipFrames(stored);
                entriesLeft = 0;
            } else {
                for (; entriesLeft > 0; entriesLeft--) {
                    skipEntry(states[state]);
                }
            }
        }
        // A state that was registered after others were written stands in none of them.
        return true;
    }

    private SavepointRows.KeyGroup group() {
        return rows.keyGroups().get(groupIndex);
    }

    private void open(InputStream stream) {
        in = stream;
        from = 0;
        to = 0;
    }

    /** Passes over all frames up to where the next part begins. */
    private static void skipFrames(PositionedStream stored) throws IOException {
        var head = new DataInputStream(stored);
        boolean isFirst = true;
        while (stored.available() > 0) {
            stored.mark(Integer.MAX_VALUE);
            int kind = head.readUnsignedByte();
            if (kind == STREAM_BEGINS && !isFirst) {
                stored.reset();
                return;
            }
            isFirst = false;
            int length =
                    head.readUnsignedByte()
                            | head.readUnsignedByte() << Byte.SIZE
                            | head.readUnsignedByte() << 2 * Byte.SIZE;
            head.skipNBytes(length);
        }
    }

    // ------------------------------------------------------------------------------------- entries

    /** Whether it is a row that is wanted. */
    private boolean readRow(Parts parts) throws IOException {
        if (mapEntriesLeft > 0) {
            mapEntriesLeft--;
            key.clear().append(prefix);
            take(parts.mapKey, key);
            take(parts.value, value.clear());
            return isWanted();
        }
        entriesLeft--;
        appendGroup(prefix.clear());
        if (parts.isQueue()) {
            take(parts.key, prefix);
            key.clear().append(prefix);
            value.clear();
            return isWanted();
        }
        int namespaceLength = take(parts.namespace, namespace.clear());
        int keyLength = take(parts.key, prefix);
        if (parts.columns.hasLengths()) {
            appendLength(keyLength);
        }
        prefix.append(namespace);
        if (parts.columns.hasLengths()) {
            appendLength(namespaceLength);
        }
        if (parts.isMap()) {
            mapEntriesLeft = readCount();
            return false;
        }
        key.clear().append(prefix);
        value.clear();
        if (!parts.isList()) {
            take(parts.value, value);
            return isWanted();
        }
        int count = readCount();
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                value.append(DELIMITER);
            }
            take(parts.value, value);
        }
        // A list without elements is none.
        return count > 0 && isWanted();
    }

    private boolean isWanted() {
        key.view(keyView);
        value.view(valueView);
        return range.contains(keyView);
    }

    private void appendGroup(ValueBuffer target) {
        for (int i = rows.keyGroupBytes() - 1; i >= 0; i--) {
            target.append((byte) (group().number() >> Byte.SIZE * i));
        }
    }

    /** The lowest byte first, as many as there are. */
    private void appendLength(int length) {
        int rest = length;
        do {
            prefix.append((byte) rest);
            rest >>>= Byte.SIZE;
        } while (rest != 0);
    }

    private void skipEntry(Parts parts) throws IOException {
        if (parts.isQueue()) {
            take(parts.key);
            return;
        }
        take(parts.namespace);
        take(parts.key);
        int count = parts.isList() || parts.isMap() ? readCount() : 1;
        for (int i = 0; i < count; i++) {
            if (parts.isMap()) {
                take(parts.mapKey);
            }
            take(parts.value);
        }
    }

    // --------------------------------------------------------------------------------------- parts

    private int take(@Nullable EndFinder ends, ValueBuffer target) throws IOException {
        int length = take(ends);
        target.append(window, partFrom, length);
        return length;
    }

    /** Reads a part of an entry and gives its length. */
    private int take(@Nullable EndFinder ends) throws IOException {
        if (ends == null) {
            throw unknown("a serializer whose bytes say nothing to others");
        }
        int wanted = FIRST_BYTES;
        while (true) {
            fill(wanted);
            int length = ends.length(window, from, Math.min(to, from + wanted));
            if (length >= 0) {
                partFrom = from;
                from += length;
                return length;
            }
            if (to - from < wanted) {
                throw unknown("a value that is not just what its type says");
            }
            if (wanted == MAX_PART_BYTES) {
                throw unknown(
                        "a value or key of more than "
                                + (MAX_PART_BYTES >> 20)
                                + " MiB, or one that is not just what its type says");
            }
            wanted = Math.min(MAX_PART_BYTES, 4 * wanted);
        }
    }

    /** Makes so many bytes be in the window, or all that there are. */
    private void fill(int wanted) throws IOException {
        if (to - from >= wanted) {
            return;
        }
        if (window.length - from < wanted) {
            byte[] target = window.length < wanted ? new byte[Math.max(wanted, 1 << 12)] : window;
            System.arraycopy(window, from, target, 0, to - from);
            window = target;
            to -= from;
            from = 0;
        }
        while (to - from < wanted) {
            int count = in.read(window, to, window.length - to);
            if (count < 0) {
                return;
            }
            to += count;
        }
    }

    private int readCount() throws IOException {
        int count = readInt(Integer.BYTES);
        if (count < 0) {
            throw damaged("count=" + count, null);
        }
        return count;
    }

    private int readInt(int byteCount) throws IOException {
        fill(byteCount);
        if (to - from < byteCount) {
            throw new EOFException();
        }
        int number = 0;
        for (int i = 0; i < byteCount; i++) {
            number = number << Byte.SIZE | (window[from++] & 0xFF);
        }
        return number;
    }

    private UnknownFormatException unknown(String what) {
        return new UnknownFormatException(
                "["
                        + rows.storage().describe(rows.fileName())
                        + "] the entries of a checkpoint of the HashMap backend have no lengths,"
                        + " and here an end cannot be found: keyGroup="
                        + group().number()
                        + ", state="
                        + rows.meta().states().get(stateId).treeName()
                        + ": it or one before it has "
                        + what
                        + "; take a canonical savepoint (\"flink savepoint --type canonical JOB\"),"
                        + " which says all lengths.");
    }

    private CorruptionException damaged(String facts, @Nullable Throwable e) {
        return new CorruptionException(
                "["
                        + rows.storage().describe(rows.fileName())
                        + "] the rows of the checkpoint cannot be read: keyGroup="
                        + group().number()
                        + ", "
                        + facts
                        + "; the file is damaged, take another checkpoint.",
                e);
    }

    @Override
    public Slice key() {
        return keyView;
    }

    @Override
    public EntryKind kind() {
        return EntryKind.PUT;
    }

    @Override
    public Slice value() {
        return valueView;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
