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
import java.util.List;

/**
 * A row: a byte for its kind, a bit for each field that is null, whole words of these; then a place
 * of eight bytes for each field, then what does not fit there, in the order of the fields.
 *
 * <p>State keeps rows that are there, so a row is of the kind "insert" (0); others are not typed.
 */
public final class SqlRow extends SqlBody {

    static final String NAME = "row";

    /** Bits before the first that is a field's. */
    private static final int KIND_BITS = 8;

    private final List<String> names;
    private final List<SqlType> fields;

    SqlRow(List<String> names, List<SqlType> fields) {
        if (names.size() != fields.size()) {
            throw new IllegalArgumentException("a row has a name for each of its fields");
        }
        this.names = List.copyOf(names);
        this.fields = List.copyOf(fields);
    }

    public boolean isEmpty() {
        return fields.isEmpty();
    }

    @Override
    public TypeText text() {
        return new TypeText(NAME, List.of(), names, fields.stream().map(SqlType::text).toList());
    }

    @Override
    public boolean hasColumns() {
        return !fields.isEmpty() && fields.stream().allMatch(SqlBody::hasColumns);
    }

    @Override
    public SqlBodyBinding bind(Binder binder, String name, boolean optional) {
        if (fields.isEmpty()) {
            throw new IllegalStateException("a row without fields has no columns: name=" + name);
        }
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        SqlBinding[] bound = new SqlBinding[fields.size()];
        for (int i = 0; i < bound.length; i++) {
            bound[i] = fields.get(i).bind(binder, names.get(i), true, true);
        }
        int definition = binder.definition();
        binder.close();
        return new Bound(definition, optional, bound);
    }

    private static final class Bound extends SqlBodyBinding {
        private final SqlBinding[] fields;
        private final int placesFrom;
        private final int fixedBytes;

        Bound(int definition, boolean optional, SqlBinding[] fields) {
            super(definition, optional, fields[0].first());
            this.fields = fields;
            this.placesFrom = (fields.length + KIND_BITS + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
            this.fixedBytes = placesFrom + fields.length * PLACE;
        }

        @Override
        public void shredBody(byte[] bytes, int from, int to, int repetition)
                throws NotTypedException {
            SqlBytes.check(to - from >= fixedBytes && bytes[from] == 0);
            int behind = from + fixedBytes;
            int at = from + placesFrom;
            int bit = KIND_BITS;
            for (SqlBinding field : fields) {
                if (SqlBytes.isSet(bytes, from, bit)) {
                    SqlBytes.check(SqlBytes.getLong(bytes, at) == 0);
                    field.shredOwnNull(repetition);
                } else {
                    behind = shred(field, bytes, from, at, behind, to, repetition);
                }
                at += PLACE;
                bit++;
            }
            // Bits behind the last field's, up to the end of their word.
            int usedBits = bit & (Long.SIZE - 1);
            long lastWord = SqlBytes.getLong(bytes, from + placesFrom - Long.BYTES);
            SqlBytes.check(behind == to && (usedBits == 0 || lastWord >>> usedBits == 0));
        }

        /** Asks for the usual classes first: what is asked for by class is compiled into here. */
        private static int shred(
                SqlBinding field,
                byte[] bytes,
                int base,
                int at,
                int behind,
                int end,
                int repetition)
                throws NotTypedException {
            if (field instanceof SqlFixed.Bound fixed) {
                return fixed.shred(bytes, base, at, behind, end, repetition);
            } else if (field instanceof SqlVarying.Bound varying) {
                return varying.shred(bytes, base, at, behind, end, repetition);
            }
            return field.shred(bytes, base, at, behind, end, repetition);
        }

        @Override
        public void assembleBody(ValueBuffer out) {
            int base = out.appendZeros(fixedBytes);
            int at = base + placesFrom;
            int bit = KIND_BITS;
            for (SqlBinding field : fields) {
                if (field.isNull()) {
                    SqlBytes.set(out.array(), base, bit);
                    field.skipNull();
                } else {
                    field.assemble(out, base, at);
                }
                at += PLACE;
                bit++;
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            for (SqlBinding field : fields) {
                field.shredNull(atDefinition, repetition);
            }
        }

        @Override
        public void skipNull() {
            for (SqlBinding field : fields) {
                field.skipNull();
            }
        }
    }
}
