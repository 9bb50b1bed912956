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
package io.flinklsm.inspect.merge;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The live entries of a state, subtask after subtask. Values of two subtasks may have different
 * schemas: {@link #decoder} goes by that of the entry that the cursor stands on. Confined to one
 * thread.
 */
public final class StateCursor implements EntryCursor {

    private final MergedState state;
    private final List<EntryCursor> cursors;
    private int index;
    private int decoderIndex = -1;
    private @Nullable EntryDecoder decoder;

    /**
     * @param cursors one for each part of the state; the new cursor owns them
     */
    StateCursor(MergedState state, List<EntryCursor> cursors) {
        this.state = state;
        this.cursors = List.copyOf(cursors);
    }

    /**
     * Takes the entry that the cursor stands on apart, by the schema of its own; null if nothing
     * says one. Reads a footer for each subtask.
     */
    public @Nullable EntryDecoder decoder() throws IOException {
        if (decoderIndex != index) {
            EntryColumns columns = state.columns(index);
            decoder = columns == null ? null : new EntryDecoder(columns);
            decoderIndex = index;
        }
        return decoder;
    }

    @Override
    public boolean next() throws IOException {
        while (index < cursors.size()) {
            if (cursors.get(index).next()) {
                return true;
            }
            cursors.get(index).close();
            index++;
        }
        return false;
    }

    @Override
    public Slice key() {
        return cursors.get(index).key();
    }

    @Override
    public EntryKind kind() {
        return cursors.get(index).kind();
    }

    @Override
    public Slice value() {
        return cursors.get(index).value();
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return cursors.get(index).typedValue();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        return cursors.get(index).largeValue();
    }

    @Override
    public void close() throws IOException {
        Cleanup.closeAll(cursors);
    }
}
