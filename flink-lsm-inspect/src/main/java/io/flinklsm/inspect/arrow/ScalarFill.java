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
package io.flinklsm.inspect.arrow;

import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.LeafCursor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** Fills a vector of scalars from one leaf. */
abstract class ScalarFill extends VectorFill {

    final LeafCursor cursor;

    private ScalarFill(int definition, LeafCursor cursor) {
        super(definition, List.of(cursor));
        this.cursor = cursor;
    }

    static ScalarFill of(int definition, Annotation annotation, LeafCursor cursor) {
        boolean isDecimal = annotation.kind() == Annotation.Kind.DECIMAL;
        return switch (cursor.column().physical()) {
            case BOOLEAN -> new Bits(definition, cursor);
            case INT32, FLOAT ->
                    isDecimal ? new Decimals(definition, cursor) : new Fixed(definition, cursor);
            case INT64, DOUBLE -> {
                if (annotation.kind() == Annotation.Kind.TIME_NANOS) {
                    yield new TimesOfDay(definition, cursor);
                }
                yield isDecimal
                        ? new Decimals(definition, cursor)
                        : new Longs(definition, annotation, cursor);
            }
            case BYTES ->
                    isDecimal
                            ? new ByteDecimals(definition, annotation, cursor)
                            : new Bytes(definition, annotation, cursor);
        };
    }

    @Override
    final void fill(int index) {
        if (isThere()) {
            set(index);
        } else {
            setNull(index);
        }
        cursor.next();
    }

    abstract void set(int index);

    abstract void setNull(int index);

    /** Vectors whose places all have one width; values are written as they stand. */
    private abstract static class FixedWidth extends ScalarFill {
        private @Nullable BaseFixedWidthVector vector;

        FixedWidth(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void bind(FieldVector bound) {
            vector = (BaseFixedWidthVector) bound;
        }

        /** The vector, with room for this place. */
        final BaseFixedWidthVector roomFor(int index) {
            BaseFixedWidthVector bound = checkBound(vector);
            while (index >= bound.getValueCapacity()) {
                bound.reAlloc();
            }
            return bound;
        }

        @Override
        void setNull(int index) {
            roomFor(index).setNull(index);
        }
    }

    private static final class Bits extends FixedWidth {
        Bits(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void set(int index) {
            ((BitVector) roomFor(index)).set(index, cursor.booleanValue() ? 1 : 0);
        }
    }

    /** Of up to four bytes; narrow integers lose bytes that are all sign. */
    private static final class Fixed extends FixedWidth {
        Fixed(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void set(int index) {
            BaseFixedWidthVector vector = roomFor(index);
            vector.setIndexDefined(index);
            int width = vector.getTypeWidth();
            long at = (long) index * width;
            int value = cursor.intValue();
            switch (width) {
                case Byte.BYTES -> vector.getDataBuffer().setByte(at, value);
                case Short.BYTES -> vector.getDataBuffer().setShort(at, value);
                default -> vector.getDataBuffer().setInt(at, value);
            }
        }
    }

    /** Of eight bytes; times in the unit of the vector. */
    private static final class Longs extends FixedWidth {
        private final int multiply;

        Longs(int definition, Annotation annotation, LeafCursor cursor) {
            super(definition, cursor);
            multiply = annotation.kind() == Annotation.Kind.TIMESTAMP_MILLIS ? 1000 : 1;
        }

        @Override
        void set(int index) {
            BaseFixedWidthVector vector = roomFor(index);
            vector.setIndexDefined(index);
            vector.getDataBuffer().setLong((long) index * Long.BYTES, scaled(cursor.longValue()));
        }

        /** Times that no microseconds can say, like "never", become infinity. */
        private long scaled(long value) {
            if (multiply == 1) {
                return value;
            }
            long high = Math.multiplyHigh(value, multiply);
            long low = value * multiply;
            if ((high == 0 && low >= 0) || (high == -1 && low < 0)) {
                return low;
            }
            return value < 0 ? -Long.MAX_VALUE : Long.MAX_VALUE;
        }
    }

