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
package io.flinklsm.core.view;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A scan's cursor: holds its view until it is closed. */
final class ScanCursor implements EntryCursor {

    private final Runnable releaseView;
    private final EntryCursor entries;
    private boolean closed;

    /**
     * @param releaseView called once, when the cursor is closed
     */
    ScanCursor(Runnable releaseView, EntryCursor entries) {
        this.releaseView = releaseView;
        this.entries = entries;
    }

    @Override
    public boolean next() throws IOException {
        if (closed) {
            throw new IllegalStateException("the cursor is closed; open another scan");
        }
        return entries.next();
    }

    @Override
    public Slice key() {
        Invariants.check(!closed, "a closed cursor was asked for a key");
        return entries.key();
    }

    @Override
    public EntryKind kind() {
        Invariants.check(!closed, "a closed cursor was asked for a kind");
        return entries.kind();
    }

    @Override
    public Slice value() {
        Invariants.check(!closed, "a closed cursor was asked for a value");
        return entries.value();
    }

    @Override
    public @Nullable LargeValue largeValue() throws IOException {
        Invariants.check(!closed, "a closed cursor was asked for a large value");
        return entries.largeValue();
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                entries.close();
            } finally {
                releaseView.run();
            }
        }
    }
}
