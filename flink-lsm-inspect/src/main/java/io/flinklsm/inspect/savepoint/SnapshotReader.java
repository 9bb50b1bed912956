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
import io.flinklsm.statebackend.columns.AvroTypes;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads snapshots of serializers without a class of them: a snapshot is the name of its class, a
 * version, and what the class writes, which has no length in front. So each kind that Flink has is
 * read by its own rule. A kind that is not known is read as what most are, a snapshot without
 * content or one of nested snapshots; if that does not fit, what follows it cannot be found.
 *
 * <pre>
 * snapshot  = name:utf version:int content
 * composite = 911108:int version:int outer 1333245:int 1:int count:int snapshot*
 * map       = header:long count:int (name:utf present:bool [frame] present:bool [frame])*
 * </pre>
 *
 * Confined to one thread.
 */
final class SnapshotReader {

    private static final int MAX_DEPTH = 32;
    private static final int MAX_PARTS = 1 << 12;

    /** Far above the schemas of a job. */
    private static final int MAX_TEXT = 4 << 20;

    private static final int COMPOSITE = 911108;
    private static final int NESTED = 1333245;
    private static final int NESTED_VERSION = 1;

    /** {@code LinkedOptionalMapSerializer.HEADER}. */
    private static final long MAP_HEADER = 0x4f2c69a3d70L;

    private static final String FLINK = "org.apache.flink.";

    private final DataInputStream in;

    /**
     * @param in must support marks
     */
    SnapshotReader(DataInputStream in) {
        this.in = in;
    }

    /** The name without package and enclosing classes. */
    static String simpleName(String className) {
        return className.substring(
                Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1);
    }

    static boolean isOfFlink(String className) {
        return className.startsWith(FLINK);
    }

    /**
     * Reads one, as {@code TypeSerializerSnapshot.writeVersionedSnapshot} writes it.
     *
     * @throws MalformedException if it is none, or of a kind of which the end is not known
     */
    SerializerInfo read() throws IOException {
        return read(0);
    }

