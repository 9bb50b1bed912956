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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;

/**
 * A byte that says whether the value is null, and the value if it is not: values of maps, elements
 * of arrays, Flink's nullable wrapper (which may fill the place of the value with zeros). The
 * column of the value, optional.
 */
final class NullableType extends ColumnType {

    static final String NAME = "nullable";
    static final String PRESENT = "present";

    /** The byte of a null; the other one is that of a value. */
    static final int NULL_IS_ONE = 1;

    static final int NULL_IS_ZERO = 0;

    private static final int MAX_PADDING = 1 << 16;

    private final ColumnType value;
    private final int nullFlag;
    private final int padding;

    /**
     * @param padding zero bytes behind the flag of a null
     */
    NullableType(ColumnType value, int nullFlag, int padding) {
        if (nullFlag != NULL_IS_ONE && nullFlag != NULL_IS_ZERO) {
            throw new IllegalArgumentException("a flag is a bit: nullFlag=" + nullFlag);
        }
        if (padding < 0 || padding > MAX_PADDING) {
            throw new IllegalArgumentException("padding=" + padding);
        }
        this.value = value;
        this.nullFlag = nullFlag;
        this.padding = padding;
    }

    static NullableType of(TypeText text) {
        int padding = text.attributes().isEmpty() ? 0 : text.intAttribute(0, 0, MAX_PADDING);
        return new NullableType(ColumnTypes.typedOf(text.child(0, 1)), NULL_IS_ONE, padding);
    }

    static NullableType ofPresent(TypeText text) {
        return new NullableType(ColumnTypes.typedOf(text.child(0, 1)), NULL_IS_ZERO, 0);
    }

    @Override
    public TypeText text() {
        return new TypeText(
                nullFlag == NULL_IS_ONE ? NAME : PRESENT,
                padding == 0 ? List.of() : List.of(Integer.toString(padding)),
                List.of(""),
                List.of(value.text()));
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
    boolean hasTimeToLive() {
        return value.hasTimeToLive();
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        Nulls ofValue = nulls == Nulls.NONE ? Nulls.NONE : Nulls.OUTER;
        return new Bound(value.bind(binder, name, ofValue), above, nulls.allowsOwn());
    }

    @Override
    Binding bindEntry(Binder binder) {
        if (value instanceof TtlType ttl) {
            return new Bound(ttl.bindEntry(binder, Nulls.OUTER), 0, true);
        }
        return super.bindEntry(binder);
    }

    private final class Bound extends Binding {
        private final Binding bound;
        private final int above;

        Bound(Binding bound, int above, boolean allowsNull) {
            super(bound.definition(), allowsNull);
            Invariants.check(
                    above <= definition,
                    "a value is defined below what holds it",
                    "above",
                    above,
                    "definition",
                    definition);
            this.bound = bound;
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            if (in.readBoolean() != (nullFlag == 1)) {
                bound.shred(in, repetition);
            } else if (allowsNull) {
                for (int i = 0; i < padding; i++) {
                    in.check(in.readByte() == 0);
                }
                bound.shredNull(above, repetition);
            } else {
                throw NotTypedException.INSTANCE;
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            bound.shredNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (!bound.isNull()) {
                out.append((byte) (1 - nullFlag));
                bound.assemble(out);
            } else if (allowsNull) {
                out.append((byte) nullFlag);
                out.appendZeros(padding);
                bound.skipNull();
            } else {
                throw nullWhereNoneMayBe(first());
            }
        }

        @Override
        public void skipNull() {
            bound.skipNull();
        }

        @Override
        public LeafCursor first() {
            return bound.first();
        }
    }
}
