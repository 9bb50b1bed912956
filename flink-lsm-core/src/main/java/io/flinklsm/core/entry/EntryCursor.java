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
package io.flinklsm.core.entry;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.TypedValue;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Entries in ascending unsigned byte order of their keys, each key at most once. Starts before the
 * first entry. Confined to one thread; the opener closes it, and closing twice is allowed.
 *
 * <pre>{@code
 * try (EntryCursor cursor = ...) {
 *     while (cursor.next()) { use(cursor.key(), cursor.kind(), cursor.value()); }
 * }
 * }</pre>
 */
public interface EntryCursor extends AutoCloseable {

    /**
     * Moves to the next entry.
     *
     * @return false at the end, and from then on
     */
    boolean next() throws IOException;

    /** Key of the current entry, borrowed until the next move. */
    Slice key();

    EntryKind kind();

    /** Value of the current entry, borrowed until the next move; empty for a tombstone. */
    Slice value();

    /**
     * Where the value of the current entry stands in typed columns, borrowed until the next move:
     * for a reader that can take it from there without making bytes of it first.
     *
     * @return null if it is bytes, or a tombstone
     */
    default @Nullable TypedValue typedValue() {
        return null;
    }

    /**
     * The value of the current entry, borrowed until the next move, if it is too large to be held
     * without need: who asks for {@link #value} has one array made of it.
     *
     * @return null if it is not, or a tombstone
     */
    default @Nullable LargeValue largeValue() throws IOException {
        return null;
    }

    /** A copy of the current entry's value, which is the caller's. */
    default byte[] copyValue() throws IOException {
        LargeValue large = largeValue();
        return large == null ? value().toBytes() : large.toBytes();
    }

    @Override
    void close() throws IOException;
}
