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
import io.flinklsm.core.entry.EntryKind;

/**
 * Where a reader of an active memtable copies a value to before it looks at it. Reusable; confined
 * to one thread at a time.
 */
final class ValueCopy {

    /** A larger buffer is not worth keeping for the next value. */
    private static final int KEPT_BYTES_MAX = 1 << 20;

    private final Slice view = new Slice();
    private byte[] array = new byte[256];
    private int length;
    private EntryKind kind = EntryKind.DELETE;

    /** Makes room for a value of this kind and length. */
    void prepare(EntryKind newKind, int newLength) {
        kind = newKind;
        length = newLength;
        if (newLength > array.length) {
            array = new byte[Math.max(newLength, Math.min(array.length * 2, KEPT_BYTES_MAX))];
        }
    }

    byte[] array() {
        return array;
    }

    EntryKind kind() {
        return kind;
    }

    /** The copied value, valid until the next copy. */
    Slice value() {
        return view.setBytes(array, 0, length);
    }

    boolean isWorthKeeping() {
        return array.length <= KEPT_BYTES_MAX;
    }

    /** A view that is not of the copy: for a reader that needs none. */
    Slice view() {
        return view;
    }
}
