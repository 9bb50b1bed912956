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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.leaf.Binder;
import io.flinklsm.core.columns.leaf.DescribedType;
import io.flinklsm.core.columns.leaf.EndFinder;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.TypeText;
import io.flinklsm.core.columns.leaf.WireReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a serializer writes a type, and the columns it becomes. Immutable; equal if the texts are.
 *
 * <p>A type has two sides. Its <em>wire format</em> is what a serializer of Flink writes, to the
 * byte; its <em>columns</em> are what any reader of Parquet understands. Bound to columns ({@link
 * #bind}) it goes from one to the other and back, exactly: bytes that would not come back are
 * refused, and their row stays bytes.
 *
 * <p>The text of a type ({@link TypeText}, docs/format.md#columns) is all that a reader needs: no
 * class is looked up by it.
 */
public abstract class ColumnType extends DescribedType {

    ColumnType() {}

    /** Who says that a value is null. */
    enum Nulls {
        /** The type's own bytes, if they can: its column is optional only then. */
        OWN,
        /** What is around it: its column is optional, and bytes that say null are not typed. */
        OUTER,
        /** The row may have no value at all, and the type's own bytes may say null as well. */
        ENTRY,
        /** None: its column is required, and bytes that say null are not typed. */
        NONE;

        boolean isOptional(ColumnType type) {
            return switch (this) {
                case OWN -> type.isNullable();
                case OUTER, ENTRY -> true;
                case NONE -> false;
            };
        }

        boolean allowsOwn() {
            return this == OWN || this == ENTRY;
        }
    }

    /**
     * @throws IllegalArgumentException if the text is none of a known type
     */
    public static ColumnType parse(String text) {
        return ColumnTypes.of(TypeText.parse(text));
    }

    /** Whether the wire format can say null. */
    boolean isNullable() {
        return false;
    }

    /** Whether it has columns at all: a constant and bytes whose end is not known have none. */
    boolean hasColumns() {
        return true;
    }

    /** Whether a reader of the bytes finds their end; opaque bytes reach to the end of all. */
    boolean findsItsEnd() {
        return true;
    }

    /** Whether it is a value, or a list of values, with the time of their last access. */
    boolean hasTimeToLive() {
        return false;
    }

    /**
     * Asks for the columns.
     *
     * @param name of the column, or of the group of columns
     */
    abstract Binding bind(Binder binder, String name, Nulls nulls);

    /** Asks for columns of an entry's key, where some types have a place of their own. */
    Binding bindKey(Binder binder) {
        return bind(binder, EntryColumns.KEY_COLUMN, Nulls.ENTRY);
    }

    /** Asks for columns of a row, where some types have a place of their own. */
    Binding bindEntry(Binder binder) {
        return bind(binder, EntryColumns.VALUE_COLUMN, Nulls.ENTRY);
    }

    /**
     * Finds ends of values that stand one behind the other; for one thread. It gives -1 for bytes
     * that are not exactly what a serializer of this type writes, or not all of it.
     *
     * @return null if ends are not found by the type alone
     */
    public final @Nullable EndFinder ends() {
        if (this instanceof VoidType constant) {
            return new Ends(constant::skip, List.of());
        }
        if (!hasColumns() || !findsItsEnd()) {
            return null;
        }
        Binder binder = new Binder();
        Binding binding = bind(binder, EntryColumns.VALUE_COLUMN, Nulls.ENTRY);
        return new Ends(in -> binding.shred(in, 0), binder.leaves());
    }

    /** Takes a value apart to see where it ends; keeps nothing of it. */
    private static final class Ends implements EndFinder {

        private interface Shredder {
            void shred(WireReader in) throws NotTypedException;
        }

        private final Shredder shredder;
        private final List<Leaf> leaves;
        private final WireReader in = new WireReader();
        private final Slice value = new Slice();

        Ends(Shredder shredder, List<Leaf> leaves) {
            this.shredder = shredder;
            this.leaves = leaves;
        }

        @Override
        public int length(byte[] bytes, int from, int to) {
            in.set(value.setBytes(bytes, from, to - from));
            try {
                shredder.shred(in);
                return in.position();
            } catch (NotTypedException e) {
                return -1;
            } finally {
                for (Leaf leaf : leaves) {
                    leaf.buffer().clear();
                }
            }
        }
    }
}
