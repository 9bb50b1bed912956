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
package io.flinklsm.core.memtable;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import org.jspecify.annotations.Nullable;

/**
 * A copy of entries with one prefix on the heap, in key order, to be read once; it may be cut, so
 * that a wide map is copied piece by piece. Confined to one thread.
 */
public final class PrefixCopy implements EntryCursor {

    /** Lengths of key and value, and the kind. */
    private static final int HEADER_BYTES = 2 * Integer.BYTES + 1;

    private final ValueBuffer bytes = new ValueBuffer(256);
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private final boolean complete;
    private EntryKind kind = EntryKind.DELETE;
    private int at;
    private int lastAt;
    private boolean cut;

    PrefixCopy(boolean complete) {
        this.complete = complete;
    }

    /** Whether no file has a live entry with the prefix that is not in memory. */
    public boolean isComplete() {
        return complete;
    }

    /** The last key, if there are more in memory behind it; else null. */
    public @Nullable OwnedSlice cutBehind() {
        return cut
                ? OwnedSlice.copyOf(bytes.array(), lastAt + HEADER_BYTES, bytes.getInt(lastAt))
                : null;
    }

    /** There are more entries in memory behind what was added. */
    void cut() {
        cut = true;
    }

    int length() {
        return bytes.length();
    }

    /** Adds an entry of a block. */
    void add(long block, long entry) {
        int prefixLength = Records.keyLength(block);
        int suffixLength = MapBlock.suffixLength(entry);
        int valueLength = MapBlock.valueLength(entry);
        EntryKind entryKind = MapBlock.isDelete(entry) ? EntryKind.DELETE : EntryKind.PUT;
        lastAt = bytes.length();
        bytes.appendInt(prefixLength + suffixLength).appendInt(valueLength);
        bytes.append((byte) entryKind.code());
        bytes.appendAddress(Records.keyAddress(block), prefixLength);
        // The value stands right behind the suffix.
        bytes.appendAddress(MapBlock.suffixAddress(entry), suffixLength + valueLength);
    }

    @Override
    public boolean next() {
        if (at >= bytes.length()) {
            key.clear();
            value.clear();
            return false;
        }
        int keyLength = bytes.getInt(at);
        int valueLength = bytes.getInt(at + Integer.BYTES);
        kind = EntryKind.ofCode(bytes.array()[at + 2 * Integer.BYTES]);
        int keyAt = at + HEADER_BYTES;
        key.setBytes(bytes.array(), keyAt, keyLength);
        value.setBytes(bytes.array(), keyAt + keyLength, valueLength);
        at = keyAt + keyLength + valueLength;
        return true;
    }

    @Override
    public Slice key() {
        return key;
    }

    @Override
    public EntryKind kind() {
        return kind;
    }

    @Override
    public Slice value() {
        return value;
    }

    @Override
    public void close() {
        at = bytes.length();
    }
}
