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

import static java.nio.charset.StandardCharsets.UTF_8;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.merge.Lookup;
import io.flinklsm.core.merge.MergeOperator;
import org.jspecify.annotations.Nullable;

/** Writes text to a memtable and reads it back as text; keys are {@code prefix/suffix} or plain. */
final class MemtableProbe {

    /** What a memtable says of a key, for comparing with a model. */
    record Shown(EntryKind kind, OwnedSlice value) {
        static Shown of(EntryKind kind, String value) {
            return new Shown(kind, OwnedSlice.ofText(value));
        }
    }

    private final Memtable memtable;
    private final @Nullable MergeOperator operator;
    private final KeyBuffer key = new KeyBuffer();

    MemtableProbe(Memtable memtable, @Nullable MergeOperator operator) {
        this.memtable = memtable;
        this.operator = operator;
    }

    static KeyBuffer keyOf(KeyBuffer key, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int slash = text.indexOf('/');
        return key.set(bytes, 0, bytes.length, slash < 0 ? bytes.length : slash + 1);
    }

    boolean put(String k, String value) {
        byte[] bytes = value.getBytes(UTF_8);
        return memtable.put(keyOf(key, k), bytes, 0, bytes.length);
    }

    boolean delete(String k) {
        return memtable.delete(keyOf(key, k));
    }

    boolean merge(String k, String operand) {
        byte[] bytes = operand.getBytes(UTF_8);
        return memtable.merge(keyOf(key, k), bytes, 0, bytes.length);
    }

    /** The value as a lookup over this memtable alone sees it; null if it sees none. */
    @Nullable String get(String k) {
        Lookup lookup = new Lookup();
        ValueBuffer out = new ValueBuffer();
        lookup.start(operator, out);
        memtable.get(keyOf(key, k), lookup);
        return lookup.finish() ? new String(out.toBytes(), UTF_8) : null;
    }

    /** Whether the memtable's entry ends a lookup: PUT and DELETE do. */
    boolean endsLookup(String k) {
        Lookup lookup = new Lookup();
        lookup.start(operator, new ValueBuffer());
        return memtable.get(keyOf(key, k), lookup);
    }

    /** The entries whose keys begin with the prefix. */
    EntryCursor prefixCursor(String prefix) {
        return memtable.cursor(KeyRange.ofPrefix(OwnedSlice.ofText(prefix)));
    }
}
