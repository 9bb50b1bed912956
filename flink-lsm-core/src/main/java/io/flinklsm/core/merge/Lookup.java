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

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One point lookup on its way through the sources, newest first: each source that has an entry for
 * the key offers it, until one ends the search (PUT, DELETE). Gathers merge operands on the way and
 * folds them, oldest first, at the end. Reusable; confined to one thread at a time.
 *
 * <pre>{@code
 * lookup.start(operator, out);
 * try {
 *     for (source : newest first) { if (source.get(key, lookup)) break; }
 *     boolean found = lookup.finish();
 * } finally {
 *     lookup.end();
 * }
 * }</pre>
 *
 * <p>In LSM notation: {@code mem: a MERGE 3 | L0: a MERGE 2 | L1: a PUT 1} gathers 3, then 2, ends
 * at 1, and folds {@code (1 ⊕ 2) ⊕ 3}. Its buffers are kept from lookup to lookup, so that it
 * allocates nothing once they have grown to the usual size.
 *
 * <p>Of a {@link LargeValue} it only remembers where it is, until {@link #finish} or {@link
 * #result}: so the one array that the caller gets is all that it takes on the heap.
 */
public final class Lookup {

    /** A large value that was offered, and who holds its file for it. */
    private record Held(LargeValue value, Runnable release) {}

    private ValueBuffer out = new ValueBuffer();
    private @Nullable MergeOperator operator;
    private boolean done;
    private boolean hasBase;

    /** A base that is not in the buffer. */
    private @Nullable Held largeBase;

    // The operands, newest first, one behind the other; operand i ends at ends[i], and is in
    // largeOperands if that has one for i.
    private ValueBuffer operands = new ValueBuffer();
    private int[] ends = new int[8];
    private int operandCount;
    private final List<@Nullable Held> largeOperands = new ArrayList<>();

    // What the files had to do for it.
    private int offered;
    private int blocksCached;
    private int blocksRead;
    private int filterNegatives;
    private int filterTrue;
    private int filterFalse;

    private final Candidates candidates = new Candidates();
    private final OperandFolder folder = new OperandFolder();
    private final Slice view = new Slice();

    /** Begins a lookup whose value goes to {@code out}, which is cleared. */
    public void start(@Nullable MergeOperator newOperator, ValueBuffer newOut) {
        Invariants.check(
                newOut != operands,
                "a lookup writes over its own operands",
                "operands",
                operandCount);
        end();
        operator = newOperator;
        out = newOut.clear();
        done = false;
        hasBase = false;
        operandCount = 0;
        operands = OperandFolder.emptied(operands);
        blocksCached = 0;
        blocksRead = 0;
        filterNegatives = 0;
        filterTrue = 0;
        filterFalse = 0;
    }

    /**
     * Takes a source's entry for the key; copies what it needs before it returns.
     *
     * @return true if no older source can matter any more
     */
    public boolean offer(EntryKind kind, Slice value) {
        Invariants.check(!done, "an entry was offered to a lookup that is done");
        offered++;
        switch (kind) {
            case PUT -> {
                out.set(value);
                hasBase = true;
                done = true;
            }
            case DELETE -> done = true;
            case MERGE -> {
                operands.append(value);
                addOperand(null);
            }
        }
        return done;
    }

    /**
     * Takes a source's entry whose value is too large to be held.
     *
     * @param release called once, when the value is not needed any more
     * @return true if no older source can matter any more
     */
    public boolean offerLarge(EntryKind kind, LargeValue value, Runnable release) {
        if (Invariants.ENABLED) {
            Invariants.check(
                    value.length() >= 0,
                    "a value has fewer bytes than none",
                    "bytes",
                    value.length());
        }
        Invariants.check(!done, "an entry was offered to a lookup that is done");
        offered++;
        Held held = new Held(value, release);
        switch (kind) {
            case PUT -> {
                largeBase = held;
                hasBase = true;
                done = true;
            }
            case DELETE -> throw new IllegalArgumentException("a tombstone has no value");
            case MERGE -> addOperand(held);
        }
        return done;
    }

    private void addOperand(@Nullable Held large) {
        if (operandCount == ends.length) {
            ends = Arrays.copyOf(ends, operandCount * 2);
        }
        ends[operandCount] = operands.length();
        if (large != null) {
            while (largeOperands.size() < operandCount) {
                largeOperands.add(null);
            }
            largeOperands.add(large);
        }
        operandCount++;
    }

    /** For the files that it may ask: none between two lookups. */
    public Candidates candidates() {
        return candidates;
    }

    /** How many entries were offered since this was made. */
    public int offeredCount() {
        return offered;
    }

    /** A file's block was looked at, which was in the cache, or had to be read. */
    public void countBlock(boolean isCached) {
        if (isCached) {
            blocksCached++;
        } else {
            blocksRead++;
        }
    }

    /** A file's filter has said that the file has nothing of the key. */
    public void countFilterNegative() {
        filterNegatives++;
    }

    /** A file's filter has said that the file may have the key; then it was looked for. */
    public void countFilterPositive(boolean isTrue) {
        if (isTrue) {
            filterTrue++;
        } else {
            filterFalse++;
        }
    }

    public int blocksCached() {
        return blocksCached;
    }

    public int blocksRead() {
        return blocksRead;
    }

    public int filterNegatives() {
        return filterNegatives;
    }

    public int filterTrue() {
        return filterTrue;
    }

    public int filterFalse() {
        return filterFalse;
    }

    /** Whether a PUT or DELETE has ended the search. */
    public boolean isDone() {
        return done;
    }

    /** Whether the key has a value, as far as was offered. */
    public boolean isFound() {
        return hasBase || operandCount > 0;
    }

    /**
     * Folds what was gathered into the buffer; false if the key has no value, and then the buffer
     * is empty.
     *
     * @throws IllegalStateException if there is something to fold but no operator
     * @throws UncheckedIOException if a large value cannot be read, or no array can hold the value
     */
    public boolean finish() {
        done = true;
        if (largeBase != null || !largeOperands.isEmpty()) {
            try {
                finishLarge();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        }
        if (operandCount == 0) {
            return hasBase;
        }
        folder.start(operator, out, hasBase);
        for (int i = operandCount - 1; i >= 0; i--) {
            folder.add(operand(i));
        }
        folder.finish();
        operandCount = 0;
        hasBase = true;
        return true;
    }

    private void finishLarge() throws IOException {
        MergeOperator fold = operator;
        Held base = largeBase;
        if (operandCount == 0 || fold == null || fold.separator() != MergeOperator.NOT_APPENDING) {
            if (base == null && hasBase) {
                // The base is where the result is to be.
                largeBase = new Held(LargeValue.of(new Slice(out.toBytes())), () -> {});
            }
            result().appendTo(out.clear());
        } else {
            if (base != null) {
                base.value().appendTo(out.clear());
            }
            folder.start(fold, out, hasBase);
            for (int i = operandCount - 1; i >= 0; i--) {
                Held large = large(i);
                folder.add(large == null ? operand(i) : new Slice(large.value().toBytes()));
            }
            folder.finish();
        }
        operandCount = 0;
        hasBase = true;
    }

    /**
     * What {@link #finish} would make, without making it: for an operator that appends. Borrowed
     * until {@link #end}.
     *
     * @throws IllegalStateException if the key has no value, or operands cannot be appended
     */
    public LargeValue result() {
        List<LargeValue> parts = new ArrayList<>();
        Held base = largeBase;
        if (base != null) {
            parts.add(base.value());
        } else if (hasBase) {
            parts.add(LargeValue.of(out.view(new Slice())));
        }
        for (int i = operandCount - 1; i >= 0; i--) {
            Held large = large(i);
            parts.add(large == null ? LargeValue.of(operand(i)) : large.value());
        }
        if (parts.size() == 1) {
            return parts.get(0);
        }
        MergeOperator fold = operator;
        if (fold == null) {
            throw OperandFolder.noOperator();
        }
        if (parts.isEmpty() || fold.separator() == MergeOperator.NOT_APPENDING) {
            throw new IllegalStateException(
                    "no value can be appended to another: parts="
                            + parts.size()
                            + ", operator="
                            + fold
                            + "; ask only for what appended operands have made");
        }
        return LargeValue.joined(parts, (byte) fold.separator());
    }

    private Slice operand(int index) {
        Invariants.check(
                index >= 0 && index < operandCount,
                "a lookup has no such operand",
                "index",
                index,
                "operands",
                operandCount);
        int from = index == 0 ? 0 : ends[index - 1];
        return view.setBytes(operands.array(), from, ends[index] - from);
    }

    private @Nullable Held large(int index) {
        return index < largeOperands.size() ? largeOperands.get(index) : null;
    }

    /** Lets go of what was offered. After it the result is void; calling it twice is allowed. */
    public void end() {
        Held base = largeBase;
        largeBase = null;
        List<@Nullable Held> held = List.of();
        if (!largeOperands.isEmpty()) {
            held = new ArrayList<>(largeOperands);
            largeOperands.clear();
        }
        if (base != null) {
            base.release().run();
        }
        for (Held operand : held) {
            if (operand != null) {
                operand.release().run();
            }
        }
    }
}
