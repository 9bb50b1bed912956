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

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.DecimalRange;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.ScalarCodec;
import io.flinklsm.core.columns.leaf.TimestampUnit;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.Utf8;
import io.flinklsm.core.columns.leaf.WireReader;
import io.flinklsm.core.columns.sql.SqlTypes;
import java.util.List;

/** Wire formats of Flink SQL's values that are one leaf column and stand alone. */
final class SqlScalars {

    static final String UTF8_NAME = "utf8";
    static final String DECIMAL_NAME = "unscaled";
    static final String TIMESTAMP_NAME = "millis-and-nanos";

    static final ScalarType UTF8 =
            new ScalarType(
                    TypeText.of(UTF8_NAME),
                    Physical.BYTES,
                    Annotation.STRING,
                    false,
                    new ScalarCodec() {
                        @Override
                        public boolean shred(WireReader in, LeafBuffer out)
                                throws NotTypedException {
                            int byteCount = in.readInt();
                            int from = in.skip(byteCount);
                            in.check(Utf8.isValid(in.array(), from, byteCount));
                            out.putBytes(in.array(), from, byteCount);
                            return true;
                        }

                        @Override
                        public void assemble(LeafCursor in, ValueBuffer out) {
                            out.appendInt(in.bytesLength());
                            out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
                        }
                    });

    private SqlScalars() {}

    static ScalarType decimal(int precision, int scale) {
        boolean isLong = precision <= SqlTypes.MAX_LONG_DIGITS;
        return new ScalarType(
                TypeText.of(
                        DECIMAL_NAME,
                        List.of(Integer.toString(precision), Integer.toString(scale))),
                isLong ? Physical.INT64 : Physical.BYTES,
                Annotation.decimal(precision, scale),
                false,
                isLong
                        ? new LongDecimal(SqlTypes.maxUnscaled(precision))
                        : new BytesDecimal(new DecimalRange(precision)));
    }

    static ScalarType timestamp(int precision, boolean isUtc) {
        TimestampUnit unit = TimestampUnit.of(precision);
        return new ScalarType(
                TypeText.of(
                        TIMESTAMP_NAME, List.of(Integer.toString(precision), isUtc ? "1" : "0")),
                Physical.INT64,
                unit.annotation(isUtc),
                false,
                new Timestamp(unit));
    }

    private record LongDecimal(long max) implements ScalarCodec {

        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            long unscaled = in.readLong();
            in.check(-max <= unscaled && unscaled <= max);
            out.putLong(unscaled);
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            out.appendLong(in.longValue());
        }
    }

    private record BytesDecimal(DecimalRange range) implements ScalarCodec {

        @Override
        public boolean shred(WireReader in, LeafBuffer out) throws NotTypedException {
            int byteCount = in.readInt();
            int from = in.skip(byteCount);
            in.check(range.contains(in.array(), from, byteCount));
            out.putBytes(in.array(), from, byteCount);
            return true;
        }

        @Override
        public void assemble(LeafCursor in, ValueBuffer out) {
            out.appendInt(in.bytesLength());
            out.append(in.bytes(), in.bytesFrom(), in.bytesLength());
        }
    }

    private record Timestamp(TimestampUnit unit) implements ScalarCodec {

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
    }
}
