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
import io.flinklsm.core.bytes.ValueBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Decides about values while compaction merges them (TTL). Called from background threads, one call
 * at a time per compaction but possibly several compactions at once: implementations are safe for
 * any thread. May be applied to an entry any number of times, or never; a dropped PUT becomes a
 * tombstone unless nothing older can exist. An entry about which it throws is kept, see {@link
 * GuardedFilter}.
 */
public interface EntryFilter {

    /** What becomes of the value. */
    enum Decision {
        KEEP,
        DROP,
        /** Keep the entry with the value that was written to the buffer. */
        REPLACE
    }

    /**
     * The filter of one compaction job, which one thread uses from its first entry to its last: a
     * place to read the clock once, and to keep what is not thread-safe.
     */
    default EntryFilter begin() {
        return this;
    }

    /**
     * Judges a fully folded value (a PUT).
     *
     * @param replacement empty on entry; written only when the answer is {@link Decision#REPLACE}
     */
    Decision filter(Slice key, Slice value, ValueBuffer replacement);

    /**
     * Judges a fully folded value that is too large to be held. A filter that does not say how
     * keeps all of them.
     *
     * @param value borrowed as long as the result is
     * @return the value to keep it; another to keep the entry with that; null to drop the entry
     * @throws IOException if the value cannot be read, and only then
     */
    default @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
        return value;
    }
}
