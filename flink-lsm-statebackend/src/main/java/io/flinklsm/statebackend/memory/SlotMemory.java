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
package io.flinklsm.statebackend.memory;

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.slot.BackgroundWork;
import java.io.IOException;
import java.util.function.LongConsumer;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.apache.flink.runtime.memory.SharedResources;
import org.apache.flink.runtime.memory.SharedResources.ResourceAndSize;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases of what the backends of a slot, or of a whole TaskManager, share: memory, block cache and
 * a share of the TaskManager's threads. The first lease makes it (and decides its size and
 * threads), the last one closes it. Flink keeps the count: its {@link MemoryManager} is one for
 * each slot, its {@link SharedResources} are one for each TaskManager.
 */
public final class SlotMemory {

    private static final Logger LOG = LoggerFactory.getLogger(SlotMemory.class);

    /** Less than this would only make SSTables of a few entries. */
    public static final long MIN_BYTES = 8L << 20;

    /**
     * Memory of a slot without managed memory. Nothing accounts for it, and a TaskManager may have
     * many slots: so it is small, and the log says where to set more.
     */
    static final long UNMANAGED_BYTES = 16L << 20;

    private static final String MANAGED = "flink-lsm-managed-memory";
    private static final String FIXED = "flink-lsm-fixed-memory";
    private static final String UNMANAGED = "flink-lsm-unmanaged-memory";
    private static final String TASK_MANAGER = "flink-lsm-task-manager-memory";

    private SlotMemory() {}

    /** Where the memory that a lease gives comes from. */
    public static MemorySource source(Environment environment, MemoryRequest request) {
        MemoryManager slot = environment.getMemoryManager();
        if (request.slotBytes() > 0) {
            return new MemorySource("state.backend.lsm.memory.fixed-per-slot", 0);
        }
        if (request.taskManagerBytes() > 0) {
            return new MemorySource("state.backend.lsm.memory.fixed-per-tm", 0);
        }
        if (request.managedFraction() > 0 && slot.getMemorySize() > 0) {
            return new MemorySource(
                    "managed memory", slot.computeMemorySize(request.managedFraction()));
        }
        return new MemorySource("the default without managed memory", 0);
    }

    /**
     * Takes a lease; the caller closes it after its store.
     *
     * @param clock time for the stores
     * @param whenMade is told the size if this lease is about to make what is shared
     * @throws IOException if the memory cannot be had
     */
    public static OpaqueMemoryResource<StoreResources> lease(
            Environment environment, MemoryRequest request, Clock clock, LongConsumer whenMade)
            throws IOException {
        MemoryManager slot = environment.getMemoryManager();
        SharedResources shared = environment.getSharedResources();
        try {
            if (request.slotBytes() > 0) {
                return slot.getExternalSharedMemoryResource(
                        FIXED,
                        bytes -> create(bytes, shared, request, clock, whenMade),
                        request.slotBytes());
            }
            if (request.taskManagerBytes() > 0) {
                return leaseOfTaskManager(shared, request, clock, whenMade);
            }
            if (request.managedFraction() > 0 && slot.getMemorySize() > 0) {
                return slot.getSharedMemoryResourceForManagedMemory(
                        MANAGED,
                        bytes -> createManaged(bytes, shared, request, clock, whenMade),
                        request.managedFraction());
            }
            return slot.getExternalSharedMemoryResource(
                    UNMANAGED,
                    bytes -> createUnmanaged(bytes, shared, request, clock, whenMade),
                    UNMANAGED_BYTES);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(
                    "[state backend] the memory for state could not be had: managedFraction="
                            + request.managedFraction()
                            + ", managedBytes="
                            + slot.getMemorySize()
                            + ", slotBytes="
                            + request.slotBytes()
                            + ", taskManagerBytes="
                            + request.taskManagerBytes()
                            + "; give the TaskManager more memory.",
                    e);
        }
    }

    private static OpaqueMemoryResource<StoreResources> leaseOfTaskManager(
            SharedResources shared, MemoryRequest request, Clock clock, LongConsumer whenMade)
            throws Exception {
        Object holder = new Object();
        // Of no type of ours: an earlier job may have brought this backend with a class loader of
        // its own.
        ResourceAndSize<AutoCloseable> pool =
                shared.getOrAllocateSharedResource(
                        TASK_MANAGER,
                        holder,
                        bytes -> create(bytes, shared, request, clock, whenMade),
                        request.taskManagerBytes());
        if (!(pool.resourceHandle() instanceof StoreResources resources)) {
            shared.release(TASK_MANAGER, holder, bytes -> {});
            throw new IOException(
                    "[state.backend.lsm.memory.fixed-per-tm] the TaskManager's memory belongs to"
                            + " another copy of this backend: loader="
                            + SlotMemory.class.getClassLoader()
                            + ", loaderOfMemory="
                            + pool.resourceHandle().getClass().getClassLoader()
                            + "; put the backend's jar into Flink's lib/ and into no job's jar.");
        }
        if (pool.size() != request.taskManagerBytes()) {
            LOG.warn(
                    "[state.backend.lsm.memory.fixed-per-tm] the TaskManager's memory was made by"
                            + " an earlier job with another size: wanted={} bytes, used={} bytes;"
                            + " set one size for all jobs.",
                    request.taskManagerBytes(),
                    pool.size());
        }
        return new OpaqueMemoryResource<>(
                resources, pool.size(), () -> shared.release(TASK_MANAGER, holder, bytes -> {}));
    }

    private static StoreResources createManaged(
            long bytes,
            SharedResources shared,
            MemoryRequest request,
            Clock clock,
            LongConsumer whenMade)
            throws IOException {
        if (bytes < MIN_BYTES) {
            LOG.warn(
                    "[state backend] the slot's managed memory for state is too small: managed={}"
                            + " bytes, used={} bytes; set taskmanager.memory.managed.size higher.",
                    bytes,
                    MIN_BYTES);
        }
        return create(Math.max(bytes, MIN_BYTES), shared, request, clock, whenMade);
    }

    private static StoreResources createUnmanaged(
            long bytes,
            SharedResources shared,
            MemoryRequest request,
            Clock clock,
            LongConsumer whenMade)
            throws IOException {
        LOG.warn(
                "[state backend] the slot has no managed memory for state: used={} bytes, which"
                        + " Flink accounts for nowhere; set taskmanager.memory.managed.size, or"
                        + " state.backend.lsm.memory.fixed-per-tm for all slots together, or"
                        + " state.backend.lsm.memory.fixed-per-slot.",
                bytes);
        return create(bytes, shared, request, clock, whenMade);
    }

    private static StoreResources create(
            long bytes,
            SharedResources shared,
            MemoryRequest request,
            Clock clock,
            LongConsumer whenMade)
            throws IOException {
        QuietArrow.begin();
        // First: a failure of it leaves no memory behind.
        whenMade.accept(bytes);
        BackgroundWork background =
                TaskManagerThreads.ofSlot(
                        TaskManagerThreads.lease(shared, request.threads()),
                        request.threads().compactionsOfSlot());
        try {
            return StoreResources.create(
                    "flink-lsm", bytes, request.memtableShare(), background, clock);
        } catch (RuntimeException | Error e) {
            background.close();
            throw e;
        }
    }
}
