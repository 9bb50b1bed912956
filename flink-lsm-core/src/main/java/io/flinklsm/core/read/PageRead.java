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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.memtable.PrefixCopy;
import io.flinklsm.core.view.ReadView;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * One page of what stands under a prefix, as of the moment in which it was asked for: memory has
 * answered, or a copy of what it has is merged with the pinned files by another thread ({@link
 * #read}). The copy may be cut; then the page ends there at the latest, and may even be empty with
 * more to come behind it.
 *
 * <pre>
 * memory   a c │ f ...        the copy is cut behind c: the page is a b c,
 * files    b   │ d e g        and the next one begins behind c
 * </pre>
 */
public final class PageRead {

    // Immutable.
    private final OwnedSlice prefix;
    private final @Nullable OwnedSlice after;
    private final int entriesMax;
    private final int bytesMax;

    // What is left to do; null if nothing is.
    private @Nullable ReadView view;
    private @Nullable PrefixCopy inMemory;

    private final @Nullable ReadView readFrom;
    private final ValueBuffer page;
    private boolean last;
    private @Nullable OwnedSlice cutBehind;

    private PageRead(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ValueBuffer page,
            @Nullable ReadView view,
            @Nullable PrefixCopy inMemory) {
        this.prefix = prefix.toOwned();
        this.after = after == null ? null : after.toOwned();
        this.entriesMax = entriesMax;
        this.bytesMax = bytesMax;
        this.page = page;
        this.view = view;
        this.readFrom = view;
        this.inMemory = inMemory;
    }

    /** A page that memory has given. */
    public static PageRead answered(KeyBuffer prefix, ValueBuffer page, boolean isLast) {
        PageRead read = new PageRead(prefix, null, 0, 0, page, null, null);
        read.last = isLast;
        return read;
    }

    /**
     * A page that is to be read.
     *
     * @param pinned with a reference, which {@link #release} gives back
     */
    public static PageRead missed(
            KeyBuffer prefix,
            @Nullable KeyBuffer after,
            int entriesMax,
            int bytesMax,
            ReadView pinned,
            PrefixCopy inMemory) {
        if (entriesMax < 1 || bytesMax < 1) {
            throw new IllegalArgumentException(
                    "a page has room for an entry: entriesMax="
                            + entriesMax
                            + ", bytesMax="
                            + bytesMax);
        }
        return new PageRead(
                prefix, after, entriesMax, bytesMax, new ValueBuffer(), pinned, inMemory);
    }

    /** Whether {@link #read} has nothing to do. */
    public boolean isAnswered() {
        return inMemory == null;
    }

    /** Whether all files that {@link #read} may ask are on this machine; before it is called. */
    public boolean answersAtOnce() {
        ReadView files = view;
        return files == null || files.answersAtOnce();
    }

    /** Reads the page; any thread, one at a time. */
    public void read() throws IOException {
        ReadView files = view;
        PrefixCopy copy = inMemory;
        if (files == null || copy == null) {
            return;
        }
        inMemory = null;
        OwnedSlice end = copy.cutBehind();
        KeyBuffer behind = after == null ? null : key(after, new KeyBuffer());
        try (EntryCursor cursor = files.scanPrefix(key(prefix, new KeyBuffer()), behind, copy)) {
            boolean isWhole = copyEntries(cursor, prefix.length(), entriesMax, bytesMax, page);
            Invariants.check(
                    isWhole || page.length() > 0,
                    "a page is cut that has no entry",
                    "entriesMax",
                    entriesMax,
                    "bytesMax",
                    bytesMax);
            last = isWhole && end == null;
            cutBehind = isWhole ? end : null;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Lets the files go, if it holds any. Idempotent; the thread that reads, or none. */
    public void release() {
        ReadView pinned = view;
        view = null;
        if (pinned != null) {
            pinned.release();
        }
    }

    /**
     * The entries: for each, the bytes of what follows the prefix in its key (4, big-endian), those
     * of its value (4), and both.
     */
    public ValueBuffer page() {
        return page;
    }

    /** Whether there is nothing behind the page. */
    public boolean isLast() {
        return last;
    }

    /** What the next page begins behind, without the prefix, if it is not the page's last entry. */
    public byte @Nullable [] cutBehind() {
        OwnedSlice end = cutBehind;
        return end == null
                ? null
                : OwnedSlice.copyOf(
                                end.bytesUnsafe(), prefix.length(), end.length() - prefix.length())
                        .bytesUnsafe();
    }

    /** Whether it was read from these files. */
    public boolean isOf(@Nullable ReadView other) {
        return readFrom != null && readFrom == other;
    }

    /** Whether {@link #read} has put the page together. */
    public boolean isFromFiles() {
        return readFrom != null;
    }

    /** Writes the prefix to the buffer, which is returned. */
    public KeyBuffer prefix(KeyBuffer buffer) {
        return key(prefix, buffer);
    }

    /** The key that the page begins behind; null if it is the first one. */
    public @Nullable KeyBuffer after() {
        return after == null ? null : key(after, new KeyBuffer());
    }

    private KeyBuffer key(OwnedSlice key, KeyBuffer buffer) {
        return buffer.set(key.bytesUnsafe(), 0, key.length(), prefix.length());
    }

    /**
     * Replaces the page by what the cursor shows, as {@link #page} says.
     *
     * @return whether the cursor has come to its end
     */
    public static boolean copyEntries(
            EntryCursor cursor, int prefixLength, int entriesMax, int bytesMax, ValueBuffer out)
            throws IOException {
        Invariants.check(
                entriesMax > 0 && bytesMax > 0,
                "a page has no room for an entry",
                "entriesMax",
                entriesMax,
                "bytesMax",
                bytesMax);
        out.clear();
        Slice suffix = new Slice();
        int entries = 0;
        while (cursor.next()) {
            Slice key = cursor.key();
            int suffixLength = key.length() - prefixLength;
            Invariants.check(
                    suffixLength >= 0,
                    "an entry of a page is shorter than the prefix",
                    "keyBytes",
                    key.length(),
                    "prefixBytes",
                    prefixLength);
            suffix.setRaw(key.rawBase(), key.rawOffset() + prefixLength, suffixLength);
            LargeValue large = cursor.largeValue();
            if (large != null) {
                if (entries > 0) {
                    // A page of its own: nothing is copied to make room for it.
                    return false;
                }
                int valueBytes = Math.toIntExact(large.length());
                out.reserve(2 * Integer.BYTES + suffixLength + valueBytes);
                out.appendInt(suffixLength).appendInt(valueBytes).append(suffix);
                large.appendTo(out);
            } else {
                Slice value = cursor.value();
                out.appendInt(suffixLength).appendInt(value.length());
                out.append(suffix).append(value);
            }
            if (++entries >= entriesMax || out.length() >= bytesMax) {
                return false;
            }
        }
        return true;
    }
}
