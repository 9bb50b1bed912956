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
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;

/**
 * A map: the bytes of its keys, then its keys and its values, each of these {@link SqlElements}.
 * Parquet's MAP, whose keys are never null.
 */
final class SqlMap extends SqlBody {

    static final String NAME = "map";

    private final SqlType key;
    private final SqlType value;

    SqlMap(SqlType key, SqlType value) {
        this.key = key;
        this.value = value;
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, key.text(), value.text());
    }

    @Override
    public boolean hasColumns() {
        return SqlBody.hasColumns(key) && SqlBody.hasColumns(value);
    }

    @Override
    public SqlBodyBinding bind(Binder binder, String name, boolean optional) {
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.MAP);
        int definition = binder.definition();
        binder.open("key_value", Repetition.REPEATED, Annotation.NONE);
        int repetition = binder.repetition();
        SqlElements keys =
                new SqlElements(
                        definition, repetition, key.bind(binder, "key", false, false), key.width());
        SqlElements values =
                new SqlElements(
                        definition,
                        repetition,
                        value.bind(binder, "value", true, false),
                        value.width());
        binder.close();
        binder.close();
        return new Bound(definition, optional, keys, values);
    }

    private static final class Bound extends SqlBodyBinding {
        private final SqlElements keys;
        private final SqlElements values;

        Bound(int definition, boolean optional, SqlElements keys, SqlElements values) {
            super(definition, optional, keys.first());
            this.keys = keys;
            this.values = values;
        }

        @Override
        public void shredBody(byte[] bytes, int from, int to, int repetition)
                throws NotTypedException {
            int keysFrom = from + Integer.BYTES;
            SqlBytes.check(keysFrom <= to);
            int size = SqlBytes.getInt(bytes, from);
            SqlBytes.check(size >= 0 && size <= to - keysFrom);
            int keyCount = keys.shred(bytes, keysFrom, keysFrom + size, repetition);
            int valueCount = values.shred(bytes, keysFrom + size, to, repetition);
            SqlBytes.check(keyCount == valueCount);
        }

        @Override
        public void assembleBody(ValueBuffer out) {
            int sizeAt = out.appendZeros(Integer.BYTES);
            int count = keys.nextCount();
            if (values.nextCount() != count) {
                throw new IndexOutOfBoundsException("a map has other values than keys: " + count);
            }
            keys.assemble(out, count);
            SqlBytes.setInt(out.array(), sizeAt, out.length() - sizeAt - Integer.BYTES);
            values.assemble(out, count);
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            keys.shredNull(atDefinition, repetition);
            values.shredNull(atDefinition, repetition);
        }

        @Override
        public void skipNull() {
            keys.skipNull();
            values.skipNull();
        }
    }
}
