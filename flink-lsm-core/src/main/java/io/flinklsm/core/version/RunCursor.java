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
package io.flinklsm.core.version;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.Sstable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a sorted run: its SSTables one after another, each opened when it is reached and
 * closed when it is left. Confined to one thread.
 */
public class RunCursor implements EntryCursor {

    private static final Slice EMPTY = new Slice();

    private final List<Sstable> sstables;
    private final KeyRange range;
    private final boolean fillCache;
    private final boolean withValues;
    private int nextIndex;

    // Open from the first move until the end; null between two SSTables.
    private @Nullable EntryCursor current;

    /**
     * @param sstables disjoint, in key order
     * @param fillCache whether blocks that are read go to the block cache
     */
    public RunCursor(List<Sstable> sstables, KeyRange range, boolean fillCache) {
        this(sstables, range, fillCache, true);
    }

    private RunCursor(
            List<Sstable> sstables, KeyRange range, boolean fillCache, boolean withValues) {
        this.withValues = withValues;
        this.sstables = List.copyOf(sstables);
        this.range = range;
        this.fillCache = fillCache;
    }

    /** A cursor that reads keys and kinds only: all values are empty. */
    public static RunCursor keys(List<Sstable> sstables, KeyRange range) {
        return new RunCursor(sstables, range, false, false);
    }

    @Override
    public boolean next() throws IOException {
        while (true) {
            if (current != null) {
                if (current.next()) {
                    return true;
                }
                EntryCursor ended = current;
                current = null;
                ended.close();
            }
            if (nextIndex == sstables.size()) {
                return false;
            }
            Sstable sstable = sstables.get(nextIndex++);
            checkAscends();
            current = withValues ? sstable.cursor(range, fillCache) : sstable.keys(range);
        }
    }

    private void checkAscends() {
        if (Invariants.ENABLED && nextIndex > 1) {
            OwnedSlice end = sstables.get(nextIndex - 2).meta().visibleRange().end();
            OwnedSlice start = sstables.get(nextIndex - 1).meta().visibleRange().start();
            Invariants.check(
                    end != null && end.compareTo(start) <= 0,
                    "the SSTables of a run overlap",
                    "index",
                    nextIndex - 1);
        }
    }

    @Override
    public Slice key() {
        return current == null ? EMPTY : current.key();
    }

    @Override
    public EntryKind kind() {
        if (current == null) {
            throw new IllegalStateException("the cursor stands on no entry");
        }
        return current.kind();
    }

    @Override
    public Slice value() {
        return current == null ? EMPTY : current.value();
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return current == null ? null : current.typedValue();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        return current == null ? null : current.largeValue();
    }

    @Override
    public void close() throws IOException {
        nextIndex = sstables.size();
        if (current != null) {
            EntryCursor open = current;
            current = null;
            open.close();
        }
    }
}
