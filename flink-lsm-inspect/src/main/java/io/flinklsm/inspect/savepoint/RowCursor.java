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
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.storage.StorageInput;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one state, key group by key group; those of other states are passed over.
 *
 * <pre>
 * key group = state:short row* ; row = length:int key length:int value
 *     0x80 in a key's first byte: behind its value comes the next state, 0xFFFF at the end
 * </pre>
 *
 * The format has no checksum, so every row must begin with the key group that it is in, and lengths
 * are not believed until the bytes are there. Confined to one thread.
 */
final class RowCursor implements EntryCursor {

    private static final int END_OF_KEY_GROUP = 0xFFFF;
    private static final int STATE_ENDS = 0x80;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int MAX_KEY_BYTES = 64 << 20;

    private final SavepointRows rows;
    private final int stateId;
    private final KeyRange range;
    private final StorageInput file;
    private final Slice keyView = new Slice();
    private final Slice valueView = new Slice();
    private byte[] key = new byte[64];
    private byte[] value = new byte[64];
    private DataInputStream in = new DataInputStream(InputStream.nullInputStream());
    private int groupIndex = -1;
    private int currentState = END_OF_KEY_GROUP;

    RowCursor(SavepointRows rows, int stateId, KeyRange range) throws IOException {
        this.rows = rows;
        this.stateId = stateId;
        this.range = range;
        this.file = rows.storage().open(rows.fileName());
    }

    @Override
    public boolean next() throws IOException {
        try {
            while (true) {
                if (currentState == END_OF_KEY_GROUP) {
                    if (!openGroup()) {
                        return false;
                    }
                } else if (readRow()) {
                    return true;
                }
            }
        } catch (EOFException e) {
            throw damaged("it ends too early", e);
        } catch (SnapshotReader.MalformedException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    private boolean openGroup() throws IOException {
        groupIndex++;
        if (groupIndex >= rows.keyGroups().size()) {
            // From then on there is none.
            groupIndex = rows.keyGroups().size();
            return false;
        }
        var stream =
                new PositionedStream(
                        file, rows.keyGroups().get(groupIndex).offset(), rows.sizeBytes());
        in =
                new DataInputStream(
                        rows.meta().isCompressed()
                                ? new BufferedInputStream(new Frames(stream))
                                : stream);
        readState();
        return true;
    }

    private void readState() throws IOException {
        currentState = in.readUnsignedShort();
        if (currentState != END_OF_KEY_GROUP && currentState >= rows.meta().states().size()) {
            throw damaged(
                    "state=" + currentState + ", states=" + rows.meta().states().size(), null);
        }
    }

    /** Whether the row is one that is wanted. */
    private boolean readRow() throws IOException {
        int keyLength = length(rows.keyGroupBytes(), MAX_KEY_BYTES);
        key = read(key, keyLength);
        boolean stateEnds = (key[0] & STATE_ENDS) != 0;
        key[0] &= (byte) ~STATE_ENDS;
        int group = key[0];
        if (rows.keyGroupBytes() == 2) {
            group = group << Byte.SIZE | key[1] & 0xFF;
        }
        int expected = rows.keyGroups().get(groupIndex).number();
        if (group != expected) {
            throw damaged("a row of another key group: keyGroup=" + group, null);
        }
        keyView.setBytes(key, 0, keyLength);
        boolean isWanted = currentState == stateId && range.contains(keyView);
        int valueLength = length(0, Integer.MAX_VALUE - Long.BYTES);
        if (isWanted) {
            value = read(value, valueLength);
            valueView.setBytes(value, 0, valueLength);
        } else {
            in.skipNBytes(valueLength);
        }
        if (stateEnds) {
            readState();
        }
        return isWanted;
    }

    private int length(int min, int max) throws IOException {
        int length = in.readInt();
        boolean isBeyondFile = !rows.meta().isCompressed() && length > rows.sizeBytes();
        if (length < min || length > max || isBeyondFile) {
            throw damaged("length=" + length, null);
        }
        return length;
    }

    /** Makes room as bytes come in, not for what is promised. */
    private byte[] read(byte[] buffer, int length) throws IOException {
        byte[] bytes = buffer;
        int done = 0;
        while (done < length) {
            int wanted = Math.min(length, Math.max(done + CHUNK_BYTES, bytes.length));
            if (wanted > bytes.length) {
                long doubled = Math.max(wanted, Math.min(2L * done, length));
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, doubled));
            }
            in.readFully(bytes, done, wanted - done);
            done = wanted;
        }
        return bytes;
    }

    private CorruptionException damaged(String facts, @Nullable Throwable e) {
        return new CorruptionException(
                "["
                        + rows.storage().describe(rows.fileName())
                        + "] the rows of the savepoint cannot be read: keyGroup="
                        + rows.keyGroups().get(groupIndex).number()
                        + ", "
                        + facts
                        + "; the file is damaged, take another savepoint.",
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
