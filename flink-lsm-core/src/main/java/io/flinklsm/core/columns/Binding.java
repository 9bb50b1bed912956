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
import io.flinklsm.core.columns.leaf.BoundColumns;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;
import io.flinklsm.core.columns.leaf.WireReader;

/**
 * A type bound to its leaf columns: takes bytes apart into their buffers, and puts bytes together
 * from their cursors. Every call, of either direction, handles one value in each of its leaves.
 * Confined to one thread.
 */
public abstract class Binding extends BoundColumns {

    /** Whether the null that the bytes themselves can say may be one in the columns. */
    final boolean allowsNull;

    Binding(int definition, boolean allowsNull) {
        super(definition);
        this.allowsNull = allowsNull;
    }

    /**
     * Reads a value and adds it to the leaves.
     *
     * @param repetition level of the first that is added
     * @throws NotTypedException if {@link #assemble} would not give these bytes again; leaves may
     *     have got parts of the value
     */
    abstract void shred(WireReader in, int repetition) throws NotTypedException;

    /** Appends the bytes of the next value, and passes over it. */
    abstract void assemble(ValueBuffer out);

    /** For a null where the type has none. */
    static IndexOutOfBoundsException nullWhereNoneMayBe(LeafCursor cursor) {
        return new IndexOutOfBoundsException("a null where none may be: cursor=" + cursor);
    }
}
