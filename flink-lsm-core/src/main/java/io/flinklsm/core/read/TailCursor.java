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
package io.flinklsm.core.read;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;

/** The entries of a cursor from a key on. */
final class TailCursor implements EntryCursor {

    private final EntryCursor entries;
    private final OwnedSlice start;
    private boolean started;

    TailCursor(EntryCursor entries, OwnedSlice start) {
        this.entries = entries;
        this.start = start;
    }

    @Override
    public boolean next() throws IOException {
        if (started) {
            return entries.next();
        }
        started = true;
        while (entries.next()) {
            if (entries.key().compareTo(start) >= 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Slice key() {
        return entries.key();
    }

    @Override
    public EntryKind kind() {
        return entries.kind();
    }

    @Override
    public Slice value() {
        return entries.value();
    }

    @Override
    public void close() throws IOException {
        entries.close();
    }
}
