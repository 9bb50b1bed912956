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
package io.flinklsm.core.write;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memtable.TierMemory;
import io.flinklsm.core.slot.Slot;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.tree.TreeState;
import io.flinklsm.core.tree.Upkeep;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What is done for a write that the budget had no room for: what is clean is evicted, what is dirty
 * is flushed, and at last the writer waits. Writer thread only.
 */
final class MemoryRoom {

    /**
     * A store whose open generations hold less than this part of its share has nothing to give:
     * freezing them would make small SSTables and hardly any room.
     */
    private static final int PARTS_OF_SHARE = 16;

    /** A refused write makes room for its entry and for what comes next. */
    private static final long ROOM_BEYOND_ENTRY_BYTES = 1 << 20;

    // Immutable.
    private final StoreWriter writer;
    private final Upkeep upkeep;
    private final Slot slot;
    private final TierMemory tierMemory;
    private final OpenSstables openSstables;
    private final Stalls stalls;

    MemoryRoom(
            StoreWriter writer,
            Upkeep upkeep,
            Slot slot,
            OpenSstables openSstables,
            Stalls stalls) {
        this.writer = writer;
        this.upkeep = upkeep;
        this.slot = slot;
        this.tierMemory = slot.tierMemory();
        this.openSstables = openSstables;
        this.stalls = stalls;
    }

    /**
     * The budget had no room for an entry: evict, flush, wait, in this order.
     *
     * @param earlier what the last call for this entry returned; null at its first
     */
    MemoryWait make(TreeState tree, long entryBytes, @Nullable MemoryWait earlier)
            throws IOException {
        Invariants.check(
                entryBytes >= 0, "an entry has fewer bytes than none", "entryBytes", entryBytes);
        upkeep.checkOpen();
        MemoryWait wait = earlier == null ? new MemoryWait(slot.clock()) : earlier;
        long wantedBytes = entryBytes + ROOM_BEYOND_ENTRY_BYTES;
        // What is dirty has a bound of its own: no eviction makes room beyond it.
        boolean hasDirtyRoom = tierMemory.hasDirtyRoom(entryBytes);
        if (hasDirtyRoom && makeCleanRoom(entryBytes, earlier == null)) {
            return wait;
        }
        long worthBytes = worthFreezingBytes(entryBytes, wait);
        TreeState largest = writer.largest();
        if (largest != null && writer.openBytes() >= worthBytes && !writer.isAnyFrozen()) {
            writer.freeze(largest, true);
        }
        if (wait.isTimeToAsk()) {
            slot.askOthersToFlush(writer, worthBytes);
        }
        if (hasDirtyRoom && earlier != null && evict(wantedBytes) > 0) {
            return wait;
        }
        boolean neverFits = entryBytes > slot.tierBudget().limitBytes();
        if (neverFits || wait.isOver()) {
            throw new IOException(
                    "[tree "
                            + tree.name()
                            + "] no memory for an entry: entryBytes="
                            + entryBytes
                            + ", usedBytes="
                            + slot.memory().usedBytes()
                            + ", limitBytes="
                            + slot.memory().limitBytes()
                            + ", waitedMillis="
                            + wait.waitedMillis()
                            + "; raise the memory of the state backend");
        }
        stalls.awaitMemory(tree, writer.trees(), hasDirtyRoom ? 0 : wantedBytes);
        return wait;
    }

    /**
     * Evicts what a write needs: its entry's bytes at first, since most entries fit into what is
     * begun; a whole segment after that. While anything gives way, nothing is frozen: small
     * SSTables would be flushed, and merged again and again.
     */
    private boolean makeCleanRoom(long entryBytes, boolean isFirst) {
        if (isFirst) {
            return evict(entryBytes) > 0;
        }
        MemoryBudget tiers = slot.tierBudget();
        // No more at a time: what is spared is copied, and the caller waits for that.
        long wantedBytes = Math.max(entryBytes, tierMemory.segmentBytes());
        if (tierMemory.reclaim(wantedBytes) > 0) {
            return true;
        }
        // What blocks give back is of no use to tiers that are at their own limit.
        return tiers.usedBytes() + wantedBytes <= tiers.limitBytes()
                && slot.blockCache().reclaim(wantedBytes) > 0;
    }

    /**
     * What a store's open generations must hold for one of them to be frozen: a writer that waits
     * while the memory is elsewhere would cut them into one small SSTable after another.
     */
    private long worthFreezingBytes(long entryBytes, MemoryWait wait) {
        long worthBytes = slot.memtableShareBytes() / PARTS_OF_SHARE;
        return entryBytes >= worthBytes || wait.isLong() ? 0 : worthBytes;
    }

    /**
     * Clean entries first, then blocks: they are cheaper to read again than filters and indexes.
     */
    private long evict(long bytes) {
        Invariants.check(bytes >= 0, "less than nothing is evicted", "bytes", bytes);
        long evicted = tierMemory.reclaim(bytes);
        if (evicted < bytes) {
            evicted += slot.blockCache().reclaim(bytes - evicted);
        }
        return evicted >= bytes ? evicted : evicted + openSstables.reclaim(bytes - evicted);
    }
}
