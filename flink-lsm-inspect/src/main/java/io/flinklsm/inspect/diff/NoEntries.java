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
package io.flinklsm.inspect.diff;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;

/** The entries of a state that is not there. */
final class NoEntries implements EntryCursor {

    private final Slice nothing = new Slice();

    @Override
    public boolean next() {
        return false;
    }

    @Override
    public Slice key() {
        return nothing;
    }

    @Override
    public EntryKind kind() {
        throw new IllegalStateException("the cursor stands on no entry");
    }

    @Override
    public Slice value() {
        return nothing;
    }

    @Override
    public void close() {}
}
