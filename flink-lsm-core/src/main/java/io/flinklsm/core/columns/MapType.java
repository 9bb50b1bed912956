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
import io.flinklsm.core.columns.ListType.Framing;
import io.flinklsm.core.columns.leaf.Annotation;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.ColumnNode.Repetition;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;

/**
 * A count, then keys, each with a byte that is 1 if its value is null, and the value; or keys and
 * values as Avro's maps are. Parquet's MAP, so that a null key is not typed.
 */
final class MapType extends ColumnType {

    static final String NAME = "map";
    static final String BLOCK = "block-map";

    private final ColumnType key;
    private final ColumnType value;
    private final Framing framing;

    /**
     * @param framing counted, or a block: then values say themselves whether they are null
     */
    MapType(ColumnType key, ColumnType value, Framing framing) {
        if (!ColumnTypes.isTyped(key) || !ColumnTypes.isTyped(value)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: key=" + key + ", value=" + value);
        }
        this.key = key;
        this.value = value;
        this.framing = framing;
    }

    static MapType of(TypeText text, Framing framing) {
        return new MapType(
                ColumnTypes.typedOf(text.child(0, 2)),
                ColumnTypes.typedOf(text.child(1, 2)),
                framing);
    }

    @Override
    public TypeText text() {
        return TypeText.of(framing == Framing.BLOCK ? BLOCK : NAME, key.text(), value.text());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.MAP);
        int definition = binder.definition();
        binder.open("key_value", Repetition.REPEATED, Annotation.NONE);
        int repetition = binder.repetition();
        Binding boundKey = key.bind(binder, "key", Nulls.NONE);
        ColumnType mapped =
                framing == Framing.BLOCK
                        ? value
                        : new NullableType(value, NullableType.NULL_IS_ONE, 0);
        Binding boundValue = mapped.bind(binder, "value", Nulls.OWN);
        binder.close();
        binder.close();
        return new Bound(definition, repetition, framing, List.of(boundKey, boundValue));
    }

    private static final class Bound extends StructBinding {
        private final int repetitionLevel;

        private final Framing framing;

        Bound(int definition, int repetitionLevel, Framing framing, List<Binding> keyAndValue) {
            super(definition, false, keyAndValue);
            Invariants.check(
                    repetitionLevel > 0 && keyAndValue.get(0).definition() > definition,
                    "the entries of a map do not repeat",
                    "repetition",
                    repetitionLevel,
                    "definition",
                    definition);
            this.repetitionLevel = repetitionLevel;
            this.framing = framing;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int count = framing.shredCount(in);
            if (count == 0) {
                shredNull(definition, repetition);
            }
            for (int i = 0; i < count; i++) {
                shredParts(in, i == 0 ? repetition : repetitionLevel);
            }
            framing.shredEnd(in, count);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            if (first().definition() == definition) {
                framing.assembleCount(0, out);
                skipNull();
                return;
            }
            framing.assembleCount(first().count(repetitionLevel), out);
            do {
                assembleParts(out);
            } while (first().repetition() == repetitionLevel);
            framing.assembleEnd(out);
        }
    }
}
