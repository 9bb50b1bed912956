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
import io.flinklsm.core.columns.leaf.LeafCursor;
import io.flinklsm.core.columns.leaf.NotTypedException;

/** A {@link SqlBody} bound to its columns. */
public abstract class SqlBodyBinding extends SqlBinding {

    SqlBodyBinding(int definition, boolean optional, LeafCursor first) {
        super(definition, optional, first);
    }

    /** Reads what stands from {@code from} to {@code to}, all of it. */
    public abstract void shredBody(byte[] bytes, int from, int to, int repetition)
            throws NotTypedException;

    /** Appends the next value, which is not null, and passes over it. */
    public abstract void assembleBody(ValueBuffer out);

    @Override
    final int shred(byte[] bytes, int base, int at, int behind, int end, int repetition)
            throws NotTypedException {
        int size = SqlBytes.partSize(bytes, SqlBytes.getLong(bytes, at), base, behind, end);
        shredBody(bytes, behind, behind + size, repetition);
        return behind + SqlBytes.padded(size);
    }

    @Override
    final void assemble(ValueBuffer out, int base, int at) {
        int from = out.length();
        assembleBody(out);
        int size = out.length() - from;
        Invariants.check(size > 0, "a part of a row is empty", "from", from);
        out.appendZeros(SqlBytes.padded(size) - size);
        SqlBytes.setLong(out.array(), at, SqlBytes.place(from - base, size));
    }
}
