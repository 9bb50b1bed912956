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

/** An array: {@link SqlElements}. Parquet's LIST, in three levels. */
final class SqlArray extends SqlBody {

    static final String NAME = "array";

    private final SqlType element;

    SqlArray(SqlType element) {
        this.element = element;
    }

    @Override
    public TypeText text() {
        return TypeText.of(NAME, element.text());
    }

    @Override
    public boolean hasColumns() {
        return SqlBody.hasColumns(element);
    }

    @Override
    public SqlBodyBinding bind(Binder binder, String name, boolean optional) {
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.LIST);
        int definition = binder.definition();
        binder.open("list", Repetition.REPEATED, Annotation.NONE);
        SqlElements elements =
                new SqlElements(
                        definition,
                        binder.repetition(),
                        element.bind(binder, "element", true, false),
                        element.width());
        binder.close();
        binder.close();
        return new Bound(definition, optional, elements);
    }

    private static final class Bound extends SqlBodyBinding {
        private final SqlElements elements;

        Bound(int definition, boolean optional, SqlElements elements) {
            super(definition, optional, elements.first());
            this.elements = elements;
        }

        @Override
        public void shredBody(byte[] bytes, int from, int to, int repetition)
                throws NotTypedException {
            elements.shred(bytes, from, to, repetition);
        }

        @Override
        public void assembleBody(ValueBuffer out) {
            elements.assemble(out, elements.nextCount());
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            elements.shredNull(atDefinition, repetition);
        }

        @Override
        public void skipNull() {
            elements.skipNull();
        }
    }
}
