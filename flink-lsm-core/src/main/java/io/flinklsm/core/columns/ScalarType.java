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
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.LeafBuffer;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.Physical;
import io.flinklsm.core.columns.leaf.ScalarCodec;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;

/** A type that is one leaf column. */
final class ScalarType extends ColumnType {

    private final TypeText text;
    private final Physical physical;
    private final Annotation annotation;
    private final boolean nullable;
    private final ScalarCodec codec;

    /**
     * @param nullable whether the codec reads and writes nulls
     */
    ScalarType(
            TypeText text,
            Physical physical,
            Annotation annotation,
            boolean nullable,
            ScalarCodec codec) {
        this.text = text;
        this.physical = physical;
        this.annotation = annotation;
        this.nullable = nullable;
        this.codec = codec;
    }

    @Override
    public TypeText text() {
        return text;
    }

    @Override
    boolean isNullable() {
        return nullable;
    }

    @Override
    Binding bind(Binder binder, String name, Nulls nulls) {
        int above = binder.definition();
        boolean optional = nulls.isOptional(this);
        Leaf leaf = binder.leaf(name, optional, physical, annotation);
        return bound(leaf, above, nulls, codec);
    }

    /**
     * Binds a codec to its column.
     *
     * @param above definition level of a null
     */
    static Binding bound(Leaf leaf, int above, Nulls nulls, ScalarCodec codec) {
        return new Bound(leaf, above, nulls.allowsOwn(), codec);
    }

    private static final class Bound extends Binding {
        private final LeafBuffer buffer;
        private final LeafCursor cursor;
        private final int above;
        private final ScalarCodec codec;

        Bound(Leaf leaf, int above, boolean allowsNull, ScalarCodec codec) {
            super(leaf.column().maxDefinitionLevel(), allowsNull);
            Invariants.check(
                    above <= definition,
                    "a value is defined below what holds it",
                    "above",
                    above,
                    "definition",
                    definition);
            this.buffer = leaf.buffer();
            this.cursor = leaf.cursor();
            this.above = above;
            this.codec = codec;
        }

        @Override
        void shred(WireReader in, int repetition) throws NotTypedException {
            if (codec.shred(in, buffer)) {
                buffer.endValue(repetition);
            } else if (allowsNull) {
                buffer.addNull(above, repetition);
            } else {
                throw NotTypedException.INSTANCE;
            }
        }

        @Override
        public void shredNull(int atDefinition, int repetition) {
            buffer.addNull(atDefinition, repetition);
        }

        @Override
        void assemble(ValueBuffer out) {
            if (!isNull()) {
                codec.assemble(cursor, out);
            } else if (allowsNull) {
                codec.assembleNull(out);
            } else {
                throw nullWhereNoneMayBe(cursor);
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
}
