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
import org.jspecify.annotations.Nullable;

/**
 * Folds operands, oldest first, into a buffer. Appending operators append there, so that n operands
 * cost their bytes and not n times the value; others fold between two buffers. The scratch buffer
 * is kept. Confined to one thread.
 */
final class OperandFolder {

    /** A buffer that one unusual value has grown above this is given up. */
    private static final int RETAINED_BYTES_MAX = 1 << 20;

    private @Nullable MergeOperator operator;
    private int separator;
    private boolean hasValue;
    private ValueBuffer target = new ValueBuffer();

    // What is folded so far is in one of the two, and the next fold writes the other.
    private ValueBuffer folded = target;
    private ValueBuffer scratch = new ValueBuffer();
    private final Slice olderView = new Slice();

    /**
     * @param newTarget holds the value to start with, if there is one; gets the result
     */
    void start(@Nullable MergeOperator newOperator, ValueBuffer newTarget, boolean targetHasValue) {
        Invariants.check(
                newTarget != scratch,
                "operands are folded onto what they are read from",
                "length",
                newTarget.length());
        operator = newOperator;
        separator = newOperator == null ? MergeOperator.NOT_APPENDING : newOperator.separator();
        target = newTarget;
        folded = newTarget;
        hasValue = targetHasValue;
        scratch = emptied(scratch);
    }

    /** Folds in the next newer operand; the slice must not view the target. */
    void add(Slice newer) {
        if (!hasValue) {
            folded.set(newer);
            hasValue = true;
            return;
        }
        if (separator != MergeOperator.NOT_APPENDING) {
            folded.append((byte) separator).append(newer);
            return;
        }
        if (operator == null) {
            throw noOperator();
        }
        ValueBuffer next = folded == target ? scratch : target;
        operator.fold(folded.view(olderView), newer, next.clear());
        folded = next;
    }

    static IllegalStateException noOperator() {
        return new IllegalStateException(
                "merge operands cannot be folded, because the tree has no merge operator;"
                        + " open the tree with the operator that its operands were written"
                        + " for (TreeOptions.operator)");
    }

    /** The buffer without content; a new one if it has grown beyond reason. */
    static ValueBuffer emptied(ValueBuffer buffer) {
        return buffer.array().length > RETAINED_BYTES_MAX ? new ValueBuffer() : buffer.clear();
    }

    /** Leaves the result in the target. */
    void finish() {
        Invariants.check(hasValue, "nothing was folded", "separator", separator);
        if (folded != target) {
            target.set(folded.view(olderView));
            folded = target;
        }
        operator = null;
    }
}
