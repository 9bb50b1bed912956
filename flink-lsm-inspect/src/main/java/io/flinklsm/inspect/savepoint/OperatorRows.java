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

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file of one subtask with its operator state: lists, unions and broadcast state. Each element
 * of a list is a row, each broadcast state one row, a list of its entries; the key of all rows is
 * the number of the subtask. Where elements begin is said by the metadata of the checkpoint, so
 * that one whose serializer is not known still comes out as bytes. Safe for any thread.
 */
public final class OperatorRows implements StateRows {

    /** How the trees of operator state are called; no store has trees of this kind. */
    private static final String PREFIX = "op/";

    /** {@code OperatorBackendSerializationProxy}; the older one has no compression. */
    private static final int VERSION = 6;

    private static final int VERSION_WITHOUT_COMPRESSION = 5;

    /** Far above what the serializers of a job take. */
    private static final long MAX_META_BYTES = 16L << 20;

    private final String fileName;
    private final Storage storage;
    private final int subtask;
    private final Map<String, long[]> offsets;
    private final long sizeBytes;

    /**
     * @param offsets where the elements of each state begin, by its name
     */
    public OperatorRows(
            String fileName,
            Storage storage,
            int subtask,
            Map<String, long[]> offsets,
            long sizeBytes) {
        this.fileName = fileName;
        this.storage = storage;
        this.subtask = subtask;
        this.offsets = Map.copyOf(offsets);
        this.sizeBytes = sizeBytes;
    }

    /** The tree that stands for an operator state. */
    public static String treeName(String state) {
        return PREFIX + state;
    }

    /** Whether it is the tree of an operator state. */
    public static boolean isOperatorState(String treeName) {
        return treeName.startsWith(PREFIX);
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public EntryColumns columns(String treeName) throws IOException {
        Meta meta = readMeta();
        ColumnType known = meta.values.get(treeName);
        return new EntryColumns(
                StateKind.VALUE,
                0,
                false,
                ColumnTypes.int32(),
                ColumnTypes.constant(new byte[0]),
                null,
                known != null ? known : ColumnTypes.opaque("", meta.problem));
    }

    @Override
    public EntryCursor cursor(String treeName, KeyRange range) throws IOException {
        long[] wanted = offsets.getOrDefault(treeName.substring(PREFIX.length()), new long[0]);
        long[] all = offsets.values().stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new OperatorCursor(
                storage, fileName, readMeta().isCompressed, subtask, wanted, all, range);
    }

    /**
     * What the file begins with.
     *
     * @param problem why a state is missing among the values
     */
    private record Meta(boolean isCompressed, Map<String, ColumnType> values, String problem) {}

    private Meta readMeta() throws IOException {
        try (StorageInput file = storage.open(fileName)) {
            long end = Math.min(file.size(), MAX_META_BYTES);
            return readMeta(new DataInputStream(new PositionedStream(file, 0, end)));
        } catch (EOFException | UTFDataFormatException e) {
            throw damaged("it ends too early", e);
        }
    }

    private Meta readMeta(DataInputStream in) throws IOException {
        int version = in.readInt();
        if (version != VERSION && version != VERSION_WITHOUT_COMPRESSION) {
            throw damaged("version=" + version + ", known=" + VERSION, null);
        }
        boolean isCompressed = version == VERSION && in.readBoolean();
        Map<String, ColumnType> values = new HashMap<>();
        String problem = "the file does not say it";
        try {
            // Lists and unions, then broadcast states.
            for (int i = 0; i < 2; i++) {
                int count = in.readShort();
                for (int j = 0; j < count; j++) {
                    StateInfo info = StateInfo.read(in, SavepointMeta.SerializerSink.NONE);
                    values.put(treeName(info.name()), value(info));
                }
            }
        } catch (SnapshotReader.MalformedException | IllegalArgumentException e) {
            // Nothing behind it can be found; its elements still can.
            problem = "its serializer cannot be read: " + e.getMessage();
        }
        return new Meta(isCompressed, values, problem);
    }

    private static ColumnType value(StateInfo info) throws IOException {
        ColumnType value = info.serializer("VALUE_SERIALIZER").type();
        return switch (info.kind()) {
            case StateInfo.OPERATOR -> SavepointMeta.bounded(value);
            case StateInfo.BROADCAST ->
                    SavepointMeta.bounded(
                            ColumnTypes.list(
                                    ColumnTypes.struct(
                                            List.of("key", "value"),
                                            List.of(
                                                    info.serializer("KEY_SERIALIZER").type(),
                                                    value))));
            default ->
                    throw new SnapshotReader.MalformedException(
                            "a kind of state that operators do not have: state="
                                    + info.name()
                                    + ", "
                                    + info.kind());
        };
    }

    private CorruptionException damaged(String facts, @Nullable Throwable e) {
        return new CorruptionException(
                "["
                        + storage.describe(fileName)
                        + "] the operator state cannot be read: subtask="
                        + subtask
                        + ", "
                        + facts
                        + "; the file is damaged, or a newer Flink wrote it: take another"
                        + " checkpoint.",
                e);
    }
}
