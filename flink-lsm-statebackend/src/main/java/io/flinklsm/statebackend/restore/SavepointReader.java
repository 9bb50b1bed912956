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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.statebackend.key.KeyGroupRanges;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.state.FullSnapshotUtil;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.SnappyStreamCompressionDecorator;
import org.apache.flink.runtime.state.StreamCompressionDecorator;
import org.apache.flink.runtime.state.UncompressedStreamCompressionDecorator;

/**
 * Reads one handle in the canonical savepoint format, which any backend writes. Confined to one
 * thread; the stream is in the registry, so that it is closed on cancellation.
 *
 * <pre>
 *   meta information (Flink's)
 *   a key group, at its offset:  stateId:short  (length:int key  length:int value)*
 *       after a key with bit 0x80 of its first byte set comes the next stateId, 0xFFFF at the end
 * </pre>
 *
 * The format has no checksum, and a {@code KeyGroupsStateHandle} may also be a checkpoint of the
 * HashMap backend, whose bytes mean something else. So every row must begin with the key group that
 * it is in, lengths are not believed until the bytes are there, and what does not fit is an error.
 */
final class SavepointReader<K> implements Closeable {

    /** Takes the rows; arrays are its own. */
    interface RowConsumer {
        void accept(int stateId, byte[] key, byte[] value) throws IOException;
    }

    private static final int BUFFER_BYTES = 64 << 10;

    /** So many bytes of a row are read before room is made for the rest of them at once. */
    private static final int TRUSTED_BYTES = 64 << 20;

    private final KeyGroupsStateHandle handle;
    private final int keyGroupBytes;
    private final CloseableRegistry registry;
    private final FSDataInputStream in;
    private final KeyedBackendSerializationProxy<K> meta;

    SavepointReader(
            KeyGroupsStateHandle handle,
            int keyGroupBytes,
            ClassLoader userClassLoader,
            CloseableRegistry registry)
            throws IOException {
        this.handle = handle;
        this.keyGroupBytes = keyGroupBytes;
        this.registry = registry;
        this.in = open();
        try {
            meta = new KeyedBackendSerializationProxy<>(userClassLoader);
            meta.read(new DataInputViewStreamWrapper(new BufferedInputStream(in, BUFFER_BYTES)));
        } catch (IOException | RuntimeException e) {
            Cleanup.undo(e, this);
            throw unreadable("its meta information", e);
        } catch (Error e) {
            // Of a class of the job: it says more by itself.
            Cleanup.undo(e, this);
            throw e;
        }
    }

    private FSDataInputStream open() throws IOException {
        FSDataInputStream stream;
        try {
            stream = handle.openInputStream();
        } catch (IOException e) {
            throw unreadable("the file", e);
        }
        try {
            registry.registerCloseable(stream);
            return stream;
        } catch (Throwable failure) {
            Cleanup.undo(failure, stream);
            throw failure;
        }
    }

    KeyedBackendSerializationProxy<K> meta() {
        return meta;
    }

    /** Reads the rows of the key groups that are wanted. */
    void readRows(KeyGroupRange wanted, RowConsumer consumer) throws IOException {
        StreamCompressionDecorator compression =
                meta.isUsingKeyGroupCompression()
                        ? SnappyStreamCompressionDecorator.INSTANCE
                        : UncompressedStreamCompressionDecorator.INSTANCE;
        for (Tuple2<Integer, Long> group : handle.getGroupRangeOffsets()) {
            int keyGroup = group.f0;
            long offset = group.f1;
            // Nothing was written for a key group at offset 0.
            if (offset != 0 && wanted.contains(keyGroup)) {
                try {
                    in.seek(offset);
                    DataInputStream rows =
                            new DataInputStream(
                                    compression.decorateWithCompression(
                                            new BufferedInputStream(in, BUFFER_BYTES)));
                    readKeyGroup(keyGroup, rows, consumer);
                } catch (EOFException e) {
                    throw unreadable("key group " + keyGroup + " (offset=" + offset + ")", e);
                }
            }
        }
    }

    private void readKeyGroup(int keyGroup, DataInputStream rows, RowConsumer consumer)
            throws IOException {
        int states = meta.getStateMetaInfoSnapshots().size();
        int stateId = rows.readUnsignedShort();
        while (stateId != FullSnapshotUtil.END_OF_KEY_GROUP_MARK) {
            if (stateId >= states) {
                throw notCanonical(keyGroup, "stateId=" + stateId + ", states=" + states);
            }
            byte[] key = readBytes(rows, keyGroup, keyGroupBytes, LsmTree.KEY_BYTES_MAX);
            byte[] value = readBytes(rows, keyGroup, 0, LsmTree.VALUE_BYTES_MAX);
            boolean stateEnds = FullSnapshotUtil.hasMetaDataFollowsFlag(key);
            if (stateEnds) {
                FullSnapshotUtil.clearMetaDataFollowsFlag(key);
            }
            int keyGroupOfKey = KeyGroupRanges.keyGroup(key, keyGroupBytes);
            if (keyGroupOfKey != keyGroup) {
                throw notCanonical(keyGroup, "keyGroupOfKey=" + keyGroupOfKey);
            }
            consumer.accept(stateId, key, value);
            if (stateEnds) {
                stateId = rows.readUnsignedShort();
            }
        }
    }

    private byte[] readBytes(DataInputStream rows, int keyGroup, int minLength, int maxLength)
            throws IOException {
        int length = rows.readInt();
        boolean isBeyondFile = !meta.isUsingKeyGroupCompression() && length > handle.getStateSize();
        if (length < minLength || length > maxLength || isBeyondFile) {
            throw notCanonical(
                    keyGroup,
                    "length="
                            + length
                            + ", maximum="
                            + maxLength
                            + ", fileBytes="
                            + handle.getStateSize());
        }
        byte[] bytes = new byte[Math.min(length, BUFFER_BYTES)];
        rows.readFully(bytes);
        while (bytes.length < length) {
            int from = bytes.length;
            long wanted = from < TRUSTED_BYTES ? 2L * from : length;
            bytes = Arrays.copyOf(bytes, (int) Math.min(length, wanted));
            rows.readFully(bytes, from, bytes.length - from);
        }
        return bytes;
    }

    private IOException notCanonical(int keyGroup, String facts) {
        return new IOException(
                "["
                        + describe()
                        + "] not in the canonical savepoint format: keyGroup="
                        + keyGroup
                        + ", "
                        + facts
                        + "; it is damaged, or a checkpoint of the HashMap backend: take a"
                        + " canonical savepoint there and restore from it.");
    }

    private IOException unreadable(String what, Exception cause) {
        return new IOException(
                "["
                        + describe()
                        + "] "
                        + what
                        + " cannot be read: "
                        + cause
                        + "; it is damaged, or a checkpoint of the HashMap backend: take a"
                        + " canonical savepoint there and restore from it.",
                cause);
    }

    private String describe() {
        return "savepoint "
                + handle.getDelegateStateHandle().getStreamStateHandleID().getKeyString();
    }

    @Override
    public void close() throws IOException {
        if (registry.unregisterCloseable(in)) {
            in.close();
        }
    }
}
