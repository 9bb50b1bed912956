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
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A row of named or numbered fields: a mask, first bit first, then the fields whose bit is 0. The
 * mask begins with two bits of the row's kind unless it is of an old serializer. A group of
 * columns; the kind is one of them, null for an insertion.
 */
final class RowType extends ColumnType {

    static final String NAME = "row";

    static final String KIND_COLUMN = "_row_kind";

    private static final int KIND_BITS = 2;

    /** By the kind's number. */
    private static final byte[][] KINDS = {ascii("+I"), ascii("-U"), ascii("+U"), ascii("-D")};

    private final boolean hasKind;
    private final List<String> names;
    private final List<ColumnType> fields;

    RowType(boolean hasKind, List<String> names, List<ColumnType> fields) {
        ColumnTypes.checkFields(NAME, names, fields);
        this.hasKind = hasKind;
        this.names = List.copyOf(names);
        this.fields = List.copyOf(fields);
    }

    static RowType of(TypeText text) {
        return new RowType(
                text.intAttribute(0, 0, 1) == 1, text.labels(), ColumnTypes.allOf(text.children()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public TypeText text() {
        return new TypeText(
                NAME,
                List.of(hasKind ? "1" : "0"),
                names,
                fields.stream().map(ColumnType::text).toList());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        int definition = binder.definition();
        List<Binding> parts = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            parts.add(fields.get(i).bind(binder, names.get(i), Nulls.OUTER));
        }
        if (hasKind) {
            Leaf leaf = binder.leaf(KIND_COLUMN, true, Physical.BYTES, Annotation.ENUM);
            parts.add(new KindBinding(leaf, definition));
        }
        binder.close();
        return new Bound(definition, parts, fields.size());
    }

    /** The column of the kind, whose bits are in the mask and not where the reader is. */
    private static final class KindBinding extends Binding {
        private final LeafBuffer buffer;
        private final LeafCursor cursor;
        private final int above;
        private int kind;

        KindBinding(Leaf leaf, int above) {
            super(leaf.column().maxDefinitionLevel(), true);
            this.buffer = leaf.buffer();
            this.cursor = leaf.cursor();
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) {
            if (kind == 0) {
                buffer.addNull(above, repetition);
            } else {
                buffer.putBytes(KINDS[kind], 0, KINDS[kind].length);
                buffer.endValue(repetition);
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            buffer.addNull(atDefinition, repetition);
        }

        /** Appends nothing. */
        @Override
        void assemble(ValueBuffer out) {
            kind = 0;
            if (!isNull()) {
                kind = cursor.indexIn(KINDS);
            }
            cursor.next();
        }

        @Override
        public void skipNull() {
            cursor.next();
        }

        @Override
        public LeafCursor first() {
            return cursor;
        }
    }

    private static final class Bound extends StructBinding {
        private final int fieldCount;
        private final int kindBits;
        private final int maskBytes;

        Bound(int definition, List<Binding> parts, int fieldCount) {
            super(definition, false, parts);
            Invariants.check(
                    parts.size() == fieldCount || parts.size() == fieldCount + 1,
                    "a row has fields and a kind at most",
                    "parts",
                    parts.size(),
                    "fields",
                    fieldCount);
            this.fieldCount = fieldCount;
            this.kindBits = parts.size() > fieldCount ? KIND_BITS : 0;
            this.maskBytes = (kindBits + fieldCount + Byte.SIZE - 1) / Byte.SIZE;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int maskAt = in.skip(maskBytes);
            byte[] bytes = in.array();
            int unused = maskBytes * Byte.SIZE - kindBits - fieldCount;
            in.check((bytes[maskAt + maskBytes - 1] & ((1 << unused) - 1)) == 0);
            for (int i = 0; i < fieldCount; i++) {
                if (bit(bytes, maskAt, kindBits + i) == 1) {
                    parts[i].shredNull(definition, repetition);
                } else {
                    parts[i].shred(in, repetition);
                }
            }
            if (kindBits > 0) {
                KindBinding kind = (KindBinding) parts[fieldCount];
                kind.kind = bit(bytes, maskAt, 0) | bit(bytes, maskAt, 1) << 1;
                kind.shred(in, repetition);
            }
        }

        private static int bit(byte[] bytes, int from, int index) {
            return bytes[from + (index >> 3)] >> (7 - (index & 7)) & 1;
        }

        private static void setBit(ValueBuffer out, int from, int index) {
            out.array()[from + (index >> 3)] |= (byte) (1 << (7 - (index & 7)));
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            int maskAt = out.appendZeros(maskBytes);
            if (kindBits > 0) {
                KindBinding kind = (KindBinding) parts[fieldCount];
                kind.assemble(out);
                if ((kind.kind & 1) != 0) {
                    setBit(out, maskAt, 0);
                }
                if ((kind.kind & 2) != 0) {
                    setBit(out, maskAt, 1);
                }
            }
            for (int i = 0; i < fieldCount; i++) {
                if (parts[i].isNull()) {
                    setBit(out, maskAt, kindBits + i);
                    parts[i].skipNull();
                } else {
                    parts[i].assemble(out);
                }
            }
        }
    }
}
