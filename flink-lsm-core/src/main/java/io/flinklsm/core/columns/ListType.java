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
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;

/**
 * Elements of one type: after their count, or with a comma between them and no count (list state,
 * which is appended to). Parquet's LIST, in three levels.
 */
final class ListType extends ColumnType {

    static final String COUNTED = "list";
    static final String DELIMITED = "delimited";

    private static final int DELIMITER = ',';

    private final ColumnType element;
    private final boolean counted;

    ListType(ColumnType element, boolean counted) {
        if (!ColumnTypes.isTyped(element)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: element=" + element);
        }
        this.element = element;
        this.counted = counted;
    }

    static ListType of(TypeText text, boolean counted) {
        return new ListType(ColumnTypes.typedOf(text.child(0, 1)), counted);
    }

    @Override
    public TypeText text() {
        return TypeText.of(counted ? COUNTED : DELIMITED, element.text());
    }

    @Override
    boolean findsItsEnd() {
        return counted;
    }

    @Override
    boolean hasTimeToLive() {
        return element.hasTimeToLive();
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.LIST);
        int definition = binder.definition();
        binder.open("list", Repetition.REPEATED, Annotation.NONE);
        int repetition = binder.repetition();
        Binding bound = element.bind(binder, "element", Nulls.OWN);
        binder.close();
        binder.close();
        return new Bound(definition, repetition, bound, counted);
    }

    private static final class Bound extends Binding {
        private final int repetitionLevel;
        private final Binding element;
        private final boolean counted;

        Bound(int definition, int repetitionLevel, Binding element, boolean counted) {
            super(definition, false);
            Invariants.check(
                    repetitionLevel > 0 && element.definition() > definition,
                    "the elements of a list do not repeat",
                    "repetition",
                    repetitionLevel,
                    "definition",
                    definition);
            this.repetitionLevel = repetitionLevel;
            this.element = element;
            this.counted = counted;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            if (counted) {
                int count = in.readCount();
                if (count == 0) {
                    element.shredNull(definition, repetition);
                }
                for (int i = 0; i < count; i++) {
                    element.shred(in, i == 0 ? repetition : repetitionLevel);
                }
                return;
            }
            element.shred(in, repetition);
            while (in.remaining() > 0) {
                in.check(in.readByte() == DELIMITER);
                element.shred(in, repetitionLevel);
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            element.shredNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            int countAt = counted ? out.appendZeros(Integer.BYTES) : 0;
            if (first().definition() == definition) {
                if (!counted) {
                    throw nullWhereNoneMayBe(first());
                }
                element.skipNull();
                return;
            }
            int count = 1;
            element.assemble(out);
            while (first().repetition() == repetitionLevel) {
                if (!counted) {
                    out.append((byte) DELIMITER);
                }
                element.assemble(out);
                count++;
            }
            if (counted) {
                out.setInt(countAt, count);
            }
        }

        @Override
        public void skipNull() {
            element.skipNull();
        }

        @Override
        public LeafCursor first() {
            return element.first();
        }
    }
}
