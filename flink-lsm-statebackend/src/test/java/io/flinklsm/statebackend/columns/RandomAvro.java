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

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Random schemas of Avro, of every kind and logical type, and random records of them. */
final class RandomAvro {

    private static final Schema NULL = Schema.create(Schema.Type.NULL);

    private final Random random;
    private final List<Schema> named = new ArrayList<>();
    private int names;

    RandomAvro(long seed) {
        random = new Random(seed);
    }

    Schema record(int fields, int depth) {
        Schema record = Schema.createRecord(name("R"), null, "test" + names % 3, false);
        List<Schema.Field> list = new ArrayList<>();
        list.add(new Schema.Field("id", Schema.create(Schema.Type.LONG)));
        for (int i = 0; i < fields; i++) {
            list.add(new Schema.Field("f" + i, type(depth)));
        }
        record.setFields(list);
        // Named once more, it stands as its name alone.
        named.add(record);
        return record;
    }

    private String name(String prefix) {
        return prefix + names++;
    }

    private Schema type(int depth) {
        if (depth == 0 || random.nextInt(3) == 0) {
            return scalar();
        }
        return switch (random.nextInt(6)) {
            case 0 -> record(random.nextInt(4), depth - 1);
            case 1 -> Schema.createArray(type(depth - 1));
            case 2 -> Schema.createMap(type(depth - 1));
            case 3 -> named.isEmpty() ? scalar() : named.get(random.nextInt(named.size()));
            case 4 -> union(depth - 1);
            default -> {
                Schema type = type(depth - 1);
                yield isUnion(type)
                        ? type
                        : random.nextBoolean()
                                ? Schema.createUnion(NULL, type)
                                : Schema.createUnion(type, NULL);
            }
        };
    }

    private static boolean isUnion(Schema schema) {
        return schema.getType() == Schema.Type.UNION || schema.getType() == Schema.Type.NULL;
    }

