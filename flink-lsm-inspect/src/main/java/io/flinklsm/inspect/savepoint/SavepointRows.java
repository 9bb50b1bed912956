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

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keyed state of one subtask in the canonical savepoint format, whichever backend wrote it, or in a
 * checkpoint of the HashMap backend, which begins in the same way. Its rows are the entries that a
 * store of ours would have, but they may stand in another order: only key groups ascend. Immutable;
 * safe for any thread.
 *
 * @param keyGroups those that have rows, in ascending order
 * @param sizeBytes of the file
 * @param isHashMap whether they stand as the HashMap backend's checkpoints have them
 */
public record SavepointRows(
        String fileName,
        Storage storage,
        SavepointMeta meta,
        List<KeyGroup> keyGroups,
        int keyGroupBytes,
        long sizeBytes,
        boolean isHashMap)
        implements StateRows {

    /** Far above what the serializers of a job take. */
    private static final long MAX_META_BYTES = 16L << 20;

    /**
     * @param offset where its rows begin in the file
     */
    public record KeyGroup(int number, long offset) {}

    public SavepointRows {
        keyGroups = List.copyOf(keyGroups);
    }

    /**
     * Reads what the file begins with.
     *
     * @param isSavepoint whether the checkpoint's metadata say so; savepoints before Flink 1.11 do
     *     not
     * @throws CorruptionException if that is not in the format, or has a serializer that cannot be
     *     read without its class
     */
    public static SavepointRows open(
            String fileName,
            Storage storage,
            List<KeyGroup> keyGroups,
            int keyGroupBytes,
            boolean isSavepoint)
            throws IOException {
        try (StorageInput file = storage.open(fileName)) {
            long end = Math.min(file.size(), MAX_META_BYTES);
            for (KeyGroup group : keyGroups) {
                if (group.offset() < 0 || group.offset() > file.size()) {
                    throw new CorruptionException(
                            "["
                                    + storage.describe(fileName)
                                    + "] is shorter than the metadata says: sizeBytes="
                                    + file.size()
                                    + ", keyGroup="
                                    + group.number()
                                    + ", offset="
                                    + group.offset()
                                    + "; take another savepoint.");
                }
            }
            var in = new DataInputStream(new PositionedStream(file, 0, end));
            SavepointMeta meta;
            try {
                meta = SavepointMeta.read(in, keyGroupBytes);
            } catch (SnapshotReader.MalformedException
                    | EOFException
                    | UTFDataFormatException
                    | IllegalArgumentException e) {
                throw new CorruptionException(
                        "["
                                + storage.describe(fileName)
                                + "] the states of the savepoint cannot be read: "
                                + e.getMessage()
                                + "; it is damaged, or has a serializer that only its own class can"
                                + " read (\"flink-lsm fit\" reads it with the job's jar).",
                        e);
            }
            return new SavepointRows(
                    fileName,
                    storage,
                    meta,
                    keyGroups,
                    keyGroupBytes,
                    file.size(),
                    !isSavepoint && beginsWithNumber(file, keyGroups));
        }
    }

    /**
     * Whether key groups begin with their numbers, as int. Rows in the canonical format begin with
     * the number of their state in two bytes, and a length of four, or with the head of Snappy's
     * frames: its first four bytes are another number but for key group 0, which does not decide.
     * Where there is no other, they do.
     */
    private static boolean beginsWithNumber(StorageInput file, List<KeyGroup> keyGroups)
            throws IOException {
        byte[] head = new byte[Integer.BYTES];
        boolean isUndecided = false;
        for (KeyGroup group : keyGroups) {
            if (group.offset() + head.length > file.size()) {
                return false;
            }
            file.readFully(group.offset(), head, 0, head.length);
            int first = ByteBuffer.wrap(head).getInt();
            if (first != 0 || group.number() != 0) {
                return first == group.number();
            }
            isUndecided = true;
        }
        return isUndecided;
    }

    @Override
    public String format() {
        return isHashMap ? "hashmap" : "canonical";
    }

    /** Each state as a tree without SSTables. */
    public List<TreeImage> trees() {
        return meta.states().stream()
                .map(state -> new TreeImage(state.treeName(), List.of()))
                .toList();
    }

    @Override
    public @Nullable EntryColumns columns(String treeName) {
        int id = stateId(treeName);
        return id < 0 ? null : meta.states().get(id).columns();
    }

    private int stateId(String treeName) {
        for (int id = 0; id < meta.states().size(); id++) {
            if (meta.states().get(id).treeName().equals(treeName)) {
                return id;
            }
        }
        return -1;
    }

    @Override
    public EntryCursor cursor(String treeName, KeyRange range) throws IOException {
        return isHashMap
                ? new HashMapRowCursor(this, stateId(treeName), range)
                : new RowCursor(this, stateId(treeName), range);
    }
}
