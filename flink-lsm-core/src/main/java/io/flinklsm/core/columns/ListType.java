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
import io.flinklsm.core.columns.leaf.StringCodec;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;

/**
 * Elements of one type: after their count, with a comma between them and no count (list state,
 * which is appended to), or as Avro's arrays are. Parquet's LIST, in three levels.
 */
final class ListType extends ColumnType {

    static final String COUNTED = "list";
    static final String DELIMITED = "delimited";
    static final String BLOCK = "block";

    private static final int DELIMITER = ',';

    /** What stands around the elements. */
    enum Framing {
        /** An int before them: their count. */
        COUNTED(ListType.COUNTED),
        /** A comma between two of them; there is one at least. */
        DELIMITED(ListType.DELIMITED),
        /**
         * Their count before them, seven bits a byte, and a zero byte behind them; for none of them
         * that zero alone. Avro knows arrays of several such blocks as well: they are not typed.
         */
        BLOCK(ListType.BLOCK);

        private final String typeName;

        Framing(String typeName) {
            this.typeName = typeName;
        }

        /** Reads how many elements come, none included. */
        int shredCount(WireReader in) throws NotTypedException {
            if (this == COUNTED) {
                return in.readCount();
            }
            int count = StringCodec.readInteger(in);
            // An element takes a byte at least.
            in.check(count <= in.remaining());
            return count;
        }

        /** Reads what stands behind the elements. */
        void shredEnd(WireReader in, int count) throws NotTypedException {
            in.check(this != BLOCK || count == 0 || in.readByte() == 0);
        }

        void assembleCount(int count, ValueBuffer out) {
            if (this == COUNTED) {
                out.appendInt(count);
            } else if (this == BLOCK) {
                StringCodec.writeInteger(count, out);
            }
        }

        void assembleEnd(ValueBuffer out) {
            if (this == BLOCK) {
                out.append((byte) 0);
            }
        }
    }

    private final ColumnType element;
    private final Framing framing;

    ListType(ColumnType element, Framing framing) {
        if (!ColumnTypes.isTyped(element)) {
            throw new IllegalArgumentException(
                    "a type without columns is part of another: element=" + element);
        }
        this.element = element;
        this.framing = framing;
    }

    static ListType of(TypeText text, Framing framing) {
        return new ListType(ColumnTypes.typedOf(text.child(0, 1)), framing);
    }

    @Override
    public TypeText text() {
        return TypeText.of(framing.typeName, element.text());
    }

    @Override
    boolean findsItsEnd() {
        return framing != Framing.DELIMITED;
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
        return new Bound(definition, repetition, bound, framing);
    }

    private static final class Bound extends Binding {
        private final int repetitionLevel;
        private final Binding element;
        private final Framing framing;

        Bound(int definition, int repetitionLevel, Binding element, Framing framing) {
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
            this.framing = framing;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            if (framing != Framing.DELIMITED) {
                int count = framing.shredCount(in);
                if (count == 0) {
                    element.shredNull(definition, repetition);
                }
                for (int i = 0; i < count; i++) {
                    element.shred(in, i == 0 ? repetition : repetitionLevel);
                }
                framing.shredEnd(in, count);
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
            if (first().definition() == definition) {
                if (framing == Framing.DELIMITED) {
                    throw nullWhereNoneMayBe(first());
                }
                framing.assembleCount(0, out);
                element.skipNull();
                return;
            }
            framing.assembleCount(first().count(repetitionLevel), out);
            element.assemble(out);
            while (first().repetition() == repetitionLevel) {
                if (framing == Framing.DELIMITED) {
                    out.append((byte) DELIMITER);
                }
                element.assemble(out);
            }
            framing.assembleEnd(out);
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