    private Schema union(int depth) {
        Map<String, Schema> members = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            Schema member = random.nextInt(4) == 0 ? NULL : type(depth);
            // A record without columns of its own would keep the others from having theirs.
            if (member.getType() != Schema.Type.UNION && !isAnother(members, member)) {
                members.put(member.getFullName(), member);
            }
        }
        if (members.keySet().equals(java.util.Set.of("null")) || members.isEmpty()) {
            members.put("string", Schema.create(Schema.Type.STRING));
        }
        return Schema.createUnion(new ArrayList<>(members.values()));
    }

    private static boolean isAnother(Map<String, Schema> members, Schema member) {
        return members.containsKey(member.getFullName());
    }

    private Schema scalar() {
        return switch (random.nextInt(22)) {
            case 0 -> Schema.create(Schema.Type.BOOLEAN);
            case 1 -> Schema.create(Schema.Type.INT);
            case 2 -> Schema.create(Schema.Type.LONG);
            case 3 -> Schema.create(Schema.Type.FLOAT);
            case 4 -> Schema.create(Schema.Type.DOUBLE);
            case 5 -> Schema.create(Schema.Type.BYTES);
            case 6 -> Schema.createFixed(name("F"), null, "fixed", 1 + random.nextInt(20));
            case 7 -> Schema.createEnum(name("E"), null, null, List.of("RED", "GREEN", "BLUE"));
            case 8 -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
            case 9 -> LogicalTypes.timeMillis().addToSchema(Schema.create(Schema.Type.INT));
            case 10 -> LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case 11 -> LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
            case 12 -> LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case 13 ->
                    LogicalTypes.localTimestampMillis()
                            .addToSchema(Schema.create(Schema.Type.LONG));
            case 14 ->
                    LogicalTypes.localTimestampMicros()
                            .addToSchema(Schema.create(Schema.Type.LONG));
            case 15 -> LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING));
            case 16 -> decimal(Schema.create(Schema.Type.BYTES), 38);
            case 17 -> {
                int size = 1 + random.nextInt(18);
                Schema fixed = Schema.createFixed(name("D"), null, null, size);
                // What so many bytes have room for.
                yield decimal(fixed, Math.min(38, (size * 8 - 1) * 301 / 1000));
            }
            case 18 -> {
                Schema id = Schema.createFixed(name("U"), null, null, 16);
                id.addProp("logicalType", "uuid");
                yield id;
            }
            case 19 -> NULL;
            default -> Schema.create(Schema.Type.STRING);
        };
    }

    private Schema decimal(Schema schema, int digitsMax) {
        if (digitsMax == 0) {
            return schema;
        }
        int precision = 1 + random.nextInt(digitsMax);
        return LogicalTypes.decimal(precision, random.nextInt(precision + 1)).addToSchema(schema);
    }

    GenericRecord next(Schema schema) {
        return (GenericRecord) value(schema, 6);
    }

    // What a datum of Avro is depends on its schema alone.
    private Object value(Schema schema, int depth) {
        String meaning = String.valueOf(schema.getObjectProp("logicalType"));
        return switch (schema.getType()) {
            case NULL -> null;
            case BOOLEAN -> random.nextBoolean();
            case INT ->
                    meaning.equals("date")
                            ? random.nextInt(1_000_000) - 500_000
                            : meaning.equals("time-millis")
                                    ? random.nextInt(86_400_000)
                                    : random.nextInt();
            case LONG ->
                    meaning.equals("time-micros")
                            ? random.nextLong(86_400_000_000L)
                            : meaning.equals("null")
                                    ? random.nextLong()
                                    : random.nextInt() * 1_000_003L;
            case FLOAT -> Float.intBitsToFloat(random.nextInt());
            case DOUBLE -> Double.longBitsToDouble(random.nextLong());
            case STRING -> text();
            case BYTES ->
                    ByteBuffer.wrap(
                            meaning.equals("decimal")
                                    ? unscaled(schema).toByteArray()
                                    : bytes(random.nextInt(20)));
            case FIXED -> new GenericData.Fixed(schema, fixed(schema, meaning));
            case ENUM ->
                    new GenericData.EnumSymbol(
                            schema,
                            schema.getEnumSymbols()
                                    .get(random.nextInt(schema.getEnumSymbols().size())));
            case ARRAY -> {
                List<Object> list = new ArrayList<>();
                for (int i = count(depth); i > 0; i--) {
                    list.add(value(schema.getElementType(), depth - 1));
                }
                yield list;
            }
            case MAP -> {
                Map<String, Object> map = new HashMap<>();
                for (int i = count(depth); i > 0; i--) {
                    map.put(text(), value(schema.getValueType(), depth - 1));
                }
                yield map;
            }
            case UNION -> {
                int nullIndex = schema.getTypes().indexOf(NULL);
                int index =
                        depth <= 0 && nullIndex >= 0
                                ? nullIndex
                                : random.nextInt(schema.getTypes().size());
                yield value(schema.getTypes().get(index), depth - 1);
            }
            case RECORD -> {
                GenericRecord record = new GenericData.Record(schema);
                for (Schema.Field field : schema.getFields()) {
                    record.put(field.pos(), value(field.schema(), depth - 1));
                }
                yield record;
            }
        };
    }

    private int count(int depth) {
        return depth <= 0 ? 0 : random.nextInt(20) == 0 ? 150 : random.nextInt(4);
    }

    private byte[] fixed(Schema schema, String meaning) {
        if (!meaning.equals("decimal")) {
            return bytes(schema.getFixedSize());
        }
        BigInteger value = unscaled(schema);
        byte[] bytes = new byte[schema.getFixedSize()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = value.shiftRight(8 * (bytes.length - 1 - i)).byteValue();
        }
        return bytes;
    }

    private BigInteger unscaled(Schema schema) {
        int precision = (Integer) schema.getObjectProp("precision");
        BigInteger limit = BigInteger.TEN.pow(1 + random.nextInt(precision));
        BigInteger value = new BigInteger(130, random).mod(limit);
        return random.nextBoolean() ? value : value.negate();
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.appendCodePoint(random.nextInt(8) == 0 ? 0x1F600 + i : 0x20 + random.nextInt(90));
        }
        return text.toString();
    }
}
