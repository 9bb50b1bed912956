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
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.Codecs;
import io.flinklsm.core.columns.leaf.DecimalRange;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TypeText;

/**
 * A decimal of more than 18 digits: its unscaled value stands behind in sixteen bytes, the highest
 * byte first and no more bytes than it needs, then zeros. The column has the same bytes.
 */
final class SqlDecimal extends SqlType {

    static final int PART = 16;

    private final int precision;
    private final int scale;

    SqlDecimal(int precision, int scale) {
        if (precision <= Codecs.LONG_DIGITS
                || precision > DecimalRange.MAX_PRECISION
                || scale < 0
                || scale > precision) {
            throw new IllegalArgumentException(
                    "a decimal of this size does not stand behind its row: precision="
                            + precision
                            + ", scale="
                            + scale);
        }
        this.precision = precision;
        this.scale = scale;
    }

    @Override
    public TypeText text() {
        return SqlTypes.decimalText(precision, scale);
    }

    @Override
    SqlBinding bind(Binder binder, String name, boolean optional, boolean isField) {
        Annotation annotation = Annotation.decimal(precision, scale);
        Leaf leaf = binder.leaf(name, optional, Physical.BYTES, annotation);
        return new Bound(leaf, optional, new DecimalRange(precision));
    }

    private static final class Bound extends SqlLeafBinding {
        private final DecimalRange range;

        Bound(Leaf leaf, boolean optional, DecimalRange range) {
            super(leaf, optional);
            this.range = range;
        }

        @Override
        int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
                throws NotTypedException {
            long place = SqlBytes.getLong(bytes, at);
            int size = (int) place;
            SqlBytes.check(
                    (int) (place >>> Integer.SIZE) == behind - base
                            && PART <= end - behind
                            && size > 0
                            && size <= PART
                            && range.contains(bytes, behind, size));
            SqlBytes.checkZeros(bytes, behind + size, behind + PART);
            buffer.putBytes(bytes, behind, size);
            buffer.endValue(repetition);
            return behind + PART;
        }

        @Override
        void assemble(ValueBuffer out, int base, int at) {
            int size = cursor.bytesLength();
            int offset = out.length() - base;
            out.append(cursor.bytes(), cursor.bytesFrom(), size);
            // More than there is room for is no decimal: the negative count is refused.
            out.appendZeros(PART - size);
            SqlBytes.setLong(out.array(), at, SqlBytes.place(offset, size));
            cursor.next();
        }
    }
}
