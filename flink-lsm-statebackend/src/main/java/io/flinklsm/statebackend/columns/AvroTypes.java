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
package io.flinklsm.statebackend.columns;

import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.leaf.DecimalRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.types.StringValue;

/**
 * Columns of records that Flink's serializer for Avro writes, by the schema that its snapshot says.
 * Neither Avro nor the part of Flink that knows it must be there.
 *
 * <p>What has no columns inside a record (what contains itself, a list of what has no bytes) is a
 * column of its bytes, as long as another field has columns: the schema tells where they end.
 */
public final class AvroTypes {

    /** Part of Flink that a job brings along if it needs it: known by its name. */
    static final String SERIALIZER = "org.apache.flink.formats.avro.typeutils.AvroSerializer";

    private static final int UUID_BYTES = 16;

    /**
     * A type and what it adds up to.
     *
     * @param leaves of the type; 0 if it has no columns
     * @param height types that are nested, this one included
     * @param isEmpty whether a value has no bytes at all
     */
    private record Part(ColumnType type, int leaves, int height, boolean isEmpty) {

        static Part leaf(ColumnType type) {
            return new Part(type, 1, 1, false);
        }

        static Part opaque(String reason) {
            return new Part(ColumnTypes.opaque(SERIALIZER, reason), 0, 1, false);
        }

        static Part empty() {
            return new Part(ColumnTypes.opaque(SERIALIZER, "has no bytes"), 0, 1, true);
        }

        boolean isTyped() {
            return leaves > 0;
        }
    }

    private final boolean keepsFields;
    private final int maxHeight;

    /** Records that are being looked into. */
    private final Set<AvroSchema> open = new HashSet<>();

    /** Records that have been: each is looked into once, however often it is named. */
    private final Map<AvroSchema, Part> records = new HashMap<>();

    private AvroTypes(boolean keepsFields, int maxHeight) {
        this.keepsFields = keepsFields;
        this.maxHeight = maxHeight;
    }

