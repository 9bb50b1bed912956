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
package io.flinklsm.core.columns.leaf;

import io.flinklsm.core.bytes.Utf8;
import io.flinklsm.core.bytes.ValueBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;

/** Codecs of numbers, constants and bytes with their length: what most serializers write. */
public final class Codecs {

    /** A byte that is 0 or 1. */
    public static final ScalarCodec BOOLEAN =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    out.putBoolean(in.readBoolean());
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    out.append((byte) (in.booleanValue() ? 1 : 0));
                }
            };

    /** One byte with its sign. */
    public static final ScalarCodec BYTE =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    out.putInt((byte) in.readByte());
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    out.append((byte) in.intValue());
                }
            };

    /** Two bytes with their sign. */
    public static final ScalarCodec SHORT =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    out.putInt(in.readShort());
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    out.appendShort(in.intValue());
                }
            };

    /** Four bytes; of a float its raw bits, so that every NaN comes back as it was. */
    public static final ScalarCodec INT =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    out.putInt(in.readInt());
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    out.appendInt(in.intValue());
                }
            };

    /** Eight bytes; of a double its raw bits. */
    public static final ScalarCodec LONG = longs(0, Long.MIN_VALUE, Long.MAX_VALUE);

    /** A long whose sign bit is flipped, so that its bytes sort as numbers do. */
    public static final ScalarCodec SORTED_LONG =
            longs(Long.MIN_VALUE, Long.MIN_VALUE, Long.MAX_VALUE);

    /** A length, then that many bytes. */
    public static final ScalarCodec BYTES = bytes((array, from, byteCount) -> true);

    /** A length, then that many bytes of UTF-8. */
    public static final ScalarCodec UTF8 = bytes(Utf8::isValid);

    private Codecs() {}

    /** Which bytes a codec takes. */
    private interface BytesRule {
        boolean accepts(byte[] bytes, int from, int byteCount);
    }

    /**
     * An unscaled decimal of at most {@link #LONG_DIGITS} digits as a long, else as bytes with
     * their length, no more than needed.
     */
    public static ScalarCodec decimal(int precision) {
        if (precision > LONG_DIGITS) {
            return bytes(new DecimalRange(precision)::contains);
        }
        long max = DecimalRange.maxUnscaled(precision);
        return longs(0, -max, max);
    }

    /**
     * Constants of an enum: the number that the serializer gave them. The column has their names.
     *
     * @param names by number
     * @throws IllegalArgumentException if two are the same
     */
    public static ScalarCodec enumeration(List<String> names) {
        if (names.isEmpty() || new HashSet<>(names).size() < names.size()) {
            throw new IllegalArgumentException("an enum has names, each of them once");
        }
        byte[][] utf8 = new byte[names.size()][];
        for (int i = 0; i < utf8.length; i++) {
            utf8[i] = names.get(i).getBytes(StandardCharsets.UTF_8);
            // Half a surrogate pair would become the same as another one.
            if (!new String(utf8[i], StandardCharsets.UTF_8).equals(names.get(i))) {
                throw new IllegalArgumentException("an enum's name is not Unicode: index=" + i);
            }
        }
        return new EnumCodec(utf8);
    }

    /** Digits of the decimals that are stored as a long. */
    public static final int LONG_DIGITS = 18;

    /** Milliseconds; and the nanoseconds in them as an int, if the unit is finer. */
    public static ScalarCodec timestamp(TimestampUnit unit) {
        return new ScalarCodec() {
            @Override
            public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                long millis = in.readLong();
                out.putLong(unit.count(millis, unit == TimestampUnit.MILLIS ? 0 : in.readInt()));
                return true;
            }

            @Override
            public void assemble(LeafCursor in, ValueBuffer out) {
                out.appendLong(unit.millis(in.longValue()));
                if (unit != TimestampUnit.MILLIS) {
                    out.appendInt(unit.nanosOfMilli(in.longValue()));
                }
            }
        };
    }

    /**
     * @param flipped bits that differ between what the serializer writes and the number
     */
    static ScalarCodec longs(long flipped, long min, long max) {
        return new ScalarCodec() {
            @Override
            public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                long value = in.readLong() ^ flipped;
                in.check(min <= value && value <= max);
                out.putLong(value);
                return true;
            }

            @Override
            public void assemble(LeafCursor in, ValueBuffer out) {
                out.appendLong(in.longValue() ^ flipped);
            }
        };
    }

    private static ScalarCodec bytes(BytesRule rule) {
        return new ScalarCodec() {
            @Override
            public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                int byteCount = in.readInt();
                int from = in.skip(byteCount);
                in.check(rule.accepts(in.array(), from, byteCount));
                out.putBytes(in.array(), from, byteCount);
                return true;
            }

            @Override
            public void assemble(LeafCursor in, ValueBuffer out) {
                out.appendInt(in.bytesLength());
                out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
            }
        };
    }

    /** Constants of an enum: their numbers. */
    private static final class EnumCodec implements ScalarCodec {

        private final byte[][] names;

        private EnumCodec(byte[][] names) {
            this.names = names;
        }

        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            int number = in.readInt();
            in.check(number >= 0 && number < names.length);
            out.putBytes(names[number], 0, names[number].length);
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            out.appendInt(in.indexIn(names));
        }
    }
}
