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
package io.flinklsm.core.memory;

import io.flinklsm.core.check.Clock;
import io.flinklsm.core.check.Invariants;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.AllocationListener;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A hard limit on native memory, and the accounting of what is used: one root a slot, children for
 * memtables, cache and compaction, each with a limit of its own inside its parent's. Backed by an
 * Arrow allocator, so memory that was never released is reported by {@link #close()}. Safe for any
 * thread.
 *
 * <p>The account is our own, in exact bytes: Arrow by itself rounds sizes up to powers of two and
 * knows no reservations of heap memory. Arrow hands out the native memory and holds the same limit
 * a second time. One lock for a root and all below it guards the account; memory is taken in
 * chunks, never an entry at a time.
 */
public final class MemoryBudget implements AutoCloseable {

    /**
     * How often a waiting caller asks the reclaimers again, who may have found something by now.
     */
    private static final long ASK_AGAIN_MILLIS = 50;

    /**
     * A caller waits at most this many time-outs altogether, however much others release and take
     * away.
     */
    private static final int WAIT_TIMEOUTS_MAX = 10;

    // Immutable.
    private final String name;
    private final @Nullable MemoryBudget parent;
    private final long reservedBytes;
    private final long limitBytes;
    private final Ledger ledger;
    private final ReentrantLock lock;
    private final CopyOnWriteArrayList<MemoryReclaimer> reclaimers = new CopyOnWriteArrayList<>();

    // Written under the ledger's lock, read without.
    private volatile long usedBytes;
    private volatile long peakBytes;

    // Guarded by the ledger's lock.
    private final List<MemoryBudget> children = new ArrayList<>();

    /** Used here and below, and what is set aside for children but not used by them. */
    private long committedBytes;

    private boolean closed;

    private MemoryBudget(
            String name,
            @Nullable MemoryBudget parent,
            long reservedBytes,
            long limitBytes,
            Ledger ledger) {
        this.name = name;
        this.parent = parent;
        this.reservedBytes = reservedBytes;
        this.limitBytes = limitBytes;
        this.ledger = ledger;
        this.lock = ledger.lock;
    }

    /** A budget of its own, limited to this many bytes; waits by the machine's clock. */
    public static MemoryBudget root(String name, long limitBytes) {
        return root(name, limitBytes, Clock.system());
    }

    /** A budget of its own, limited to this many bytes; waits by the given clock. */
    public static MemoryBudget root(String name, long limitBytes, Clock clock) {
        if (limitBytes < 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] a memory limit cannot be negative: limitBytes=" + limitBytes);
        }
        RootAllocator allocator =
                new RootAllocator(AllocationListener.NOOP, limitBytes, exactSize -> exactSize);
        return new MemoryBudget(name, null, 0, limitBytes, new Ledger(allocator, clock));
    }

    /**
     * A part of this budget.
     *
     * @param reservedBytes set aside for the child alone from now on, at most {@code limitBytes}
     * @throws IllegalArgumentException if the reserve is larger than the child's limit or than what
     *     this budget has left
     */
    public MemoryBudget child(String name, long reservedBytes, long limitBytes) {
        if (reservedBytes < 0 || reservedBytes > limitBytes) {
            throw new IllegalArgumentException(
                    "["
                            + name
                            + "] a child's reserve must lie between 0 and its limit: reservedBytes="
                            + reservedBytes
                            + " limitBytes="
                            + limitBytes);
        }
        lock.lock();
        try {
            checkOpen();
            if (!commit(reservedBytes)) {
                throw new IllegalArgumentException(
                        "["
                                + name
                                + "] the parent has not enough left for this reserve:"
                                + " reservedBytes="
                                + reservedBytes
                                + "; parent "
                                + describe());
            }
            MemoryBudget child = new MemoryBudget(name, this, reservedBytes, limitBytes, ledger);
            children.add(child);
            return child;
        } finally {
            lock.unlock();
        }
    }

    public String name() {
        return name;
    }

    /**
     * Memory of exactly this size, not cleared; null if the limit does not allow it now. Never
     * waits.
     */
    public @Nullable MemoryBlock tryAllocate(int sizeBytes) {
        if (sizeBytes <= 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] a block must have a size: sizeBytes=" + sizeBytes);
        }
        if (!tryReserve(sizeBytes)) {
            return null;
        }
        MemoryBlock block = null;
        try {
            block = cutReserved(sizeBytes);
            return block;
        } finally {
            // Also if the allocator's own classes cannot be loaded.
            if (block == null) {
                unreserve(sizeBytes);
            }
        }
    }

    /**
     * Like {@link #tryAllocate}, but of free memory only: nothing is asked of who holds memory to
     * spare. For callers that hold a lock.
     */
    public @Nullable MemoryBlock tryAllocateFree(int sizeBytes) {
        if (sizeBytes <= 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] a block must have a size: sizeBytes=" + sizeBytes);
        }
        if (!tryReserveFree(sizeBytes)) {
            return null;
        }
        MemoryBlock block = cutReserved(sizeBytes);
        if (block == null) {
            unreserve(sizeBytes);
        }
        return block;
    }

    /**
     * Like {@link #tryAllocate}, but asks the reclaimers for memory, those of this budget first,
     * and waits for it.
     *
     * @throws IOException if nothing was released for {@code timeoutMillis}, or others took what
     *     was released for ten times as long: the message names the budget, its limit and its users
     */
    public MemoryBlock allocate(int sizeBytes, long timeoutMillis)
            throws IOException, InterruptedException {
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] a wait cannot be negative: timeoutMillis=" + timeoutMillis);
        }
        MemoryBlock block = tryAllocate(sizeBytes);
        if (block != null) {
            return block;
        }
        long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        long startNanos = ledger.clock.nanoTime();
        long lastReleaseNanos = startNanos;
        while (true) {
            long seenReleaseCount = ledger.releaseCount();
            askReclaimers(sizeBytes);
            block = tryAllocate(sizeBytes);
            if (block != null) {
                return block;
            }
            long nowNanos = ledger.clock.nanoTime();
            long quietNanos = nowNanos - lastReleaseNanos;
            long waitedNanos = nowNanos - startNanos;
            if (quietNanos >= timeoutNanos || waitedNanos / WAIT_TIMEOUTS_MAX >= timeoutNanos) {
                throw new IOException(
                        "["
                                + name
                                + "] memory budget is used up: wantedBytes="
                                + sizeBytes
                                + " waitedMillis="
                                + TimeUnit.NANOSECONDS.toMillis(waitedNanos)
                                + " "
                                + describeUpwards()
                                + "; give the slot more managed memory or use fewer states a slot");
            }
            long sliceNanos =
                    Math.min(
                            TimeUnit.MILLISECONDS.toNanos(ASK_AGAIN_MILLIS),
                            timeoutNanos - quietNanos);
            if (ledger.awaitRelease(seenReleaseCount, sliceNanos)) {
                lastReleaseNanos = ledger.clock.nanoTime();
            }
        }
    }

    /** Accounts for heap memory that the caller holds; false if the limit does not allow it now. */
    public boolean tryReserve(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] cannot reserve a negative size: bytes=" + bytes);
        }
        while (!tryTake(bytes)) {
            MemoryReclaimer spare = ledger.spare;
            if (spare == null || spare.reclaim(bytes) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Like {@link #tryReserve}, but of free memory only; see {@link #tryAllocateFree}. */
    public boolean tryReserveFree(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(
                    "[" + name + "] cannot reserve a negative size: bytes=" + bytes);
        }
        return tryTake(bytes);
    }

    private boolean tryTake(long bytes) {
        lock.lock();
        try {
            checkOpen();
            if (!commit(bytes)) {
                return false;
            }
            for (MemoryBudget b = this; b != null; b = b.parent) {
                b.addUsed(bytes);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back what {@link #tryReserve} took. */
    public void unreserve(long bytes) {
        lock.lock();
        try {
            if (bytes < 0 || bytes > usedBytes) {
                throw new IllegalStateException(
                        "["
                                + name
                                + "] more was given back than is held: bytes="
                                + bytes
                                + " usedBytes="
                                + usedBytes);
            }
            uncommit(bytes);
            for (MemoryBudget b = this; b != null; b = b.parent) {
                b.addUsed(-bytes);
            }
            ledger.countRelease();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds a holder that can give memory back when the budget is full; asked in the order of
     * adding.
     */
    public void addReclaimer(MemoryReclaimer reclaimer) {
        Invariants.check(
                !reclaimers.contains(reclaimer),
                "a reclaimer is asked twice",
                "reclaimers",
                reclaimers.size());
        reclaimers.add(reclaimer);
    }

    /**
     * Sets who holds memory, below this root, that any budget may have at once: asked whenever a
     * budget is full, before the caller hears of it. Must not wait, nor take a lock that a thread
     * holds who takes memory.
     */
    public void setSpare(MemoryReclaimer spare) {
        ledger.spare = spare;
    }

    public void removeReclaimer(MemoryReclaimer reclaimer) {
        reclaimers.remove(reclaimer);
    }

    /** How often memory was given back, here, below and above. */
    public long releaseCount() {
        return ledger.releaseCount();
    }

    /** Held here and in the children, without what is only set aside. */
    public long usedBytes() {
        return usedBytes;
    }

    /** The most that {@link #usedBytes} ever was. */
    public long peakBytes() {
        return peakBytes;
    }

    /**
     * What no other budget can take: what was set aside for this budget, or all of it if nothing
     * was.
     */
    public long guaranteedBytes() {
        return reservedBytes > 0 ? reservedBytes : limitBytes;
    }

    /** Whether this budget's own limit allows so many more bytes, whatever its parents say. */
    public boolean hasRoomOfItsOwn(long bytes) {
        Invariants.check(bytes >= 0, "room for fewer bytes than none", "bytes", bytes);
        return usedBytes() + bytes <= limitBytes();
    }

    /** Whether so many bytes are free here and above. */
    public boolean hasFree(long bytes) {
        Invariants.check(bytes >= 0, "fewer bytes than none are free", "bytes", bytes);
        lock.lock();
        try {
            long wantedBytes = bytes;
            for (MemoryBudget b = this; b != null && wantedBytes > 0; b = b.parent) {
                if (wantedBytes > b.limitBytes - b.committedBytes) {
                    return false;
                }
                wantedBytes = b.beyondReserve(wantedBytes);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    public long limitBytes() {
        return limitBytes;
    }

    /**
     * Closes the budget and its children. Closing twice is allowed; after a failure the memory can
     * still be released, and the budget closed then.
     *
     * @throws IllegalStateException if memory is still allocated; names how much and by which child
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (usedBytes != 0) {
                throw new IllegalStateException(
                        "["
                                + name
                                + "] memory was never released: "
                                + describe()
                                + "; close the stores and cursors that hold it first");
            }
            for (MemoryBudget child : List.copyOf(children)) {
                child.close();
            }
            closed = true;
            if (parent == null) {
                ledger.allocator.close();
            } else {
                parent.forget(this);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        lock.lock();
        try {
            return describe();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable MemoryBlock cutReserved(int sizeBytes) {
        try {
            ArrowBuf buffer = ledger.allocator.buffer(sizeBytes);
            return new ArrowBlock(this, buffer, sizeBytes);
        } catch (OutOfMemoryException | OutOfMemoryError e) {
            // The account allowed it, so the machine has no memory: full, as for the caller.
            return null;
        }
    }

    /** Takes bytes from the reserve, then from the parent; all or nothing. */
    private boolean commit(long bytes) {
        if (bytes > limitBytes - committedBytes) {
            return false;
        }
        long beyondReserve = beyondReserve(bytes);
        if (parent != null && beyondReserve > 0 && !parent.commit(beyondReserve)) {
            return false;
        }
        committedBytes += bytes;
        Invariants.check(
                committedBytes <= limitBytes,
                "a budget gives more than its limit",
                "committedBytes",
                committedBytes,
                "limitBytes",
                limitBytes);
        return true;
    }

    /** How many of so many more bytes the parent must give. */
    private long beyondReserve(long bytes) {
        return Math.max(0, committedBytes + bytes - reservedBytes)
                - Math.max(0, committedBytes - reservedBytes);
    }

    private void uncommit(long bytes) {
        long beyondReserve =
                Math.max(0, committedBytes - reservedBytes)
                        - Math.max(0, committedBytes - bytes - reservedBytes);
        committedBytes -= bytes;
        Invariants.check(
                committedBytes >= 0,
                "a budget has given less than nothing",
                "committedBytes",
                committedBytes,
                "bytes",
                bytes);
        if (parent != null && beyondReserve > 0) {
            parent.uncommit(beyondReserve);
        }
    }

    private void addUsed(long bytes) {
        long used = usedBytes + bytes;
        Invariants.check(
                used >= 0,
                "a budget holds less than nothing",
                "usedBytes",
                used,
                "limitBytes",
                limitBytes);
        usedBytes = used;
        if (used > peakBytes) {
            peakBytes = used;
        }
    }

    private void forget(MemoryBudget child) {
        boolean wasChild = children.remove(child);
        Invariants.check(
                wasChild, "a budget is closed that is no child", "children", children.size());
        uncommit(child.reservedBytes);
        ledger.countRelease();
    }

    private void askReclaimers(long bytes) {
        for (MemoryBudget b = this; b != null; b = b.parent) {
            for (MemoryReclaimer reclaimer : b.reclaimers) {
                if (reclaimer.reclaim(bytes) >= bytes) {
                    return;
                }
            }
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("[" + name + "] the memory budget is closed");
        }
    }

    private String describeUpwards() {
        lock.lock();
        try {
            StringBuilder text = new StringBuilder(describe());
            for (MemoryBudget b = parent; b != null; b = b.parent) {
                text.append(" inside ").append(b.describe());
            }
            return text.toString();
        } finally {
            lock.unlock();
        }
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        text.append("budget=").append(name);
        text.append(" limitBytes=").append(limitBytes);
        text.append(" usedBytes=").append(usedBytes);
        text.append(" committedBytes=").append(committedBytes);
        if (!children.isEmpty()) {
            text.append(" children=[");
            String separator = "";
            for (MemoryBudget child : children) {
                text.append(separator).append(child.describe());
                separator = ", ";
            }
            text.append(']');
        }
        return text.toString();
    }

    /** What a root and all budgets below it share. */
    private static final class Ledger {

        private final RootAllocator allocator;
        private final Clock clock;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition released = lock.newCondition();

        // Set once, before there is anything spare.
        private volatile @Nullable MemoryReclaimer spare;

        // Guarded by lock.
        private long releaseCount;

        private Ledger(RootAllocator allocator, Clock clock) {
            this.allocator = allocator;
            this.clock = clock;
        }

        private void countRelease() {
            releaseCount++;
            released.signalAll();
        }

        private long releaseCount() {
            lock.lock();
            try {
                return releaseCount;
            } finally {
                lock.unlock();
            }
        }

        /** Waits for a release after the one seen; false if none came in time. */
        private boolean awaitRelease(long seenReleaseCount, long nanosMax)
                throws InterruptedException {
            lock.lockInterruptibly();
            try {
                long left = nanosMax;
                while (left > 0 && releaseCount == seenReleaseCount) {
                    left = released.awaitNanos(left);
                }
                return releaseCount != seenReleaseCount;
            } finally {
                lock.unlock();
            }
        }
    }
}
