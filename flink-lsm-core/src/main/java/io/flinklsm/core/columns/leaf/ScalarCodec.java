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
package io.flinklsm.core.columns.leaf;

import io.flinklsm.core.bytes.ValueBuffer;

/** The wire format of a type that is one leaf column. Stateless: safe for any thread. */
public interface ScalarCodec {

    /**
     * Reads a value and puts it into the buffer, without levels.
     *
     * @return false if the bytes say null: nothing was put
     * @throws NotTypedException if {@link #assemble} would not give these bytes again
     */
    boolean shred(WireReader in, LeafBuffer out) throws NotTypedException;

    /** Appends the bytes of the cursor's value; the caller moves the cursor. */
    void assemble(LeafCursor in, ValueBuffer out);

    /** Appends the bytes that say null. */
    default void assembleNull(ValueBuffer out) {
        throw new IndexOutOfBoundsException("a null of a type that has none");
    }
}
