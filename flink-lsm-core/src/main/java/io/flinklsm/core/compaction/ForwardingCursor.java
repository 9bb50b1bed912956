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
package io.flinklsm.core.compaction;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A cursor that is another one, but for what a subclass adds. Owns the other. */
abstract class ForwardingCursor implements EntryCursor {

    private final EntryCursor cursor;

    ForwardingCursor(EntryCursor cursor) {
        this.cursor = cursor;
    }

    @Override
    public boolean next() throws IOException {
        return cursor.next();
    }

    @Override
    public Slice key() {
        return cursor.key();
    }

    @Override
    public EntryKind kind() {
        return cursor.kind();
    }

    @Override
    public Slice value() {
        return cursor.value();
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return cursor.typedValue();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        return cursor.largeValue();
    }

    @Override
    public void close() throws IOException {
        cursor.close();
    }
}