    /** Decimals whose unscaled value is an integer. */
    private static final class Decimals extends FixedWidth {
        Decimals(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void set(int index) {
            boolean isInt = cursor.column().physical().width() == Integer.BYTES;
            long value = isInt ? cursor.intValue() : cursor.longValue();
            ((DecimalVector) roomFor(index)).set(index, value);
        }
    }

    private abstract static class VariableWidth extends ScalarFill {
        private @Nullable BaseVariableWidthVector vector;

        VariableWidth(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void bind(FieldVector bound) {
            vector = (BaseVariableWidthVector) bound;
        }

        final void put(int index, byte[] bytes, int from, int length) {
            checkBound(vector).setSafe(index, bytes, from, length);
        }

        @Override
        void setNull(int index) {
            checkBound(vector).setNull(index);
        }
    }

    private static final class Bytes extends VariableWidth {
        private final boolean isText;

        Bytes(int definition, Annotation annotation, LeafCursor cursor) {
            super(definition, cursor);
            isText =
                    annotation.kind() == Annotation.Kind.STRING
                            || annotation.kind() == Annotation.Kind.ENUM;
        }

        @Override
        void set(int index) {
            byte[] bytes = cursor.bytes();
            int from = cursor.bytesFrom();
            int length = cursor.bytesLength();
            if (!isText || isAscii(bytes, from, length)) {
                put(index, bytes, from, length);
            } else {
                // A page that was made up need not hold UTF-8, which a query engine relies on.
                byte[] valid =
                        new String(bytes, from, length, StandardCharsets.UTF_8)
                                .getBytes(StandardCharsets.UTF_8);
                put(index, valid, 0, valid.length);
            }
        }

        private static boolean isAscii(byte[] bytes, int from, int length) {
            int all = 0;
            for (int i = from; i < from + length; i++) {
                all |= bytes[i];
            }
            return all >= 0;
        }
    }

    /** Nanoseconds of a day as ISO-8601; a number that no day has as that number. */
    private static final class TimesOfDay extends VariableWidth {
        private static final long NANOS_PER_DAY = 86_400_000_000_000L;

        TimesOfDay(int definition, LeafCursor cursor) {
            super(definition, cursor);
        }

        @Override
        void set(int index) {
            long nanos = cursor.longValue();
            String text =
                    nanos < 0 || nanos >= NANOS_PER_DAY
                            ? Long.toString(nanos)
                            : DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(nanos));
            byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
            put(index, ascii, 0, ascii.length);
        }
    }

    /** Decimals whose unscaled value is big-endian bytes; as text where 16 bytes are too few. */
    private static final class ByteDecimals extends VariableWidth {
        private final int scale;
        private @Nullable DecimalVector decimals;

        ByteDecimals(int definition, Annotation annotation, LeafCursor cursor) {
            super(definition, cursor);
            scale = annotation.second();
        }

        @Override
        void bind(FieldVector bound) {
            if (bound instanceof DecimalVector vector) {
                decimals = vector;
            } else {
                super.bind(bound);
            }
        }

        @Override
        void set(int index) {
            int length = cursor.bytesLength();
            BigInteger unscaled =
                    length == 0
                            ? BigInteger.ZERO
                            : new BigInteger(cursor.bytes(), cursor.bytesFrom(), length);
            if (decimals == null) {
                byte[] text =
                        new BigDecimal(unscaled, scale)
                                .toString()
                                .getBytes(StandardCharsets.US_ASCII);
                put(index, text, 0, text.length);
            } else if (unscaled.bitLength() < DecimalVector.TYPE_WIDTH * Byte.SIZE) {
                decimals.setBigEndianSafe(index, unscaled.toByteArray());
            } else {
                throw new IndexOutOfBoundsException(
                        "a decimal has too many digits: column=" + cursor.column().path());
            }
        }

        @Override
        void setNull(int index) {
            DecimalVector vector = decimals;
            if (vector == null) {
                super.setNull(index);
                return;
            }
            while (index >= vector.getValueCapacity()) {
                vector.reAlloc();
            }
            vector.setNull(index);
        }
    }
}
