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
import java.util.ArrayList;
import java.util.List;

/**
 * One of several types, as Avro writes it: its index as an int, then the value. One of them may be
 * null, which has no bytes. With a single type beside it, that is the column of this type,
 * optional; else it is a group of a column for each type, all but one of which are null.
 */
final class UnionType extends ColumnType {

    static final String NAME = "union";

    /** The index of null where there is none. */
    static final int NO_NULL = -1;

    private static final int MAX_MEMBERS = 1 << 12;

    private final int nullIndex;
    private final List<String> names;
    private final List<ColumnType> members;

    /**
     * @param nullIndex of null among the members, or {@link #NO_NULL}
     * @param names of the members without null
     */
    UnionType(int nullIndex, List<String> names, List<ColumnType> members) {
        ColumnTypes.checkFields(NAME, names, members);
        if (nullIndex < NO_NULL || nullIndex > members.size()) {
            throw new IllegalArgumentException(
                    "null is not one of the members: index="
                            + nullIndex
                            + ", members="
                            + members.size());
        }
        this.nullIndex = nullIndex;
        this.names = List.copyOf(names);
        this.members = List.copyOf(members);
    }

    static UnionType of(TypeText text) {
        return new UnionType(
                text.attributes().isEmpty() ? NO_NULL : text.intAttribute(0, 0, MAX_MEMBERS),
                text.labels(),
                ColumnTypes.allOf(text.children()));
    }

    @Override
    public TypeText text() {
        return new TypeText(
                NAME,
                nullIndex == NO_NULL ? List.of() : List.of(Integer.toString(nullIndex)),
                names,
                members.stream().map(ColumnType::text).toList());
    }

    @Override
    boolean isNullable() {
        return nullIndex != NO_NULL;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        boolean optional = nulls.isOptional(this);
        boolean allowsNull = nullIndex != NO_NULL && nulls.allowsOwn();
        if (nullIndex != NO_NULL && members.size() == 1) {
            Nulls ofMember = optional ? Nulls.OUTER : Nulls.NONE;
            return new Optional(members.get(0).bind(binder, name, ofMember), above, allowsNull);
        }
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        List<Binding> parts = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            parts.add(members.get(i).bind(binder, names.get(i), Nulls.OUTER));
        }
        Binding bound = new Group(binder.definition(), above, allowsNull, parts);
        binder.close();
        return bound;
    }

    /** A member's place among all of them, by its place among those that are not null. */
    private int index(int member) {
        return nullIndex == NO_NULL || member < nullIndex ? member : member + 1;
    }

    /** A single type beside null. */
    private final class Optional extends Binding {
        private final Binding member;
        private final int above;

        Optional(Binding member, int above, boolean allowsNull) {
            super(member.definition(), allowsNull);
            Invariants.check(
                    above <= definition,
                    "a value is defined below what holds it",
                    "above",
                    above,
                    "definition",
                    definition);
            this.member = member;
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int index = in.readInt();
            if (index == index(0)) {
                member.shred(in, repetition);
            } else {
                in.check(index == nullIndex && allowsNull);
                member.shredNull(above, repetition);
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            member.shredNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (!member.isNull()) {
                out.appendInt(index(0));
                member.assemble(out);
            } else if (allowsNull) {
                out.appendInt(nullIndex);
                member.skipNull();
            } else {
                throw nullWhereNoneMayBe(first());
            }
        }

        @Override
        public void skipNull() {
            member.skipNull();
        }

        @Override
        public LeafCursor first() {
            return member.first();
        }
    }

    /** Several types. */
    private final class Group extends StructBinding {
        private final int above;

        Group(int definition, int above, boolean allowsNull, List<Binding> parts) {
            super(definition, allowsNull, parts);
            this.above = above;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int index = in.readInt();
            if (index == nullIndex) {
                in.check(allowsNull);
                shredNull(above, repetition);
                return;
            }
            boolean isFound = false;
            for (int i = 0; i < parts.length; i++) {
                if (index == index(i)) {
                    isFound = true;
                    parts[i].shred(in, repetition);
                } else {
                    parts[i].shredNull(definition, repetition);
                }
            }
            in.check(isFound);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (isNull()) {
                if (!allowsNull) {
                    throw nullWhereNoneMayBe(first());
                }
                out.appendInt(nullIndex);
                skipNull();
                return;
            }
            int present = NO_NULL;
            for (int i = 0; i < parts.length; i++) {
                if (!parts[i].isNull()) {
                    if (present != NO_NULL) {
                        throw new IndexOutOfBoundsException(
                                "a union has two values: members=" + present + ", " + i);
                    }
                    present = i;
                }
            }
            if (present == NO_NULL) {
                throw nullWhereNoneMayBe(first());
            }
            out.appendInt(index(present));
            for (int i = 0; i < parts.length; i++) {
                if (i == present) {
                    parts[i].assemble(out);
                } else {
                    parts[i].skipNull();
                }
            }
        }
    }
}
