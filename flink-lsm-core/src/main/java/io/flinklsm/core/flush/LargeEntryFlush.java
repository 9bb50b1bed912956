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
package io.flinklsm.core.flush;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.sstable.SstableWriters;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One entry that is too large for the tier becomes an SSTable of level 0 by itself: what a
 * generation that had only this entry would have become. A failure leaves no file. Used once, on
 * the thread that writes the entry.
 *
 * <pre>
 * before   generation 7 [a b c]   L0: 5 …                    put m (40 MB)
 * flush    generation 8 []        L0: 7 [a b c]  5 …
 * written  generation 9 []        L0: 8 [m]  7 [a b c]  5 …
 * </pre>
 */
public final class LargeEntryFlush {

    private final String treeName;
    private final long generation;
    private final @Nullable EntryColumns columns;
    private final FlushTools tools;

    /**
     * @param generation of the SSTable; no other entry has it
     * @param columns how entries stand in columns; null if nothing is known of them
     */
    public LargeEntryFlush(
            String treeName, long generation, @Nullable EntryColumns columns, FlushTools tools) {
        if (generation < 0) {
            throw new IllegalArgumentException(
                    "an SSTable has a generation: generation=" + generation);
        }
        this.treeName = treeName;
        this.generation = generation;
        this.columns = columns;
        this.tools = tools;
    }

    /**
     * Does the work.
     *
     * @param value is read twice
     */
    public SstableMeta run(Slice key, EntryKind kind, LargeValue value) throws IOException {
        Invariants.check(
                kind != EntryKind.DELETE,
                "a tombstone has no large value",
                "keyBytes",
                key.length());
        long nowMillis = tools.clock().currentTimeMillis();
        SstableWriters writers = tools.newWriters();
        SstableWriters.Run run =
                new SstableWriters.Run(treeName, 0, false, generation, nowMillis, nowMillis);
        try (SstableWriter writer = writers.open(run, columns)) {
            writer.add(key, kind, value);
            return writer.finish();
        } catch (Throwable failure) {
            writers.discard(failure, undeleted -> {});
            throw failure;
        }
    }
}
