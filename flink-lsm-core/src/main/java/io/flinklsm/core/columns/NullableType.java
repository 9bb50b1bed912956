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

/**
 * A byte that is 1 if the value is null, and the value if it is not: values of maps, Flink's
 * nullable wrapper. The column of the value, optional.
 */
final class NullableType extends ColumnType {

    static final String NAME = "nullable";

    private final ColumnType value;

    NullableType(ColumnType value) {
        this.value = value;
    }

    static NullableType of(TypeText text) {
        return new NullableType(ColumnTypes.of(text.child(0, 1)));
    }

    @Override
    TypeText text() {
        return TypeText.of(NAME, value.text());
    }

    @Override
    boolean isNullable() {
        return true;
    }

    @Override
    boolean findsItsEnd() {
        return value.findsItsEnd();
    }

    @Override
    boolean hasColumns() {
        return value.hasColumns();
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        return new Bound(value.bind(binder, name, Nulls.OUTER), above, nulls.allowsOwn());
    }

    @Override
    Binding bindRow(Binder binder) {
        if (value instanceof TtlType ttl) {
            return new Bound(ttl.bindRow(binder, Nulls.OUTER), 0, true);
        }
        return super.bindRow(binder);
    }

    private static final class Bound extends Binding {
        private final Binding value;
        private final int above;

        Bound(Binding value, int above, boolean allowsNull) {
            super(value.definition, allowsNull);
            this.value = value;
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            if (!in.readBoolean()) {
                value.shred(in, repetition);
            } else if (allowsNull) {
                value.shredNull(above, repetition);
            } else {
                throw NotTypedException.INSTANCE;
            }
        }

        @Override
        void shredNull(int atDefinition, int repetition) {
            value.shredNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (!value.isNull()) {
                out.append((byte) 0);
                value.assemble(out);
            } else if (allowsNull) {
                out.append((byte) 1);
                value.skipNull();
            } else {
                throw nullWhereNoneMayBe(first());
            }
        }

        @Override
        void skipNull() {
            value.skipNull();
        }

        @Override
        LeafCursor first() {
            return value.first();
        }
    }
}
