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
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several sources as one: at most one entry a key, the newest word on it. Owns its sources;
 * confined to one thread.
 *
 * <table>
 * <caption>What becomes of a key's entries, newest first</caption>
 * <tr><th>entries</th><th>live view</th><th>compaction</th></tr>
 * <tr><td>PUT v, …</td><td>PUT v</td><td>PUT v</td></tr>
 * <tr><td>DEL, …</td><td>nothing</td><td>DEL; nothing if nothing is older</td></tr>
 * <tr><td>MERGE b, MERGE a, PUT v, …</td><td>PUT v⊕a⊕b</td><td>PUT v⊕a⊕b</td></tr>
 * <tr><td>MERGE b, MERGE a, DEL, …</td><td>PUT a⊕b</td><td>PUT a⊕b</td></tr>
 * <tr><td>MERGE b, MERGE a</td><td>PUT a⊕b</td><td>MERGE a⊕b; PUT a⊕b if nothing is older</td></tr>
 * </table>
 *
 * <p>"Nothing is older" is {@link TombstoneRule}'s answer. A compaction then shows each PUT to the
 * {@link EntryFilter}; one that it drops is a DEL from there on, with the rule of a DEL. A MERGE is
 * not shown: its value is not known yet.
 *
 * <p>Operands are folded when the value is asked for. Where that would make a large value of an
 * operator that appends, {@link #largeValue} has the sources' values one after another instead, and
 * nothing is folded in memory, however long a list has become.
 */
public final class CollapsingCursor implements EntryCursor {

    private final MergingCursor merged;
    private final @Nullable MergeOperator operator;
    private final @Nullable EntryFilter filter;
    private final @Nullable TombstoneRule rule;

    /** Values that are longer when they are folded are not held. */
    private static final int FOLDED_BYTES_MAX = 1 << 20;

    private EntryKind kind = EntryKind.DELETE;

    /** Null until its bytes are wanted. */
    private @Nullable Slice value;

    /** What a filter has made of a large value. */
    private @Nullable LargeValue replacementLarge;

    // The entries that make the value, unless it is the newest entry's own.
    private int operandCount;
    private boolean hasBase;

    /** Whether the value is the newest entry's as it stands. */
    private boolean isNewestOwn;

    private final OperandFolder folder = new OperandFolder();
    private ValueBuffer folded = new ValueBuffer();
    private ValueBuffer replacement = new ValueBuffer();
    private final Slice foldedView = new Slice();
    private final Slice replacementView = new Slice();
    private final Slice nothing = new Slice();

    private long entriesRead;

    private CollapsingCursor(
            List<? extends EntryCursor> newestFirst,
            @Nullable MergeOperator operator,
            @Nullable EntryFilter filter,
            @Nullable TombstoneRule rule) {
        this.merged = new MergingCursor(newestFirst);
        this.operator = operator;
        this.filter = filter;
        this.rule = rule;
    }

    /**
     * What a reader sees: PUTs only, operands folded in.
     *
     * @param newestFirst all sources that can hold the keys, down to the oldest
     */
    public static CollapsingCursor live(
            List<? extends EntryCursor> newestFirst, @Nullable MergeOperator operator) {
        return new CollapsingCursor(newestFirst, operator, null, null);
    }

    /**
     * What a compaction writes.
     *
     * @param newestFirst the inputs
     * @param rule where something older than the inputs may exist
     */
    public static CollapsingCursor compacting(
            List<? extends EntryCursor> newestFirst,
            @Nullable MergeOperator operator,
            @Nullable EntryFilter filter,
            TombstoneRule rule) {
        return new CollapsingCursor(newestFirst, operator, filter, rule);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if operands must be folded and there is no operator
     */
    @Override
    public boolean next() throws IOException {
        while (merged.nextKey()) {
            entriesRead += merged.entryCount();
            if (rule == null ? collapseLive() : collapseForCompaction(rule)) {
                return true;
            }
        }
        kind = EntryKind.DELETE;
        value = nothing;
        return false;
    }

    @Override
    public Slice key() {
        return merged.key();
    }

    @Override
    public EntryKind kind() {
        return kind;
    }

    @Override
    public Slice value() {
        Slice current = value;
        if (current == null) {
            try {
                LargeValue filtered = replacementLarge;
                if (filtered == null) {
                    current = isNewestOwn ? merged.value(0) : fold();
                } else {
                    replacement = OperandFolder.emptied(replacement);
                    filtered.appendTo(replacement);
                    current = replacement.view(replacementView);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            value = current;
        }
        return current;
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        if (replacementLarge != null) {
            return replacementLarge;
        }
        if (kind == EntryKind.DELETE || value != null) {
            return null;
        }
        return isNewestOwn ? merged.largeValue(0) : joined();
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return kind == EntryKind.DELETE || !isNewestOwn ? null : merged.typedValue(0);
    }

    /** Entries of all sources that have been read so far. */
    public long entriesRead() {
        return entriesRead;
    }

    @Override
    public void close() throws IOException {
        merged.close();
    }

    private boolean collapseLive() {
        collapse();
        if (kind == EntryKind.MERGE) {
            kind = EntryKind.PUT;
        }
        return kind == EntryKind.PUT;
    }

    private boolean collapseForCompaction(TombstoneRule ruleOfJob) throws IOException {
        collapse();
        if (kind == EntryKind.PUT && filter == null) {
            return true;
        }
        boolean nothingOlder = ruleOfJob.nothingOlder(merged.key());
        if (kind == EntryKind.MERGE && nothingOlder) {
            kind = EntryKind.PUT;
        }
        if (kind == EntryKind.PUT && filter != null) {
            applyFilter(filter);
        }
        return kind != EntryKind.DELETE || !nothingOlder;
    }

    private void applyFilter(EntryFilter filterOfJob) throws IOException {
        LargeValue large = largeValue();
        if (large != null) {
            LargeValue kept = filterOfJob.filterLarge(merged.key(), large);
            if (kept == null) {
                kind = EntryKind.DELETE;
                value = nothing;
            } else if (kept != large) {
                replacementLarge = kept;
                isNewestOwn = false;
            }
            return;
        }
        replacement = OperandFolder.emptied(replacement);
        switch (filterOfJob.filter(merged.key(), value(), replacement)) {
            case KEEP -> {}
            case DROP -> {
                kind = EntryKind.DELETE;
                value = nothing;
            }
            case REPLACE -> {
                value = replacement.view(replacementView);
                isNewestOwn = false;
            }
        }
    }

    /** The current key's entries as one; MERGE if none of them is a PUT or DELETE. */
    private void collapse() {
        Invariants.check(merged.entryCount() > 0, "a key has no entry", "read", entriesRead);
        kind = merged.kind(0);
        isNewestOwn = true;
        replacementLarge = null;
        if (kind != EntryKind.MERGE) {
            value = kind == EntryKind.PUT ? null : nothing;
            return;
        }
        int entryCount = merged.entryCount();
        operandCount = 1;
        while (operandCount < entryCount && merged.kind(operandCount) == EntryKind.MERGE) {
            operandCount++;
        }
        boolean hasEnd = operandCount < entryCount;
        hasBase = hasEnd && merged.kind(operandCount) == EntryKind.PUT;
        if (hasEnd) {
            kind = EntryKind.PUT;
        }
        value = null;
        isNewestOwn = operandCount == 1 && !hasBase;
        if (!isNewestOwn && operator == null) {
            throw OperandFolder.noOperator();
        }
    }

    /** Operands and base as one value. */
    private Slice fold() throws IOException {
        Invariants.check(operandCount > 0, "nothing is folded", "operands", operandCount);
        folded = OperandFolder.emptied(folded);
        LargeValue joined = joined();
        if (joined != null) {
            joined.appendTo(folded);
            return folded.view(foldedView);
        }
        if (hasBase) {
            folded.set(merged.value(operandCount));
        }
        folder.start(operator, folded, hasBase);
        for (int i = operandCount - 1; i >= 0; i--) {
            folder.add(merged.value(i));
        }
        folder.finish();
        return folded.view(foldedView);
    }

    /** Operands and base one after another; null if they are few bytes, or cannot be appended. */
    private @Nullable LargeValue joined() throws IOException {
        MergeOperator appending = operator;
        if (appending == null || appending.separator() == MergeOperator.NOT_APPENDING) {
            return null;
        }
        int oldest = hasBase ? operandCount : operandCount - 1;
        long bytes = 0;
        boolean isLarge = false;
        for (int i = oldest; i >= 0 && !isLarge; i--) {
            isLarge = merged.largeValue(i) != null;
            if (!isLarge) {
                bytes += merged.value(i).length();
                isLarge = bytes > FOLDED_BYTES_MAX;
            }
        }
        if (!isLarge) {
            return null;
        }
        List<LargeValue> parts = new ArrayList<>(oldest + 1);
        for (int i = oldest; i >= 0; i--) {
            LargeValue part = merged.largeValue(i);
            parts.add(part == null ? LargeValue.of(merged.value(i)) : part);
        }
        return LargeValue.joined(parts, (byte) appending.separator());
    }
}
