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

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.entry.EntryKind;
import org.jspecify.annotations.Nullable;

/**
 * One point lookup on its way through the sources, newest first: each source that has an entry for
 * the key offers it, until one ends the search (PUT, DELETE). Gathers merge operands on the way and
 * folds them, oldest first, at the end. Reusable; confined to one thread at a time.
 *
 * <pre>{@code
 * lookup.start(operator, out);
 * for (source : newest first) { if (source.get(key, lookup)) break; }
 * boolean found = lookup.finish();
 * }</pre>
 */
public final class Lookup {

    /** Begins a lookup whose value goes to {@code out}. */
    public void start(@Nullable MergeOperator operator, ValueBuffer out) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes a source's entry for the key; copies what it needs before it returns.
     *
     * @return true if no older source can matter any more
     */
    public boolean offer(EntryKind kind, Slice value) {
        throw new UnsupportedOperationException();
    }

    /** Whether a PUT or DELETE has ended the search. */
    public boolean isDone() {
        throw new UnsupportedOperationException();
    }

    /** Folds what was gathered into the buffer; false if the key has no value. */
    public boolean finish() {
        throw new UnsupportedOperationException();
    }
}
