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
package io.flinklsm.core.events;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;

/** What happened inside a store; for logs, metrics and tests. */
public sealed interface LsmEvent {

    /**
     * Frozen memtables became SSTables of level 0.
     *
     * @param written empty if nothing was left of the entries
     */
    record FlushEnd(String treeName, List<SstableMeta> written, long durationNanos)
            implements LsmEvent {
        public FlushEnd {
            written = List.copyOf(written);
            Invariants.check(
                    durationNanos >= 0, "a flush ended before it began", "nanos", durationNanos);
        }
    }

    /** SSTables became other SSTables, or moved to another level. */
    record CompactionEnd(
            String treeName,
            List<SstableMeta> inputs,
            List<SstableMeta> outputs,
            int outputLevel,
            long durationNanos)
            implements LsmEvent {
        public CompactionEnd {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            if (inputs.isEmpty() || outputLevel < 0) {
                throw new IllegalArgumentException(
                        "[tree "
                                + treeName
                                + "] no compaction was this: inputs="
                                + inputs.size()
                                + ", outputLevel="
                                + outputLevel);
            }
            Invariants.check(
                    durationNanos >= 0,
                    "a compaction ended before it began",
                    "nanos",
                    durationNanos);
        }
    }

    /**
     * A writer waited for flushes or compactions. A wait that lasts is told in parts of about a
     * second, so that it is heard of while it goes on.
     *
     * @param stopped whether writes had to stop, or were only slowed down
     */
    record Stall(String treeName, StallCause cause, boolean stopped, long durationNanos)
            implements LsmEvent {
        public Stall {
            Invariants.check(
                    durationNanos >= 0, "a wait ended before it began", "nanos", durationNanos);
        }
    }

    /** What a writer waits for. */
    enum StallCause {
        /** Compactions: there are too many runs in level 0, or too many bytes to compact. */
        COMPACTION,
        /** Flushes: they are slower than the writer, or too many memtables wait for them. */
        FLUSH,
        /** Memory of the slot, which a flush gives back. */
        MEMORY
    }

    /**
     * An obsolete file could not be deleted; it is tried again with the next ones.
     *
     * @param file as {@code Storage.describe} names it
     */
    record FileDeleteFailed(String file, Exception cause) implements LsmEvent {}

    /**
     * The filter of a tree has thrown; the entry was kept as it is. Told of the first entry of each
     * tree alone; {@code TreeStats.filterFailures} counts them all.
     *
     * @param keyBytes length of the entry's key
     */
    record FilterFailed(String treeName, int keyBytes, Throwable cause) implements LsmEvent {
        public FilterFailed {
            if (keyBytes < 0) {
                throw new IllegalArgumentException(
                        "[tree "
                                + treeName
                                + "] a key has fewer bytes than none: keyBytes="
                                + keyBytes);
            }
        }
    }
}
