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
package io.flinklsm.core.columns.sql;

import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TimestampUnit;
import io.flinklsm.core.columns.leaf.TypeText;

/**
 * A timestamp that is finer than milliseconds: milliseconds stand behind, the nanoseconds in them
 * in the place, where a part's size would be. The column counts microseconds up to six digits, else
 * nanoseconds.
 */
final class SqlTimestamp extends SqlType {

    private final int precision;
    private final boolean isUtc;

    SqlTimestamp(int precision, boolean isUtc) {
        if (precision < 4 || precision > 9) {
            throw new IllegalArgumentException(
                    "a timestamp of these digits does not stand behind its row: precision="
                            + precision);
        }
        this.precision = precision;
        this.isUtc = isUtc;
    }

    @Override
    public TypeText text() {
        return SqlTypes.timestampText(precision, isUtc);
    }

    @Override
    SqlBinding bind(Binder binder, String name, boolean optional, boolean isField) {
        TimestampUnit unit = TimestampUnit.of(precision);
        Leaf leaf = binder.leaf(name, optional, Physical.INT64, unit.annotation(isUtc));
        return new Bound(leaf, optional, unit);
    }

    private static final class Bound extends SqlLeafBinding {
        private final TimestampUnit unit;

        Bound(Leaf leaf, boolean optional, TimestampUnit unit) {
            super(leaf, optional);
            this.unit = unit;
        }

        @Override
        int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
                throws NotTypedException {
            long place = SqlBytes.getLong(bytes, at);
            SqlBytes.check(
                    (int) (place >>> Integer.SIZE) == behind - base && Long.BYTES <= end - behind);
            buffer.putLong(unit.count(SqlBytes.getLong(bytes, behind), (int) place));
            buffer.endValue(repetition);
            return behind + Long.BYTES;
        }

        @Override
        void assemble(ValueBuffer out, int base, int at) {
            long value = cursor.longValue();
            int from = out.appendZeros(Long.BYTES);
            SqlBytes.setLong(out.array(), from, unit.millis(value));
            SqlBytes.setLong(
                    out.array(), at, SqlBytes.place(from - base, unit.nanosOfMilli(value)));
            cursor.next();
        }
    }
}
