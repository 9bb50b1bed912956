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

import io.flinklsm.core.bytes.Utf8;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TypeText;

/**
 * Strings and bytes. Up to seven bytes stand in the place, with their number and the highest bit in
 * its last byte; more stand behind. Bytes that Flink has no name for (raw values) always stand
 * behind.
 */
final class SqlVarying extends SqlType {

    private static final int MOST_IN_PLACE = 7;

    private final String name;
    private final Annotation annotation;
    private final boolean mayBeInPlace;

    SqlVarying(String name, Annotation annotation, boolean mayBeInPlace) {
        this.name = name;
        this.annotation = annotation;
        this.mayBeInPlace = mayBeInPlace;
    }

    @Override
    public TypeText text() {
        return TypeText.of(name);
    }

    @Override
    SqlBinding bind(Binder binder, String columnName, boolean optional, boolean isField) {
        Leaf leaf = binder.leaf(columnName, optional, Physical.BYTES, annotation);
        boolean isText = annotation.equals(Annotation.STRING);
        return new Bound(leaf, optional, isText, mayBeInPlace ? MOST_IN_PLACE : -1);
    }

    static final class Bound extends SqlLeafBinding {
        private final boolean isText;
        private final int mostInPlace;

        Bound(Leaf leaf, boolean optional, boolean isText, int mostInPlace) {
            super(leaf, optional);
            this.isText = isText;
            this.mostInPlace = mostInPlace;
        }

        @Override
        int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
                throws NotTypedException {
            long place = SqlBytes.getLong(bytes, at);
            int from;
            int size;
            int next;
            if (place < 0) {
                size = (int) (place >>> 56) & 0x7F;
                SqlBytes.check(
                        size <= mostInPlace
                                && (place & 0x00FF_FFFF_FFFF_FFFFL) >>> (Byte.SIZE * size) == 0);
                from = at;
                next = behind;
            } else {
                size = SqlBytes.partSize(bytes, place, base, behind, end);
                SqlBytes.check(size > mostInPlace);
                from = behind;
                next = behind + SqlBytes.padded(size);
            }
            SqlBytes.check(!isText || Utf8.isValid(bytes, from, size));
            buffer.putBytes(bytes, from, size);
            buffer.endValue(repetition);
            return next;
        }

        @Override
        void assemble(ValueBuffer out, int base, int at) {
            int size = cursor.bytesLength();
            if (size <= mostInPlace) {
                System.arraycopy(cursor.bytes(), cursor.bytesFrom(), out.array(), at, size);
                out.array()[at + MOST_IN_PLACE] = (byte) (0x80 | size);
            } else {
                int offset = out.length() - base;
                out.append(cursor.bytes(), cursor.bytesFrom(), size);
                out.appendZeros(SqlBytes.padded(size) - size);
                SqlBytes.setLong(out.array(), at, SqlBytes.place(offset, size));
            }
            cursor.next();
        }
    }
}
