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
package io.flinklsm.core.memtable;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.memory.MemoryReclaimer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all tiers of a slot. Who finds the slot's memory full gets some of theirs: first
 * what others have only borrowed, then what clean segments waste, then the clean segments that were
 * written or spared longest ago, whatever tree they belong to. Safe for any thread.
 *
 * <p>What no SSTable has yet is dirty and cannot be given back; a bound of its own keeps enough of
 * the memory for what is read.
 */
public final class TierMemory implements MemoryReclaimer {

    /** Segments whose entries are all spared, until a caller gives up; beside one for each tier. */
    private static final int FRUITLESS_MAX = 8;

    private final MemoryBudget budget;
    private final long dirtyLimitBytes;
    private final MemoryReclaimer borrower;
    private final int segmentBytes;
    private final List<HotTier> tiers = new CopyOnWriteArrayList<>();
    private final AtomicLong stamps = new AtomicLong();
    private final AtomicLong dirtyBytes = new AtomicLong();

    /** With no borrower. */
    public TierMemory(MemoryBudget budget, long dirtyLimitBytes) {
        this(budget, dirtyLimitBytes, bytes -> 0);
    }

    /**
     * @param budget pays for everything that the tiers hold
     * @param dirtyLimitBytes how much of it what no SSTable has may take
     * @param borrower has taken memory that was free, and gives it back for entries
     */
    public TierMemory(MemoryBudget budget, long dirtyLimitBytes, MemoryReclaimer borrower) {
        if (dirtyLimitBytes < 0) {
            throw new IllegalArgumentException(
                    "["
                            + budget.name()
                            + "] a limit is negative: dirtyLimitBytes="
                            + dirtyLimitBytes);
        }
        this.budget = budget;
        this.dirtyLimitBytes = dirtyLimitBytes;
        this.borrower = borrower;
        this.segmentBytes = Segments.largestBytes(budget.limitBytes());
    }

    MemoryBudget budget() {
        return budget;
    }

    /** Size of a segment that holds many records, once a generation has grown. */
    public int segmentBytes() {
        return segmentBytes;
    }

    public long dirtyLimitBytes() {
        return dirtyLimitBytes;
    }

    public long dirtyBytes() {
        return dirtyBytes.get();
    }

    /** Memory of what SSTables have, and of what is resident. */
    public long cleanBytes() {
        return tiers.stream().mapToLong(HotTier::cleanBytes).sum();
    }

    /** What no SSTable has takes so many more bytes, or less if it is negative. */
    public void addDirty(long bytes) {
        long left = dirtyBytes.addAndGet(bytes);
        Invariants.check(left >= 0, "less than nothing is dirty", "bytes", left);
    }

    /** Whether writes may take so many bytes, once clean entries give way. */
    public boolean hasDirtyRoom(long bytes) {
        Invariants.check(bytes >= 0, "an entry has fewer bytes than none", "bytes", bytes);
        return dirtyBytes.get() + bytes <= dirtyLimitBytes;
    }

    void add(HotTier tier) {
        Invariants.check(
                !Invariants.ENABLED || !tiers.contains(tier),
                "a tier is added twice",
                "tiers",
                tiers.size());
        tiers.add(tier);
    }

    void remove(HotTier tier) {
        tiers.remove(tier);
    }

    long nextStamp() {
        return stamps.incrementAndGet();
    }

    @Override
    public long reclaim(long bytes) {
        Invariants.check(bytes >= 0, "less than nothing is reclaimed", "bytes", bytes);
        long freed = reclaimBorrowed(bytes);
        int fruitless = 0;
        while (freed < bytes && fruitless < FRUITLESS_MAX + tiers.size()) {
            HotTier victim = next();
            if (victim == null) {
                break;
            }
            long part = victim.evict();
            if (part > 0) {
                freed += part;
                fruitless = 0;
            } else {
                fruitless++;
            }
        }
        return freed;
    }

    /**
     * At least as much as a segment takes, for an entry needs room in one. Nothing while it is the
     * limit of the tiers that is reached, and not that of the memory that they share.
     */
    private long reclaimBorrowed(long bytes) {
        long wantedBytes = Math.max(bytes, segmentBytes);
        return budget.usedBytes() + wantedBytes > budget.limitBytes()
                ? 0
                : borrower.reclaim(wantedBytes);
    }

    /** Whether the next segment takes the place of another one. */
    boolean isTight() {
        return !budget.hasFree(segmentBytes);
    }

    /** The tier with the most garbage, if there is any, or else with the oldest segment. */
    private @Nullable HotTier next() {
        HotTier oldest = null;
        HotTier fullest = null;
        for (HotTier tier : tiers) {
            tier.noticeUnpinned();
            if (tier.compactableBytes() > (fullest == null ? 0 : fullest.compactableBytes())) {
                fullest = tier;
            }
            if (tier.oldestStamp() != Long.MAX_VALUE
                    && (oldest == null || tier.oldestStamp() < oldest.oldestStamp())) {
                oldest = tier;
            }
        }
        return fullest != null ? fullest : oldest;
    }
}
