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
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;

/**
 * A record of a stream: a byte that is 0 if a timestamp follows and 1 if none does, then the value.
 * Watermarks and other elements have other bytes there and are not typed. A group of two columns.
 */
final class RecordType extends ColumnType {

    static final String NAME = "record";

    private static final int WITH_TIMESTAMP = 0;
    private static final int WITHOUT_TIMESTAMP = 1;

    private final ColumnType value;

    RecordType(ColumnType value) {
        if (!ColumnTypes.isTyped(value)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: value=" + value);
        }
        this.value = value;
    }

    static RecordType of(TypeText text) {
        return new RecordType(ColumnTypes.typedOf(text.child(0, 1)));
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, value.text());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        Binding time = Scalars.INT64.bind(binder, TimerType.TIMESTAMP_COLUMN, Nulls.OUTER);
        Binding bound = value.bind(binder, EntryColumns.VALUE_COLUMN, Nulls.OWN);
        Binding row = new Bound(binder.definition(), time, bound);
        binder.close();
        return row;
    }

    private static final class Bound extends StructBinding {

        Bound(int definition, Binding time, Binding value) {
            super(definition, false, List.of(time, value));
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int tag = in.readByte();
            if (tag == WITH_TIMESTAMP) {
                parts[0].shred(in, repetition);
            } else {
                in.check(tag == WITHOUT_TIMESTAMP);
                parts[0].shredNull(definition, repetition);
            }
            parts[1].shred(in, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            if (parts[0].isNull()) {
                out.append((byte) WITHOUT_TIMESTAMP);
                parts[0].skipNull();
            } else {
                out.append((byte) WITH_TIMESTAMP);
                parts[0].assemble(out);
            }
            parts[1].assemble(out);
        }
    }
}
