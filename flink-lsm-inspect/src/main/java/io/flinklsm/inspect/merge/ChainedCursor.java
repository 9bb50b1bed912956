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
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cursors one after the other. Owns them; confined to one thread. */
final class ChainedCursor implements EntryCursor {

    private final List<EntryCursor> cursors;
    private int index;

    ChainedCursor(List<EntryCursor> cursors) {
        this.cursors = List.copyOf(cursors);
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
