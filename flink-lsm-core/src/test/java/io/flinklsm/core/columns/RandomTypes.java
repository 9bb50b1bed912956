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
package io.flinklsm.core.columns;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Makes types of any shape, and bytes that a serializer of such a type would write. */
public final class RandomTypes {

    private final Random random;
    private int mapKeys;

    public RandomTypes(Random random) {
        this.random = random;
    }

    /** Writes a random value. */
    public interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    /** A type and how its values are written; none of the values is null on its own. */
    public record Sample(ColumnType type, Writer writer) {

        public byte[] bytes() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            writer.write(new DataOutputStream(bytes));
            return bytes.toByteArray();
        }
    }

    public Sample next(int depth) {
        return depth > 0 && random.nextInt(3) > 0 ? composite(depth - 1) : scalar();
    }

    /** What says null itself is not typed where something around it does. */
    private Sample neverNull(int depth) {
        Sample sample = next(depth);
        return sample.type instanceof NullableType || sample.type instanceof UnionType
                ? neverNull(depth)
                : sample;
    }

    private Sample scalar() {
        return switch (random.nextInt(24)) {
            case 20, 21, 22, 23 -> avroScalar();
            case 0 -> new Sample(ColumnTypes.bool(), out -> out.writeBoolean(random.nextBoolean()));
            case 1 -> new Sample(ColumnTypes.int8(), out -> out.writeByte(random.nextInt()));
            case 2 -> new Sample(ColumnTypes.int16(), out -> out.writeShort(random.nextInt()));
            case 3 -> new Sample(ColumnTypes.int32(), out -> out.writeInt(random.nextInt()));
            case 4 -> new Sample(ColumnTypes.int64(), out -> out.writeLong(random.nextLong()));
            case 5 -> new Sample(ColumnTypes.float32(), out -> out.writeInt(random.nextInt()));
            case 6 -> new Sample(ColumnTypes.float64(), out -> out.writeLong(random.nextLong()));
            case 7 -> new Sample(ColumnTypes.bytes(), this::writeBytes);
            case 8 -> new Sample(ColumnTypes.string(), out -> writeString(out, 1));
            case 9 -> new Sample(ColumnTypes.stringValue(), out -> writeString(out, 0));
            case 10 -> new Sample(ColumnTypes.character(), out -> out.writeChar(character()));
            case 11 -> new Sample(ColumnTypes.characters(), this::writeCharacters);
            case 12 -> new Sample(ColumnTypes.bigInteger(), this::writeNumber);
            case 13 ->
                    new Sample(
                            ColumnTypes.bigDecimal(),
                            out -> {
                                writeNumber(out);
                                out.writeInt(random.nextInt(60) - 30);
                            });
            case 14 ->
                    new Sample(
                            ColumnTypes.dateMillis(), out -> out.writeLong(random.nextInt() * 9L));
            case 15 ->
                    new Sample(
                            ColumnTypes.sqlTimestamp(),
                            out -> {
                                int nanos = random.nextInt(1_000_000_000);
                                out.writeLong(random.nextInt() * 1000L + nanos / 1_000_000);
                                out.writeInt(nanos);
                            });
            case 16 ->
                    new Sample(
                            ColumnTypes.instant(),
                            out -> {
                                out.writeLong(random.nextInt());
                                out.writeInt(random.nextInt(1_000_000_000));
                            });
            case 17 -> new Sample(ColumnTypes.localDate(), out -> writeDate(out, 1, 9999));
            case 18 -> new Sample(ColumnTypes.localTime(), this::writeTime);
            default ->
                    random.nextBoolean()
                            ? new Sample(
                                    ColumnTypes.localDateTime(),
                                    out -> {
                                        writeDate(out, 1700, 2200);
                                        writeTime(out);
                                    })
                            : new Sample(
                                    ColumnTypes.enumeration(List.of("RED", "gr\u00fcn", "\"b\"")),
                                    out -> out.writeInt(random.nextInt(3)));
        };
    }

    private Sample composite(int depth) {
        return switch (random.nextInt(15)) {
            case 12 -> {
                Sample element = next(depth);
                yield new Sample(
                        ColumnTypes.block(element.type), out -> writeBlock(out, element.writer));
            }
            case 13 -> {
                Sample value = next(depth);
                yield new Sample(
                        ColumnTypes.blockMap(value.type),
                        out ->
                                writeBlock(
                                        out,
                                        entry -> {
                                            // A map has no key twice.
                                            writeUtf8(entry, text() + mapKeys++);
                                            value.writer.write(entry);
                                        }));
            }
            case 14 -> union(fields(depth), random.nextInt(3) > 0);
            case 0 -> {
                Sample element = next(depth);
                yield new Sample(
                        ColumnTypes.list(element.type), out -> writeMany(out, element.writer));
            }
            case 1 -> {
                Sample key = neverNull(depth);
                Sample value = neverNull(depth);
                yield new Sample(
                        ColumnTypes.map(key.type, value.type), out -> writeMap(out, key, value));
            }
            case 2 -> {
                Sample value = neverNull(depth);
                int padding = random.nextInt(3);
                yield new Sample(
                        ColumnTypes.nullable(value.type, padding),
                        out -> writeOptional(out, true, padding, value.writer));
            }
            case 3 -> {
                Sample value = neverNull(depth);
                yield new Sample(
                        ColumnTypes.present(value.type),
                        out -> writeOptional(out, false, 0, value.writer));
            }
            case 4 -> {
                Sample value = next(depth);
                yield new Sample(
                        ColumnTypes.ttl(value.type),
                        out -> {
                            out.writeLong(random.nextLong());
                            value.writer.write(out);
                        });
            }
            case 5 -> {
                Sample left = neverNull(depth);
                Sample right = neverNull(depth);
                yield new Sample(
                        ColumnTypes.either(1, 0, List.of("l", "r"), left.type, right.type),
                        out -> {
                            boolean isLeft = random.nextBoolean();
                            out.writeBoolean(isLeft);
                            (isLeft ? left : right).writer.write(out);
                        });
            }
            case 6 -> {
                Sample value = next(depth);
                yield new Sample(
                        ColumnTypes.record(value.type),
                        out -> {
                            boolean hasTimestamp = random.nextBoolean();
                            out.writeByte(hasTimestamp ? 0 : 1);
                            if (hasTimestamp) {
                                out.writeLong(random.nextLong());
                            }
                            value.writer.write(out);
                        });
            }
            case 7 -> {
                Sample key = next(depth);
                yield new Sample(
                        ColumnTypes.timer(key.type, ColumnTypes.nothing()),
                        out -> {
                            out.writeLong(random.nextLong());
                            key.writer.write(out);
                            out.writeByte(0);
                        });
            }
            case 8, 9 -> pojo(fields(depth));
            case 10 -> row(fields(depth), random.nextBoolean());
            default -> {
                List<Sample> fields = fields(depth);
                yield new Sample(
                        ColumnTypes.struct(names(fields), types(fields)),
                        out -> {
                            for (Sample field : fields) {
                                field.writer.write(out);
                            }
                        });
            }
        };
    }

    private Sample avroScalar() {
        return switch (random.nextInt(9)) {
            case 0 ->
                    new Sample(
                            ColumnTypes.epochDay(), out -> out.writeInt(random.nextInt(700_000)));
            case 1 ->
                    new Sample(
                            ColumnTypes.millisOfDay(),
                            out -> out.writeInt(random.nextInt(86_400_000)));
            case 2 ->
                    new Sample(
                            ColumnTypes.microsOfDay(),
                            out -> out.writeLong(random.nextLong(86_400_000_000L)));
            case 3 ->
                    new Sample(
                            ColumnTypes.epoch(3 + 3 * random.nextInt(3), random.nextBoolean()),
                            out -> out.writeLong(random.nextInt() * 1_000_000L));
            case 4 ->
                    new Sample(
                            ColumnTypes.uuid(),
                            out -> {
                                out.writeLong(random.nextLong());
                                out.writeLong(random.nextLong());
                            });
            case 5 -> {
                int size = 1 + random.nextInt(20);
                yield new Sample(
                        ColumnTypes.fixed(size),
                        out -> {
                            byte[] bytes = new byte[size];
                            random.nextBytes(bytes);
                            out.write(bytes);
                        });
            }
            case 6 -> new Sample(ColumnTypes.utf8(), out -> writeUtf8(out, text()));
            case 7 -> {
                int precision = 1 + random.nextInt(38);
                yield new Sample(
                        ColumnTypes.decimalBytes(precision, precision / 2),
                        out -> {
                            byte[] bytes = unscaled(precision).toByteArray();
                            out.writeInt(bytes.length);
                            out.write(bytes);
                        });
            }
            default -> {
                int precision = 1 + random.nextInt(38);
                int size = precision / 2 + 1 + random.nextInt(3);
                yield new Sample(
                        ColumnTypes.decimalFixed(precision, precision, size),
                        out -> {
                            BigInteger value = unscaled(precision);
                            for (int i = size - 1; i >= 0; i--) {
                                out.writeByte(value.shiftRight(8 * i).intValue());
                            }
                        });
            }
        };
    }

    private BigInteger unscaled(int precision) {
        BigInteger limit = BigInteger.TEN.pow(1 + random.nextInt(precision));
        BigInteger value = new BigInteger(130, random).mod(limit);
        return random.nextBoolean() ? value : value.negate();
    }

    private Sample union(List<Sample> members, boolean hasNull) {
        int nullIndex = hasNull ? random.nextInt(members.size() + 1) : -1;
        return new Sample(
                ColumnTypes.union(nullIndex, names(members), types(members)),
                out -> {
                    int index = random.nextInt(members.size() + (hasNull ? 1 : 0));
                    out.writeInt(index);
                    if (index != nullIndex) {
                        members.get(hasNull && index > nullIndex ? index - 1 : index)
                                .writer
                                .write(out);
                    }
                });
    }

    private void writeBlock(DataOutputStream out, Writer element) throws IOException {
        int count = random.nextInt(10) == 0 ? 200 : random.nextInt(4);
        if (count > 0) {
            writeInteger(out, count);
        }
        for (int i = 0; i < count; i++) {
            element.write(out);
        }
        out.writeByte(0);
    }

    private void writeUtf8(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    private Sample pojo(List<Sample> fields) {
        return new Sample(
                ColumnTypes.pojo(names(fields), types(fields)),
                out -> {
                    out.writeByte(2);
                    for (Sample field : fields) {
                        writeOptional(out, true, 0, field.writer);
                    }
                });
    }

    private Sample row(List<Sample> fields, boolean hasKind) {
        return new Sample(
                ColumnTypes.row(hasKind, names(fields), types(fields)),
                out -> {
                    boolean[] mask = new boolean[(hasKind ? 2 : 0) + fields.size()];
                    for (int i = 0; i < mask.length; i++) {
                        mask[i] = random.nextInt(3) == 0;
                    }
                    byte[] bytes = new byte[(mask.length + 7) / 8];
                    for (int i = 0; i < mask.length; i++) {
                        bytes[i / 8] |= (byte) (mask[i] ? 0x80 >> i % 8 : 0);
                    }
                    out.write(bytes);
                    for (int i = 0; i < fields.size(); i++) {
                        if (!mask[mask.length - fields.size() + i]) {
                            fields.get(i).writer.write(out);
                        }
                    }
                });
    }

    private List<Sample> fields(int depth) {
        List<Sample> fields = new ArrayList<>();
        for (int i = random.nextInt(10) == 0 ? 12 : random.nextInt(4); i >= 0; i--) {
            fields.add(neverNull(depth));
        }
        return fields;
    }

    private static List<String> names(List<Sample> fields) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            names.add(i % 5 == 4 ? "f0" : "f" + i);
        }
        return names;
    }

    private static List<ColumnType> types(List<Sample> fields) {
        return fields.stream().map(Sample::type).toList();
    }

    /** A map has no key twice. */
    private void writeMap(DataOutputStream out, Sample key, Sample value) throws IOException {
        Set<ByteBuffer> keys = new LinkedHashSet<>();
        for (int wanted = random.nextInt(4); wanted > 0; wanted--) {
            keys.add(ByteBuffer.wrap(key.bytes()));
        }
        out.writeInt(keys.size());
        for (ByteBuffer each : keys) {
            out.write(each.array());
            writeOptional(out, true, 0, value.writer);
        }
    }

    private void writeMany(DataOutputStream out, Writer element) throws IOException {
        int count = random.nextInt(4);
        out.writeInt(count);
        for (int i = 0; i < count; i++) {
            element.write(out);
        }
    }

    private void writeOptional(DataOutputStream out, boolean flagOfNull, int padding, Writer value)
            throws IOException {
        boolean isNull = random.nextInt(4) == 0;
        out.writeBoolean(isNull == flagOfNull);
        if (isNull) {
            out.write(new byte[padding]);
        } else {
            value.write(out);
        }
    }

    private void writeBytes(DataOutputStream out) throws IOException {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private char character() {
        char c = (char) random.nextInt(random.nextBoolean() ? 0x80 : 0x10000);
        return Character.isSurrogate(c) ? 'x' : c;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            if (random.nextInt(8) == 0) {
                text.appendCodePoint(0x10000 + random.nextInt(0x100000));
            } else {
                text.append(character());
            }
        }
        return text.toString();
    }

    private void writeString(DataOutputStream out, int offset) throws IOException {
        String text = text();
        writeInteger(out, text.length() + offset);
        for (char c : text.toCharArray()) {
            writeInteger(out, c);
        }
    }

    private static void writeInteger(DataOutputStream out, int value) throws IOException {
        int rest = value;
        for (; rest >= 0x80; rest >>>= 7) {
            out.write(rest | 0x80);
        }
        out.write(rest);
    }

    private void writeCharacters(DataOutputStream out) throws IOException {
        String text = text();
        out.writeInt(text.length());
        out.writeChars(text);
    }

    private void writeNumber(DataOutputStream out) throws IOException {
        int length = random.nextInt(30);
        if (length < 4) {
            // Without bytes, but not null.
            out.writeInt(Math.max(1, length));
            return;
        }
        byte[] bytes =
                random.nextInt(4) == 0
                        ? BigInteger.valueOf(random.nextInt(12)).toByteArray()
                        : new BigInteger(8 * length, random).toByteArray();
        out.writeInt(bytes.length + 4);
        out.write(bytes);
    }

    private void writeDate(DataOutputStream out, int from, int to) throws IOException {
        out.writeInt(from + random.nextInt(to - from + 1));
        out.writeByte(1 + random.nextInt(12));
        out.writeByte(1 + random.nextInt(28));
    }

    private void writeTime(DataOutputStream out) throws IOException {
        out.writeByte(random.nextInt(24));
        out.writeByte(random.nextInt(60));
        out.writeByte(random.nextInt(60));
        out.writeInt(random.nextInt(1_000_000_000));
    }
}
