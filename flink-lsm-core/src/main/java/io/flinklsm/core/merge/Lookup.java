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
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One point lookup on its way through the sources, newest first: each source that has an entry for
 * the key offers it, until one ends the search (PUT, DELETE). Gathers merge operands on the way and
 * folds them, oldest first, at the end. Reusable; confined to one thread at a time.
 *
 * <pre>{@code
 * lookup.start(operator, out);
 * for (source : newest first) { if (source.get(key, lookup)) break; }
 * boolean found = lookup.finish();
 * }</pre>
 *
 * <p>In LSM notation: {@code mem: a MERGE 3 | L0: a MERGE 2 | L1: a PUT 1} gathers 3, then 2, ends
 * at 1, and folds {@code (1 ⊕ 2) ⊕ 3}. Its buffers are kept from lookup to lookup, so that it
 * allocates nothing once they have grown to the usual size.
 */
public final class Lookup {

    private ValueBuffer out = new ValueBuffer();
    private @Nullable MergeOperator operator;
    private boolean done;
    private boolean hasBase;

    // The operands, newest first, one behind the other; operand i ends at ends[i].
    private ValueBuffer operands = new ValueBuffer();
    private int[] ends = new int[8];
    private int operandCount;

    private final OperandFolder folder = new OperandFolder();
    private final Slice view = new Slice();

    /** Begins a lookup whose value goes to {@code out}, which is cleared. */
    public void start(@Nullable MergeOperator newOperator, ValueBuffer newOut) {
        operator = newOperator;
        out = newOut.clear();
        done = false;
        hasBase = false;
        operandCount = 0;
        operands = OperandFolder.emptied(operands);
    }

    /**
     * Takes a source's entry for the key; copies what it needs before it returns.
     *
     * @return true if no older source can matter any more
     */
    public boolean offer(EntryKind kind, Slice value) {
        Invariants.check(!done, "an entry was offered to a lookup that is done");
        switch (kind) {
            case PUT -> {
                out.set(value);
                hasBase = true;
                done = true;
            }
            case DELETE -> done = true;
            case MERGE -> {
                operands.append(value);
                if (operandCount == ends.length) {
                    ends = Arrays.copyOf(ends, operandCount * 2);
                }
                ends[operandCount++] = operands.length();
            }
        }
        return done;
    }

    /** Whether a PUT or DELETE has ended the search. */
    public boolean isDone() {
        return done;
    }

    /**
     * Folds what was gathered into the buffer; false if the key has no value, and then the buffer
     * is empty.
     *
     * @throws IllegalStateException if there is something to fold but no operator
     */
    public boolean finish() {
        done = true;
        if (operandCount == 0) {
            return hasBase;
        }
        folder.start(operator, out, hasBase);
        for (int i = operandCount - 1; i >= 0; i--) {
            int from = i == 0 ? 0 : ends[i - 1];
            folder.add(view.setBytes(operands.array(), from, ends[i] - from));
        }
        folder.finish();
        operandCount = 0;
        hasBase = true;
        return true;
    }
}
