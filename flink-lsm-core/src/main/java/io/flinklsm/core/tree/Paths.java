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
package io.flinklsm.core.tree;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.entry.EntryKind;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/**
 * What one path asks of another. No path knows another one: the front door, which knows them all,
 * answers here.
 */
public interface Paths {

    /** Flushes the tree's queue in the background. Needs the lock. */
    void scheduleFlush(TreeState tree);

    /** Starts the tree's next compaction if one is due. Needs the lock. */
    void scheduleCompaction(TreeState tree);

    /** Deletes, in the background, the files that no reader needs. Needs the lock. */
    void scheduleDeletion();

    /** Bytes that compactions of the tree must read until nothing is due. Any thread. */
    long compactionDebtBytes(TreeState tree);

    /**
     * Waits until generations are flushed, and flushes here what no other thread does.
     *
     * @param isFlushed asked under the lock
     */
    void flushThrough(TreeState tree, BooleanSupplier isFlushed)
            throws IOException, InterruptedException;

    /**
     * Writes an entry past the tier, and installs its SSTable as the newest of level 0, here.
     *
     * @param generation of the SSTable; no other entry has it
     */
    void writeLarge(TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value)
            throws IOException;
}
