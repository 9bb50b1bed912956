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
import java.util.ArrayList;
import java.util.List;

/**
 * An object as Flink's POJO serializer writes it: a byte of flags, then each field behind a byte
 * that is 1 if it is null. An object of a subclass has another flag and is not typed. A group of
 * columns.
 */
final class PojoType extends ColumnType {

    static final String NAME = "pojo";

    private static final int IS_NULL = 1;
    private static final int NO_SUBCLASS = 2;

    private final List<String> names;
    private final List<ColumnType> fields;

    PojoType(List<String> names, List<ColumnType> fields) {
        ColumnTypes.checkFields(NAME, names, fields);
        this.names = List.copyOf(names);
        this.fields = List.copyOf(fields);
    }

    static PojoType of(TypeText text) {
        return new PojoType(text.labels(), ColumnTypes.allOf(text.children()));
    }

    @Override
    public TypeText text() {
        return new TypeText(NAME, List.of(), names, fields.stream().map(ColumnType::text).toList());
    }

    @Override
    boolean isNullable() {
        return true;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        List<Binding> parts = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            ColumnType field = new NullableType(fields.get(i), NullableType.NULL_IS_ONE, 0);
            parts.add(field.bind(binder, names.get(i), Nulls.OWN));
        }
        Binding bound = new Bound(binder.definition(), above, nulls.allowsOwn(), parts);
        binder.close();
        return bound;
    }

    private static final class Bound extends StructBinding {
        private final int above;

        Bound(int definition, int above, boolean allowsNull, List<Binding> parts) {
            super(definition, allowsNull, parts);
            Invariants.check(
                    above <= definition,
                    "a value is defined below what holds it",
                    "above",
                    above,
                    "definition",
                    definition);
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int flags = in.readByte();
            if (flags == NO_SUBCLASS) {
                shredParts(in, repetition);
            } else if (flags == IS_NULL && allowsNull) {
                shredNull(above, repetition);
            } else {
                throw NotTypedException.INSTANCE;
            }
        }

        @Override
        void assemble(ValueBuffer out) {
            if (!isNull()) {
                out.append((byte) NO_SUBCLASS);
                assembleParts(out);
            } else if (allowsNull) {
                out.append((byte) IS_NULL);
                skipNull();
            } else {
                throw nullWhereNoneMayBe(first());
            }
        }
    }
}
