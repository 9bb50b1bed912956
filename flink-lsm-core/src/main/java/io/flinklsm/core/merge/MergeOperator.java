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
package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;

/**
 * How a merge operand is folded into what is older: an older operand, or a value. Must be
 * associative, since the memtable, flush, compaction and lookups fold neighbours in any grouping
 * (never in another order). Implementations are stateless and safe for any thread.
 *
 * <p>Must fold any two operands, of whatever bytes: a source has one entry for a key, so a flush or
 * a compaction cannot keep two operands side by side that do not fold, and what it throws stops the
 * store. For this reason no operator may call code of users.
 */
public interface MergeOperator {

    /** No fixed separator: the fold is not a plain concatenation. */
    int NOT_APPENDING = -1;

    /** Appends {@code older ⊕ newer} to {@code out}, which is empty on entry. */
    void fold(Slice older, Slice newer, ValueBuffer out);

    /**
     * If the fold is {@code older · separator · newer} with one separator byte, that byte (0 to
     * 255), which lets the memtable append in place; otherwise {@link #NOT_APPENDING}.
     */
    default int separator() {
        return NOT_APPENDING;
    }
}
