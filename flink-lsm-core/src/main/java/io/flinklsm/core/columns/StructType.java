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
import java.util.ArrayList;
import java.util.List;

/** Fields one behind the other, and nothing else: tuples, windows. A group of columns. */
final class StructType extends ColumnType {

    static final String NAME = "struct";

    private final List<String> names;
    private final List<ColumnType> fields;

    StructType(List<String> names, List<ColumnType> fields) {
        ColumnTypes.checkFields(NAME, names, fields);
        this.names = List.copyOf(names);
        this.fields = List.copyOf(fields);
    }

    static StructType of(TypeText text) {
        return new StructType(text.labels(), ColumnTypes.allOf(text.children()));
    }

    @Override
    public TypeText text() {
        return new TypeText(NAME, List.of(), names, fields.stream().map(ColumnType::text).toList());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        List<Binding> parts = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            parts.add(fields.get(i).bind(binder, names.get(i), Nulls.OWN));
        }
        Binding bound = new Bound(binder.definition(), parts);
        binder.close();
        return bound;
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
