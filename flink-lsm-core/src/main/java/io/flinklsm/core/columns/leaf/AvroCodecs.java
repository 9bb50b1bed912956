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

import io.flinklsm.core.bytes.ValueBuffer;
import java.util.UUID;

/**
 * Codecs of what Avro writes and no other serializer does: numbers that mean a day or a time, bytes
 * of a size that the schema says, decimals in bytes.
 */
public final class AvroCodecs {

    /** 0001-01-01 and 9999-12-31, beyond which other readers do not show days. */
    private static final int MIN_DAY = -719_162;

    private static final int MAX_DAY = 2_932_896;
    private static final int MILLIS_PER_DAY = 86_400_000;
    private static final int NANOS_PER_MICRO = 1_000;

    /** Days since 1970. */
    public static final ScalarCodec DAY = ints(MIN_DAY, MAX_DAY);

    /** Milliseconds of a day. */
    public static final ScalarCodec MILLIS_OF_DAY = ints(0, MILLIS_PER_DAY - 1);

    /** Microseconds of a day; the column counts nanoseconds. */
    public static final ScalarCodec MICROS_OF_DAY =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    long micros = in.readLong();
                    in.check(micros >= 0 && micros < MILLIS_PER_DAY * 1_000L);
                    out.putLong(micros * NANOS_PER_MICRO);
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    out.appendLong(in.longValue() / NANOS_PER_MICRO);
                }
            };

    /** Sixteen bytes; the column has the 36 characters that they are known by. */
    public static final ScalarCodec UUID_OF_BYTES =
            new ScalarCodec() {
                @Override
                public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                    long high = in.readLong();
                    KryoCodec.putText(new UUID(high, in.readLong()).toString(), out);
                    return true;
                }

                @Override
                public void assemble(LeafCursor in, ValueBuffer out) {
                    UUID id = UUID.fromString(KryoCodec.text(in));
                    out.appendLong(id.getMostSignificantBits());
                    out.appendLong(id.getLeastSignificantBits());
                }
            };

    private AvroCodecs() {}

    /** What a unit counts since 1970, as a long, within what its column has room for. */
    public static ScalarCodec epoch(TimestampUnit unit) {
        return Codecs.longs(0, unit.minCount(), unit.maxCount());
    }

    /** So many bytes. */
    public static ScalarCodec fixed(int size) {
        return new ScalarCodec() {
            @Override
            public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                out.putBytes(in.array(), in.skip(size), size);
                return true;
            }

            @Override
            public void assemble(LeafCursor in, ValueBuffer out) {
                out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
            }
        };
    }

    /** An unscaled decimal as bytes with their length before them, no more than needed. */
    public static ScalarCodec decimal(int precision) {
        return precision > Codecs.LONG_DIGITS
                ? Codecs.decimal(precision)
                : new DecimalBytes(precision, 0);
    }

    /**
     * An unscaled decimal in so many bytes, filled up with its sign.
     *
     * @param size at least one
     */
    public static ScalarCodec decimal(int precision, int size) {
        return new DecimalBytes(precision, size);
    }

    private static ScalarCodec ints(int min, int max) {
        return new ScalarCodec() {
            @Override
            public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
                int value = in.readInt();
                in.check(min <= value && value <= max);
                out.putInt(value);
                return true;
            }

            @Override
            public void assemble(LeafCursor in, ValueBuffer out) {
                out.appendInt(in.intValue());
            }
        };
    }

    /** The column has a long up to {@link Codecs#LONG_DIGITS} digits, else as few bytes as do. */
    private static final class DecimalBytes implements ScalarCodec {
        private final DecimalRange range;
        private final boolean isLong;
        private final int size;

        /**
         * @param size 0 if a length says it, of a decimal that is a long
         */
        DecimalBytes(int precision, int size) {
            range = new DecimalRange(precision);
            isLong = precision <= Codecs.LONG_DIGITS;
            this.size = size;
        }

        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            int byteCount = size > 0 ? size : in.readInt();
            int from = in.skip(byteCount);
            byte[] bytes = in.array();
            if (size > 0) {
                int to = from + size;
                while (from + 1 < to && bytes[from] == bytes[from + 1] >> 7) {
                    from++;
                }
                byteCount = to - from;
            }
            in.check(range.contains(bytes, from, byteCount));
            if (isLong) {
                out.putLong(longOf(bytes, from, byteCount));
            } else {
                out.putBytes(bytes, from, byteCount);
            }
            return true;
        }

        private static long longOf(byte[] bytes, int from, int byteCount) {
            long value = bytes[from];
            for (int i = from + 1; i < from + byteCount; i++) {
                value = value << Byte.SIZE | (bytes[i] & 0xFF);
            }
            return value;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            if (isLong) {
                assembleLong(in.longValue(), out);
            } else {
                byte sign = (byte) (in.bytes()[in.bytesFrom()] >> 7);
                for (int i = in.bytesLength(); i < size; i++) {
                    out.append(sign);
                }
                out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
            }
        }

        private void assembleLong(long value, ValueBuffer out) {
            int byteCount = size;
            if (size == 0) {
                // The bits that differ from the sign, and one that says the sign.
                byteCount = (Long.SIZE - Long.numberOfLeadingZeros(value ^ value >> 63)) / 8 + 1;
                out.appendInt(byteCount);
            }
            for (int i = byteCount - 1; i >= 0; i--) {
                out.append((byte) (value >> Math.min(Byte.SIZE * i, Long.SIZE - 1)));
            }
        }
    }
}
