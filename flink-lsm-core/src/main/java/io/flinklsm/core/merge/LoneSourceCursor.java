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
package io.flinklsm.core.merge;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.TypedValue;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a reader sees of one source when there is no other: what {@link CollapsingCursor#live} shows
 * of it, without the merging. A tombstone hides nothing and is left out; an operand alone is the
 * value, since there is nothing to fold it into.
 *
 * <p>Owns the source; confined to one thread.
 */
public final class LoneSourceCursor implements EntryCursor {

    private final EntryCursor source;
    private boolean ended;

    public LoneSourceCursor(EntryCursor source) {
        this.source = source;
    }

    @Override
    public boolean next() throws IOException {
        while (!ended) {
            if (!source.next()) {
                ended = true;
            } else if (source.kind() != EntryKind.DELETE) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Slice key() {
        return source.key();
    }

    @Override
    public EntryKind kind() {
        return ended ? EntryKind.DELETE : EntryKind.PUT;
    }

    @Override
    public Slice value() {
        return source.value();
    }

    @Override
    public @Nullable TypedValue typedValue() {
        return source.typedValue();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        return source.largeValue();
    }

    @Override
    public void close() throws IOException {
        ended = true;
        source.close();
    }
}
