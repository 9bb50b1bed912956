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
 * A value with the time of its last access, in milliseconds, before it: state with a time to live.
 * In a row of its own it is two columns beside each other, in a list a group of two.
 */
final class TtlType extends ColumnType {

    static final String NAME = "ttl";

    private final ColumnType value;

    TtlType(ColumnType value) {
        if (!ColumnTypes.isTyped(value)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: value=" + value);
        }
        this.value = value;
    }

    static TtlType of(TypeText text) {
        return new TtlType(ColumnTypes.typedOf(text.child(0, 1)));
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, value.text());
    }

    @Override
    boolean findsItsEnd() {
        return value.findsItsEnd();
    }

    @Override
    boolean hasTimeToLive() {
        return true;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        Binding time = Scalars.INT64.bind(binder, EntryColumns.TTL_COLUMN, Nulls.OWN);
        Binding bound = value.bind(binder, EntryColumns.VALUE_COLUMN, Nulls.OWN);
        Binding ttl = new Bound(binder.definition(), List.of(time, bound));
        binder.close();
        return ttl;
    }

    @Override
    Binding bindEntry(Binder binder) {
        return bindEntry(binder, Nulls.ENTRY);
    }

    Binding bindEntry(Binder binder, Nulls nulls) {
        Binding time = Scalars.INT64.bind(binder, EntryColumns.TTL_COLUMN, nulls);
        Binding bound = value.bind(binder, EntryColumns.VALUE_COLUMN, Nulls.ENTRY);
        return new Bound(time.definition(), List.of(time, bound));
    }

    private static final class Bound extends StructBinding {

        Bound(int definition, List<Binding> parts) {
            super(definition, false, parts);
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            shredParts(in, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            assembleParts(out);
        }
    }
}
