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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;

/** A copy of entries on the heap, in key order, to be read once. Confined to one thread. */
public final class PrefixCopy implements EntryCursor {

    private final ValueBuffer bytes = new ValueBuffer(256);
    private final Slice key = new Slice();
    private final Slice value = new Slice();
    private EntryKind kind = EntryKind.DELETE;
    private int at;

    PrefixCopy() {}

    /** Adds an entry of a block. */
    void add(long block, long entry) {
        int prefixLength = Records.keyLength(block);
        int suffixLength = MapBlock.suffixLength(entry);
        int valueLength = MapBlock.valueLength(entry);
        EntryKind entryKind = MapBlock.isDelete(entry) ? EntryKind.DELETE : EntryKind.PUT;
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
        int keyAt = at + 2 * Integer.BYTES + 1;
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
