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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.leaf.BoundColumns;
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;

/**
 * A {@link SqlType} bound to its leaf columns: a value has a place of a fixed width, and a part
 * behind all places if it does not fit there. Confined to one thread.
 */
abstract class SqlBinding extends BoundColumns {

    /** Whether the value may be null; its definition level is one less then. */
    final boolean optional;

    private final LeafCursor first;

    SqlBinding(int definition, boolean optional, LeafCursor first) {
        super(definition);
        Invariants.check(
                !optional || definition > 0,
                "a field that may be null has no level for it",
                "definition",
                definition);
        this.optional = optional;
        this.first = first;
    }

    /**
     * Reads a value that is not null and adds it to the leaves.
     *
     * @param base where the row or array begins that has the place
     * @param at the value's place
     * @param behind where the next part behind the places must begin
     * @param end of the row or array
     * @return {@code behind}, or the end of this value's part there
     * @throws NotTypedException if {@link #assemble} would not give these bytes again
     */
    abstract int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
            throws NotTypedException;

    /**
     * Writes the next value, which is not null, into its place, which is zeros, and what does not
     * fit there at the end; and passes over it.
     */
    abstract void assemble(ValueBuffer out, int base, int at);

    /** Reads a null, whose place is known to be zeros. */
    final void shredOwnNull(int repetition) throws NotTypedException {
        if (!optional) {
            throw NotTypedException.INSTANCE;
        }
        shredNull(definition - 1, repetition);
    }

    @Override
    public final LeafCursor first() {
        return first;
    }
}
