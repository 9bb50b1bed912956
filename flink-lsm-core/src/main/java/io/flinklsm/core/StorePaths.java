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
package io.flinklsm.core;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.checkpoint.Deletions;
import io.flinklsm.core.compaction.Compactions;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.flush.Flushes;
import io.flinklsm.core.tree.Paths;
import io.flinklsm.core.tree.TreeState;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Which path does what another one asks for. */
record StorePaths(Flushes flushes, Compactions compactions, Deletions deletions) implements Paths {

    @Override
    public void scheduleFlush(TreeState tree) {
        flushes.schedule(tree);
    }

    @Override
    public void scheduleCompaction(TreeState tree) {
        compactions.schedule(tree);
    }

    @Override
    public void scheduleDeletion() {
        deletions.schedule();
    }

    @Override
    public long compactionDebtBytes(TreeState tree) {
        return compactions.debtBytes(tree);
    }

    @Override
    public void flushThrough(TreeState tree, BooleanSupplier isFlushed)
            throws IOException, InterruptedException {
        flushes.flushThrough(tree, isFlushed);
    }

    @Override
    public void writeLarge(
            TreeState tree, long generation, Slice key, EntryKind kind, LargeValue value)
            throws IOException {
        flushes.writeLarge(tree, generation, key, kind, value);
    }
}
