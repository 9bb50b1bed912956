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
import java.util.List;

/**
 * A byte that says which of two types follows, and the value. A group of two columns, one of which
 * is null.
 */
final class EitherType extends ColumnType {

    static final String NAME = "either";

    private final int leftTag;
    private final int rightTag;
    private final List<String> names;
    private final List<ColumnType> sides;

    /**
     * @param names of the left and the right side
     */
    EitherType(int leftTag, int rightTag, List<String> names, List<ColumnType> sides) {
        ColumnTypes.checkFields(NAME, names, sides);
        if (sides.size() != 2 || leftTag == rightTag) {
            throw new IllegalArgumentException(
                    "either needs two types and two tags: sides="
                            + sides.size()
                            + ", leftTag="
                            + leftTag
                            + ", rightTag="
                            + rightTag);
        }
        if ((leftTag & 0xFF) != leftTag || (rightTag & 0xFF) != rightTag) {
            throw new IllegalArgumentException(
                    "a tag is a byte: leftTag=" + leftTag + ", rightTag=" + rightTag);
        }
        this.leftTag = leftTag;
        this.rightTag = rightTag;
        this.names = List.copyOf(names);
        this.sides = List.copyOf(sides);
    }

    static EitherType of(TypeText text) {
        return new EitherType(
                text.intAttribute(0, 0, 255),
                text.intAttribute(1, 0, 255),
                text.labels(),
                ColumnTypes.allOf(text.children()));
    }

    @Override
    public TypeText text() {
        return new TypeText(
                NAME,
                List.of(Integer.toString(leftTag), Integer.toString(rightTag)),
                names,
                sides.stream().map(ColumnType::text).toList());
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        boolean optional = nulls.isOptional(this);
        binder.open(name, optional ? Repetition.OPTIONAL : Repetition.REQUIRED, Annotation.NONE);
        Binding left = sides.get(0).bind(binder, names.get(0), Nulls.OUTER);
        Binding right = sides.get(1).bind(binder, names.get(1), Nulls.OUTER);
        Binding bound = new Bound(binder.definition(), left, right);
        binder.close();
        return bound;
    }

    private final class Bound extends StructBinding {

        Bound(int definition, Binding left, Binding right) {
            super(definition, false, List.of(left, right));
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            int tag = in.readByte();
            in.check(tag == leftTag || tag == rightTag);
            boolean isLeft = tag == leftTag;
            parts[isLeft ? 0 : 1].shred(in, repetition);
            parts[isLeft ? 1 : 0].shredNull(definition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            boolean isLeft = !parts[0].isNull();
            if (isLeft != parts[1].isNull()) {
                throw nullWhereNoneMayBe(first());
            }
            out.append((byte) (isLeft ? leftTag : rightTag));
            parts[isLeft ? 0 : 1].assemble(out);
            parts[isLeft ? 1 : 0].skipNull();
        }
    }
}