    private SerializerInfo read(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new MalformedException("serializers are nested deeper than " + MAX_DEPTH);
        }
        String name = in.readUTF();
        int version = in.readInt();
        SimpleSerializers.Simple simple = SimpleSerializers.of(name);
        if (simple != null) {
            skipSimple(name, version);
            return new SerializerInfo(name, simple.type(), simple.length(), List.of());
        }
        SerializerInfo table =
                new TableSnapshots(in).read(name, wanted -> nested(name, wanted, depth));
        if (table != null) {
            return table;
        }
        return switch (isOfFlink(name) ? simpleName(name) : "") {
            case "PojoSerializerSnapshot" -> pojo(name, depth);
            case "EnumSerializerSnapshot" -> enumeration(name);
            case "KryoSerializerSnapshot" -> kryo(name);
            case "AvroSerializerSnapshot" -> avro(name, version);
            case "TtlAwareSerializerSnapshot" -> {
                in.readBoolean();
                yield read(depth + 1);
            }
            case "TupleSerializerSnapshot" -> tuple(name, depth);
            case "GenericArraySerializerSnapshot" -> {
                compositeVersion(name);
                in.readUTF();
                ColumnType element = nested(name, 1, depth).get(0).type();
                yield of(name, ColumnTypes.list(ColumnTypes.present(element)), List.of());
            }
            case "RowSerializerSnapshot" -> row(name, depth);
            case "NullableSerializerSnapshot" -> nullable(name, depth);
            case "ListSerializerSnapshot",
                    "ArrayListSerializerSnapshot",
                    "SetSerializerSnapshot",
                    "MapSerializerSnapshot",
                    "JavaEitherSerializerSnapshot",
                    "TtlSerializerSnapshot",
                    "TimerSerializerSnapshot",
                    "StreamElementSerializerSnapshot",
                    "BufferEntrySerializerSnapshot",
                    "UnionSerializerSnapshot" ->
                    composite(name, depth);
            default -> unknown(name, version, depth);
        };
    }

    private static SerializerInfo of(String name, ColumnType type, List<SerializerInfo> parts) {
        return new SerializerInfo(name, type, -1, parts);
    }

    private void skipSimple(String name, int version) throws IOException {
        if (version == 2) {
            in.readUTF();
        } else if (version != 3) {
            throw new MalformedException("unknown version: snapshot=" + name + ", " + version);
        }
    }

    // --------------------------------------------------------------------------------- composites

    private int compositeVersion(String name) throws IOException {
        if (in.readInt() != COMPOSITE) {
            throw new MalformedException("no composite snapshot: snapshot=" + name);
        }
        return in.readInt();
    }

    private List<SerializerInfo> nested(String name, int wanted, int depth) throws IOException {
        List<SerializerInfo> parts = nested(name, depth);
        if (parts.size() != wanted) {
            throw new MalformedException(
                    "wrong number of nested snapshots: snapshot=" + name + ", " + parts.size());
        }
        return parts;
    }

    private List<SerializerInfo> nested(String name, int depth) throws IOException {
        if (in.readInt() != NESTED || in.readInt() != NESTED_VERSION) {
            throw new MalformedException("no nested snapshots: snapshot=" + name);
        }
        int count = in.readInt();
        if (count < 0 || count > MAX_PARTS) {
            throw new MalformedException("nested snapshots: snapshot=" + name + ", count=" + count);
        }
        List<SerializerInfo> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(read(depth + 1));
        }
        return parts;
    }

    /** Those that write nothing but what is nested in them. */
    private SerializerInfo composite(String name, int depth) throws IOException {
        compositeVersion(name);
        String kind = simpleName(name);
        int wanted =
                switch (kind) {
                    case "MapSerializerSnapshot",
                            "JavaEitherSerializerSnapshot",
                            "TtlSerializerSnapshot",
                            "TimerSerializerSnapshot",
                            "UnionSerializerSnapshot" ->
                            2;
                    default -> 1;
                };
        List<SerializerInfo> parts = nested(name, wanted, depth);
        ColumnType first = parts.get(0).type();
        ColumnType last = parts.get(wanted - 1).type();
        ColumnType type =
                switch (kind) {
                    case "SetSerializerSnapshot" -> ColumnTypes.list(ColumnTypes.nullable(first));
                    case "MapSerializerSnapshot" -> ColumnTypes.map(first, last);
                    case "JavaEitherSerializerSnapshot" ->
                            ColumnTypes.either(1, 0, List.of("left", "right"), first, last);
                    case "UnionSerializerSnapshot" ->
                            ColumnTypes.either(1, 2, List.of("one", "two"), first, last);
                    // The first is that of the time.
                    case "TtlSerializerSnapshot" -> ColumnTypes.ttl(last);
                    case "TimerSerializerSnapshot" -> ColumnTypes.timer(first, last);
                    case "StreamElementSerializerSnapshot" -> ColumnTypes.record(first);
                    case "BufferEntrySerializerSnapshot" ->
                            ColumnTypes.struct(
                                    List.of("has_been_joined", "element"),
                                    List.of(ColumnTypes.bool(), first));
                    default -> ColumnTypes.list(first);
                };
        return of(name, type, parts);
    }

    private SerializerInfo tuple(String name, int depth) throws IOException {
        compositeVersion(name);
        in.readUTF();
        List<SerializerInfo> parts = nested(name, depth);
        if (parts.isEmpty()) {
            return SerializerInfo.opaque(name, "has no fields");
        }
        int length = 0;
        for (SerializerInfo part : parts) {
            length = length < 0 || part.length() <= 0 ? -1 : length + part.length();
        }
        return new SerializerInfo(
                name,
                ColumnTypes.struct(numbered(parts.size()), partTypes(parts)),
                length,
                List.of());
    }

    private SerializerInfo row(String name, int depth) throws IOException {
        int version = compositeVersion(name);
        boolean hasKind = version >= 4 ? in.readBoolean() : version >= 3;
        List<SerializerInfo> parts = nested(name, depth);
        return parts.isEmpty()
                ? SerializerInfo.opaque(name, "has no fields")
                : of(
                        name,
                        ColumnTypes.row(hasKind, numbered(parts.size()), partTypes(parts)),
                        List.of());
    }

    private SerializerInfo nullable(String name, int depth) throws IOException {
        compositeVersion(name);
        int padding = in.readInt();
        if (padding < 0 || padding > 1 << 16) {
            throw new MalformedException("padding=" + padding);
        }
        SerializerInfo value = nested(name, 1, depth).get(0);
        return new SerializerInfo(
                name,
                ColumnTypes.nullable(value.type(), padding),
                padding == 0 ? -1 : 1 + padding,
                List.of());
    }

    // -------------------------------------------------------------------------------- other kinds

    private SerializerInfo pojo(String name, int depth) throws IOException {
        String type = in.readUTF();
        List<String> names = new ArrayList<>();
        List<ColumnType> fields = new ArrayList<>();
        readMap(
                (field, frame) -> {
                    names.add(field);
                    fields.add(framed(frame, depth).type());
                });
        readMap((subclass, frame) -> {});
        readMap((subclass, frame) -> {});
        return fields.isEmpty()
                ? SerializerInfo.opaque(name, "has no fields: type=" + type)
                : of(name, ColumnTypes.pojo(names, fields), List.of());
    }

    /** A frame has a length: one that cannot be read does not hide what follows. */
    private static SerializerInfo framed(byte[] frame, int depth) {
        try {
            return new SnapshotReader(new DataInputStream(new ByteArrayInputStream(frame)))
                    .read(depth + 1);
        } catch (IOException | IllegalArgumentException e) {
            return SerializerInfo.opaque("", "its snapshot cannot be read: " + e.getMessage());
        }
    }

    private SerializerInfo enumeration(String name) throws IOException {
        in.readUTF();
        int count = in.readInt();
        if (count < 0 || count > MAX_PARTS) {
            throw new MalformedException("constants=" + count);
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(in.readUTF());
        }
        return new SerializerInfo(name, ColumnTypes.enumeration(names), 4, List.of());
    }

    private SerializerInfo kryo(String name) throws IOException {
        String type = in.readUTF();
        for (int i = 0; i < 3; i++) {
            readMap((key, frame) -> {});
        }
        return SerializerInfo.opaque(name, "Kryo's bytes say nothing to others: type=" + type);
    }

    /** The class of the records and their schema; the first version had the schema alone. */
    private SerializerInfo avro(String name, int version) throws IOException {
        String schema;
        if (version == 3) {
            readString();
            schema = readString();
        } else if (version == 1 || version == 2) {
            if (version == 2) {
                in.readUTF();
            }
            schema = in.readUTF();
        } else {
            throw new MalformedException("unknown version: snapshot=" + name + ", " + version);
        }
        return of(name, AvroTypes.ofSchema(schema), List.of());
    }

    /** A string as Flink writes it; takes memory as characters come in. */
    private String readString() throws IOException {
        int length = readInteger() - 1;
        if (length < 0 || length > MAX_TEXT) {
            throw new MalformedException("length of a text=" + length);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) readInteger());
        }
        return text.toString();
    }

    /** Seven bits a byte, the lowest first. */
    private int readInteger() throws IOException {
        int value = 0;
        int shift = 0;
        int b;
        do {
            b = in.readUnsignedByte();
            value |= (b & 0x7F) << shift;
            shift += 7;
        } while (b >= 0x80 && shift < Integer.SIZE);
        return value;
    }

    private interface MapSink {
        void accept(String name, byte[] value);
    }

    private void readMap(MapSink sink) throws IOException {
        long header = in.readLong();
        if (header != MAP_HEADER) {
            throw new MalformedException("no map: header=" + Long.toHexString(header));
        }
        int count = in.readInt();
        if (count < 0 || count > MAX_PARTS) {
            throw new MalformedException("map entries=" + count);
        }
        for (int i = 0; i < count; i++) {
            String key = in.readUTF();
            if (in.readBoolean()) {
                readBytes(in.readInt());
            }
            sink.accept(key, in.readBoolean() ? readBytes(in.readInt()) : new byte[0]);
        }
    }

    /** Takes memory as bytes come in, not for what is promised. */
    private byte[] readBytes(int length) throws IOException {
        byte[] bytes = length < 0 ? new byte[0] : in.readNBytes(length);
        if (bytes.length != length) {
            throw new EOFException("length=" + length + ", present=" + bytes.length);
        }
        return bytes;
    }

    /** What most serializers write that are not Flink's own. */
    private SerializerInfo unknown(String name, int version, int depth) throws IOException {
        if (!isClassName(name)) {
            throw new MalformedException("no name of a class: " + cut(name));
        }
        String reason =
                name.startsWith(FLINK)
                        ? "a serializer of Flink that has no columns yet"
                        : "a serializer of the job's own";
        if (version == 2) {
            in.mark(1 << 16 | 2);
            if (!isClassName(in.readUTF())) {
                in.reset();
            }
        } else if (version == 3) {
            in.mark(Integer.BYTES);
            boolean isComposite = in.available() > 0 && in.readInt() == COMPOSITE;
            in.reset();
            if (isComposite) {
                compositeVersion(name);
                nested(name, depth);
            }
        } else if (name.startsWith(FLINK + "table.")) {
            throw new MalformedException("the state of a SQL operator: snapshot=" + name);
        }
        return SerializerInfo.opaque(name, reason);
    }

    private static boolean isClassName(String name) {
        return name.length() <= 1024
                && !name.isEmpty()
                && name.chars().allMatch(c -> Character.isJavaIdentifierPart(c) || c == '.');
    }

    private static String cut(String name) {
        return name.length() <= 100 ? name : name.substring(0, 100) + "…";
    }

    private static List<String> numbered(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("f" + i);
        }
        return names;
    }

    private static List<ColumnType> partTypes(List<SerializerInfo> parts) {
        return parts.stream().map(SerializerInfo::type).toList();
    }

    /** What was read is no snapshot that this program knows. */
    static final class MalformedException extends IOException {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }
}
