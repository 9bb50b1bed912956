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
package io.flinklsm.core.columns;

/**
 * Where a typed value stands: a row of the pages that a binding's cursors are on. A reusable
 * holder, valid until its cursor moves; confined to one thread.
 */
public final class TypedValue {

    private final EntryBinding binding;
    private int row;

    public TypedValue(EntryBinding binding) {
        this.binding = binding;
    }

    public TypedValue setRow(int newRow) {
        row = newRow;
        return this;
    }

    public EntryBinding binding() {
        return binding;
    }

    public int row() {
        return row;
    }

    /** Bytes of the values in their columns; about what the value takes when it is bytes. */
    public long sizeBytes() {
        return binding.valueBytes(row);
    }
}
