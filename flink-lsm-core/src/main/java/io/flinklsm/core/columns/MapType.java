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
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;

/**
 * A count, then keys, each with a byte that is 1 if its value is null, and the value. Parquet's
 * MAP, so that a null key is not typed.
 */
final class MapType extends ColumnType {

    static final String NAME = "map";

    private final ColumnType key;
    private final ColumnType value;

    MapType(ColumnType key, ColumnType value) {
        if (!ColumnTypes.isTyped(key) || !ColumnTypes.isTyped(value)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: key=" + key + ", value=" + value);
        }
        this.key = key;
        this.value = value;
    }

    static MapType of(TypeText text) {
        return new MapType(
                ColumnTypes.typedOf(text.child(0, 2)), ColumnTypes.typedOf(text.child(1, 2)));
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, key.text(), value.text());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.MAP);
        int definition = binder.definition();
        binder.open("key_value", Repetition.REPEATED, Annotation.NONE);
        int repetition = binder.repetition();
        Binding boundKey = key.bind(binder, "key", Nulls.NONE);
        ColumnType nullable = new NullableType(value, NullableType.NULL_IS_ONE, 0);
        Binding boundValue = nullable.bind(binder, "value", Nulls.OWN);
        binder.close();
        binder.close();
        return new Bound(definition, repetition, boundKey, boundValue);
    }

    private static final class Bound extends StructBinding {
        private final int repetitionLevel;

        Bound(int definition, int repetitionLevel, Binding key, Binding value) {
            super(definition, false, List.of(key, value));
            Invariants.check(
                    repetitionLevel > 0 && key.definition() > definition,
                    "the entries of a map do not repeat",
                    "repetition",
                    repetitionLevel,
                    "definition",
                    definition);
            this.repetitionLevel = repetitionLevel;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int count = in.readCount();
            if (count == 0) {
                shredNull(definition, repetition);
            }
            for (int i = 0; i < count; i++) {
                shredParts(in, i == 0 ? repetition : repetitionLevel);
            }
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            int countAt = out.appendZeros(Integer.BYTES);
            if (first().definition() == definition) {
                skipNull();
                return;
            }
            int count = 0;
            do {
                assembleParts(out);
                count++;
            } while (first().repetition() == repetitionLevel);
            out.setInt(countAt, count);
        }
    }
}
