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
 * A timer: its timestamp with the sign bit flipped, so that bytes sort as numbers do, then key and
 * namespace. As the element of a queue it is columns beside each other, else a group of them. What
 * cannot be read ends the columns, but the timestamp is always one.
 */
final class TimerType extends ColumnType {

    static final String NAME = "timer";

    static final String TIMESTAMP_COLUMN = "timestamp";

    private final ColumnType key;
    private final ColumnType namespace;

    TimerType(ColumnType key, ColumnType namespace) {
        this.key = key;
        this.namespace = namespace;
    }

    static TimerType of(TypeText text) {
        return new TimerType(ColumnTypes.of(text.child(0, 2)), ColumnTypes.of(text.child(1, 2)));
    }

    @Override
    public TypeText text() {
        return new TypeText(
                NAME,
                List.of(),
                List.of(EntryColumns.KEY_COLUMN, EntryColumns.NAMESPACE_COLUMN),
                List.of(key.text(), namespace.text()));
    }

    @Override
    boolean findsItsEnd() {
        return key.findsItsEnd() && namespace.findsItsEnd();
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        int definition = binder.definition();
        Binding bound = bindParts(binder, definition, Nulls.OWN);
        binder.close();
        return bound;
    }

    @Override
    Binding bindKey(Binder binder) {
        return bindParts(binder, 1, Nulls.ENTRY);
    }

    private Binding bindParts(Binder binder, int definition, Nulls nulls) {
        List<Binding> parts = new ArrayList<>();
        parts.add(Scalars.SORTED_INT64.bind(binder, TIMESTAMP_COLUMN, nulls));
        List<ColumnType> rest = new ArrayList<>();
        for (ColumnType type : List.of(key, namespace)) {
            boolean isKey = rest.isEmpty();
            rest.add(type);
            if (type instanceof VoidType) {
                continue;
            }
            if (!ColumnTypes.isTyped(type)) {
                break;
            }
            String name = isKey ? EntryColumns.KEY_COLUMN : EntryColumns.NAMESPACE_COLUMN;
            parts.add(type.bind(binder, name, nulls));
        }
        return new Bound(definition, parts, rest);
    }

    private static final class Bound extends StructBinding {
        private final List<ColumnType> rest;

        /**
         * @param rest what follows the timestamp, up to the first that cannot be read
         */
        Bound(int definition, List<Binding> parts, List<ColumnType> rest) {
            super(definition, false, parts);
            Invariants.check(
                    parts.size() <= rest.size() + 1,
                    "a timer has parts that no type describes",
                    "parts",
                    parts.size(),
                    "types",
                    rest.size());
            this.rest = rest;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            parts[0].shred(in, repetition);
            int next = 1;
            for (ColumnType type : rest) {
                if (type instanceof VoidType constant) {
                    constant.skip(in);
                } else if (next < parts.length) {
                    parts[next++].shred(in, repetition);
                } else {
                    in.skip(in.remaining());
                }
            }
        }

        @Override
        void assemble(ValueBuffer out) {
            parts[0].assemble(out);
            int next = 1;
            for (ColumnType type : rest) {
                if (type instanceof VoidType constant) {
                    constant.assemble(out);
                } else if (next < parts.length) {
                    parts[next++].assemble(out);
                } else {
                    throw new IndexOutOfBoundsException("a timer with a part that was not kept");
                }
            }
        }
    }
}
