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
package io.flinklsm.core.view;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over a {@link FrozenSource} that begins in memory. What it shows of a generation is a
 * copy, so the memory may go at any time, whatever the reader does and however long it rests. The
 * generations of a view are small beside what a scan reads, and a value is copied only if the
 * reader asks for it, or has not moved on when the memory goes.
 *
 * <p>Confined to one thread, but for {@link #leaveMemory}.
 */
final class FrozenCursor implements EntryCursor {

    /** A larger copy is not kept for the next value. */
    private static final int RETAINED_BYTES_MAX = 1 << 20;

    // Immutable.
    private final FrozenSource source;
    private final KeyRange range;

    /** Null once the memory is gone, and at the end. */
    @GuardedBy("this")
    private @Nullable EntryCursor memory;

    /** Whether the current entry's value is in the copy. */
    @GuardedBy("this")
    private boolean hasValue = true;

    @GuardedBy("this")
    private ValueBuffer valueCopy = new ValueBuffer(0);

    // The reader's. The key and the kind of the last entry in memory; the key is what the scan of
    // the run begins above.
    private final ValueBuffer lastKey = new ValueBuffer();
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private EntryKind kind = EntryKind.DELETE;
    private boolean hasBegun;
    private boolean hasEnded;

    /** The reader's: null until it has moved to the run, and at the end. */
    private @Nullable EntryCursor file;

    /** Takes over the cursor over the generations. */
    FrozenCursor(FrozenSource source, EntryCursor memory, KeyRange range) {
        this.source = source;
        this.memory = memory;
        this.range = range;
    }

    @Override
    public boolean next() throws IOException {
        if (hasEnded) {
            return false;
        }
        if (file == null) {
            synchronized (this) {
                EntryCursor entries = memory;
                if (entries != null) {
                    return nextIn(entries);
                }
            }
            file = source.runCursor(rest());
        }
        EntryCursor entries = file;
        if (entries != null && entries.next()) {
            if (Invariants.ENABLED && hasBegun) {
                checkAscends(entries);
            }
            return true;
        }
        close();
        return false;
    }

    @GuardedBy("this")
    private boolean nextIn(EntryCursor entries) throws IOException {
        if (entries.next()) {
            kind = entries.kind();
            if (Invariants.ENABLED) {
                checkAscends(entries);
            }
            lastKey.set(entries.key()).view(key);
            hasBegun = true;
            hasValue = false;
            return true;
        }
        close();
        return false;
    }

    /** What comes from the file goes on where memory was left. */
    private void checkAscends(EntryCursor entries) {
        Invariants.check(
                !hasBegun || lastKey.view(new Slice()).compareTo(entries.key()) < 0,
                "an entry stands at or below one that was read from memory",
                "keyBytes",
                entries.key().length());
    }

    /** The keys of the range that were not shown yet. */
    private KeyRange rest() {
        return hasBegun
                ? range.intersect(
                        new KeyRange(ScanView.justAbove(OwnedSlice.wrap(lastKey.toBytes())), null))
                : range;
    }

    @Override
    public Slice key() {
        EntryCursor entries = file;
        return entries == null ? key : entries.key();
    }

    @Override
    public EntryKind kind() {
        EntryCursor entries = file;
        return entries == null ? kind : entries.kind();
    }

    @Override
    public Slice value() {
        EntryCursor entries = file;
        if (entries != null) {
            return entries.value();
        }
        synchronized (this) {
            keepValue();
            if (!hasValue) {
                throw new IllegalStateException(
                        "[scan] the value of an entry could not be kept when its generation was"
                                + " flushed: keyBytes="
                                + lastKey.length()
                                + "; give the process more heap");
            }
            return valueCopy.view(value);
        }
    }

    /** None in memory: what generations hold is no larger than what may be copied. */
    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        EntryCursor entries = file;
        return entries == null ? null : entries.largeValue();
    }

    @GuardedBy("this")
    private void keepValue() {
        EntryCursor entries = memory;
        if (!hasValue && entries != null) {
            if (valueCopy.array().length > RETAINED_BYTES_MAX) {
                valueCopy = new ValueBuffer(0);
            }
            valueCopy.set(entries.value());
            hasValue = true;
        }
    }

    /**
     * The generations were flushed: lets go of them. The reader's current entry stays as it is. Any
     * thread.
     */
    synchronized void leaveMemory() {
        if (memory == null) {
            return;
        }
        try (EntryCursor left = memory) {
            keepValue();
        } catch (IOException e) {
            throw new AssertionError("a cursor over generations does no I/O", e);
        } catch (OutOfMemoryError e) {
            // It concerns this scan alone: value() says so if the value is asked for.
        } finally {
            memory = null;
        }
    }

    @Override
    public void close() throws IOException {
        hasEnded = true;
        kind = EntryKind.DELETE;
        key.clear();
        EntryCursor left;
        synchronized (this) {
            left = memory;
            memory = null;
            hasValue = true;
            valueCopy = new ValueBuffer(0);
        }
        EntryCursor opened = file;
        file = null;
        source.forget(this);
        if (left != null) {
            left.close();
        }
        if (opened != null) {
            opened.close();
        }
    }
}
