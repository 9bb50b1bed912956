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
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import io.flinklsm.core.columns.sql.SqlBody;
import io.flinklsm.core.columns.sql.SqlBodyBinding;
import io.flinklsm.core.columns.sql.SqlType;

/** A row, array or map of Flink SQL on its own: its size as an int, then it. */
final class SqlSized extends ColumnType {

    static final String NAME = "sql";

    private final SqlBody body;

    /**
     * @throws IllegalArgumentException if the type has no columns or cannot stand alone
     */
    SqlSized(SqlType type) {
        if (!(type instanceof SqlBody sized) || !sized.hasColumns()) {
            throw new IllegalArgumentException("type does not stand alone: type=" + type);
        }
        this.body = sized;
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, body.text());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        return new Bound(body.bind(binder, name, nulls.isOptional(this)));
    }

    private static final class Bound extends Binding {
        private final SqlBodyBinding body;

        Bound(SqlBodyBinding body) {
            super(body.definition(), false);
            this.body = body;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int size = in.readInt();
            int from = in.skip(size);
            body.shredBody(in.array(), from, from + size, repetition);
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            body.shredNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            int sizeAt = out.appendZeros(Integer.BYTES);
            body.assembleBody(out);
            out.setInt(sizeAt, out.length() - sizeAt - Integer.BYTES);
        }

        @Override
        public void skipNull() {
            body.skipNull();
        }

        @Override
        public LeafCursor first() {
            return body.first();
        }
    }
}