    /**
     * The type of what the serializer writes from now on.
     *
     * @param maxHeight types that may be nested
     */
    static ColumnType of(TypeSerializer<?> serializer, boolean keepsFields, int maxHeight) {
        try {
            DataOutputSerializer out = new DataOutputSerializer(1024);
            serializer.snapshotConfiguration().writeSnapshot(out);
            DataInputDeserializer in = new DataInputDeserializer(out.getSharedBuffer());
            // The class of the records.
            StringValue.readString(in);
            return of(StringValue.readString(in), keepsFields, maxHeight);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The type of what Flink writes with a schema.
     *
     * @param json the schema, complete
     */
    public static ColumnType ofSchema(String json) {
        return of(json, false, SerializerTypes.MAX_DEPTH);
    }

    private static ColumnType of(String json, boolean keepsFields, int maxHeight) {
        try {
            return new AvroTypes(keepsFields, maxHeight).of(AvroSchema.parse(json)).type();
        } catch (IllegalArgumentException e) {
            return ColumnTypes.opaque(
                    SERIALIZER, "has a schema that cannot be read: " + e.getMessage());
        }
    }

    private Part of(AvroSchema schema) {
        return switch (schema.kind()) {
            case NULL -> Part.empty();
            case BOOLEAN -> Part.leaf(ColumnTypes.bool());
            case INT -> Part.leaf(ofInt(schema));
            case LONG -> Part.leaf(ofLong(schema));
            case FLOAT -> Part.leaf(ColumnTypes.float32());
            case DOUBLE -> Part.leaf(ColumnTypes.float64());
            case BYTES ->
                    Part.leaf(
                            isDecimal(schema)
                                    ? ColumnTypes.decimalBytes(schema.precision(), schema.scale())
                                    : ColumnTypes.bytes());
            case STRING -> Part.leaf(ColumnTypes.utf8());
            case ENUM ->
                    schema.names().isEmpty()
                            ? Part.opaque("has an enum without constants")
                            : Part.leaf(ColumnTypes.enumeration(schema.names()));
            case FIXED -> ofFixed(schema);
            case ARRAY -> {
                Part element = of(schema.parts().get(0));
                yield around(ColumnTypes.block(element.type()), List.of(element));
            }
            case MAP -> {
                Part value = of(schema.parts().get(0));
                yield around(
                        ColumnTypes.blockMap(value.type()),
                        List.of(Part.leaf(ColumnTypes.utf8()), value));
            }
            case UNION -> ofUnion(schema);
            case RECORD -> ofRecord(schema);
        };
    }

    private static ColumnType ofInt(AvroSchema schema) {
        return switch (schema.logicalType()) {
            case "date" -> ColumnTypes.epochDay();
            case "time-millis" -> ColumnTypes.millisOfDay();
            default -> ColumnTypes.int32();
        };
    }

    private static ColumnType ofLong(AvroSchema schema) {
        return switch (schema.logicalType()) {
            case "time-micros" -> ColumnTypes.microsOfDay();
            case "timestamp-millis" -> ColumnTypes.epoch(3, true);
            case "timestamp-micros" -> ColumnTypes.epoch(6, true);
            case "timestamp-nanos" -> ColumnTypes.epoch(9, true);
            case "local-timestamp-millis" -> ColumnTypes.epoch(3, false);
            case "local-timestamp-micros" -> ColumnTypes.epoch(6, false);
            case "local-timestamp-nanos" -> ColumnTypes.epoch(9, false);
            default -> ColumnTypes.int64();
        };
    }

    /** Avro as well takes a decimal that makes no sense for the bytes below it. */
    private static boolean isDecimal(AvroSchema schema) {
        return schema.logicalType().equals("decimal")
                && schema.precision() >= 1
                && schema.precision() <= DecimalRange.MAX_PRECISION
                && schema.scale() >= 0
                && schema.scale() <= schema.precision();
    }

    private static Part ofFixed(AvroSchema schema) {
        int size = schema.size();
        if (size == 0) {
            return Part.empty();
        }
        if (size > ColumnTypes.MAX_FIXED) {
            return Part.opaque("has a fixed of many bytes: size=" + size);
        }
        if (isDecimal(schema)) {
            return Part.leaf(ColumnTypes.decimalFixed(schema.precision(), schema.scale(), size));
        }
        return Part.leaf(
                schema.logicalType().equals("uuid") && size == UUID_BYTES
                        ? ColumnTypes.uuid()
                        : ColumnTypes.fixed(size));
    }

    private Part ofUnion(AvroSchema schema) {
        int nullIndex = -1;
        List<String> names = new ArrayList<>();
        List<Part> members = new ArrayList<>();
        for (int i = 0; i < schema.parts().size(); i++) {
            AvroSchema member = schema.parts().get(i);
            if (member.kind() == AvroSchema.Kind.NULL) {
                nullIndex = i;
            } else {
                names.add(member.name());
                members.add(of(member));
            }
        }
        return members.isEmpty()
                ? Part.opaque("has a union of null alone")
                : around(ColumnTypes.union(nullIndex, names, types(members)), members);
    }

    private Part ofRecord(AvroSchema schema) {
        Part known = records.get(schema);
        if (known != null) {
            return known;
        }
        if (!open.add(schema)) {
            return Part.opaque("contains itself: record=" + schema.name());
        }
        List<String> names = new ArrayList<>();
        List<Part> fields = new ArrayList<>();
        List<AvroSchema> schemas = new ArrayList<>();
        for (int i = 0; i < schema.parts().size(); i++) {
            Part field = of(schema.parts().get(i));
            // A null, or a record without fields: nothing is written for it.
            if (!field.isEmpty()) {
                names.add(schema.names().get(i));
                fields.add(field);
                schemas.add(schema.parts().get(i));
            }
        }
        open.remove(schema);
        if (keepsFields && fields.stream().anyMatch(Part::isTyped)) {
            for (int i = 0; i < fields.size(); i++) {
                if (!fields.get(i).isTyped()) {
                    fields.set(i, bytesOf(fields.get(i), schemas.get(i)));
                }
            }
        }
        Part part =
                fields.isEmpty()
                        ? Part.empty()
                        : around(ColumnTypes.struct(names, types(fields)), fields);
        records.put(schema, part);
        return part;
    }

    private static Part bytesOf(Part field, AvroSchema schema) {
        return Part.leaf(ColumnTypes.bytesOf(field.type(), SERIALIZER, () -> new AvroEnds(schema)));
    }

    /** What is made of parts; opaque if one of them is, or if there are too many. */
    private Part around(ColumnType type, List<Part> parts) {
        int leaves = 0;
        int height = 1;
        for (Part part : parts) {
            leaves += part.leaves();
            height = Math.max(height, 1 + part.height());
        }
        if (leaves > EntryColumnsFactory.MAX_LEAVES) {
            return Part.opaque("has more than " + EntryColumnsFactory.MAX_LEAVES + " columns");
        }
        if (height > maxHeight) {
            return Part.opaque("is nested deeper than " + maxHeight + " types");
        }
        return new Part(type, ColumnTypes.isTyped(type) ? leaves : 0, height, false);
    }

    private static List<ColumnType> types(List<Part> parts) {
        return parts.stream().map(Part::type).toList();
    }
}
