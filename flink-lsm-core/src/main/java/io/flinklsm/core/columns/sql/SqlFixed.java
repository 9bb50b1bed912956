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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TypeText;

/**
 * A type whose values fit into their place: numbers, and what is stored as one. In a row the place
 * is eight bytes, and those that the value does not take are zeros.
 *
 * @see SqlTypes
 */
final class SqlFixed extends SqlType {

    private final TypeText text;
    private final Physical physical;
    private final Annotation annotation;
    private final int width;
    private final long min;
    private final long max;

    /**
     * @param width bytes of a value
     * @param min least value that the column has room for; raw bits of floating point numbers
     */
    SqlFixed(
            TypeText text,
            Physical physical,
            Annotation annotation,
            int width,
            long min,
            long max) {
        if (width < 1 || width > PLACE || min > max) {
            throw new IllegalArgumentException(
                    "no value is of this type: width=" + width + ", min=" + min + ", max=" + max);
        }
        this.text = text;
        this.physical = physical;
        this.annotation = annotation;
        this.width = width;
        this.min = min;
        this.max = max;
    }

    @Override
    public TypeText text() {
        return text;
    }

    @Override
    int width() {
        return width;
    }

    @Override
    SqlBinding bind(Binder binder, String name, boolean optional, boolean isField) {
        Leaf leaf = binder.leaf(name, optional, physical, annotation);
        return new Bound(this, leaf, optional, isField ? PLACE : width);
    }

    static final class Bound extends SqlLeafBinding {
        private final Physical physical;
        private final int width;
        private final int placeWidth;
        private final int unusedBits;
        private final long min;
        private final long max;

        Bound(SqlFixed type, Leaf leaf, boolean optional, int placeWidth) {
            super(leaf, optional);
            Invariants.check(
                    type.width <= placeWidth,
                    "a place is narrower than its value",
                    "width",
                    type.width,
                    "place",
                    placeWidth);
            this.physical = type.physical;
            this.width = type.width;
            this.placeWidth = placeWidth;
            this.unusedBits = Long.SIZE - Byte.SIZE * width;
            this.min = type.min;
            this.max = type.max;
        }

        @Override
        int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
                throws NotTypedException {
            long place = SqlBytes.get(bytes, at, placeWidth);
            long value = place << unusedBits >> unusedBits;
            if (placeWidth != width && place != place << unusedBits >>> unusedBits) {
                throw NotTypedException.INSTANCE;
            }
            if (value < min || value > max) {
                throw NotTypedException.INSTANCE;
            }
            switch (physical) {
                case BOOLEAN -> buffer.putBoolean(value != 0);
                case INT32, FLOAT -> buffer.putInt((int) value);
                default -> buffer.putLong(value);
            }
            buffer.endValue(repetition);
            return behind;
        }

        @Override
        void assemble(ValueBuffer out, int base, int at) {
            long value =
                    switch (physical) {
                        case BOOLEAN -> cursor.booleanValue() ? 1 : 0;
                        case INT32, FLOAT -> cursor.intValue();
                        default -> cursor.longValue();
                    };
            SqlBytes.set(out.array(), at, placeWidth, value << unusedBits >>> unusedBits);
            cursor.next();
        }
    }
}
