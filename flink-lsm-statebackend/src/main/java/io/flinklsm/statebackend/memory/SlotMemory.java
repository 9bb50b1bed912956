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
import java.io.IOException;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases of what the backends of a slot share: memory, block cache and background threads. The
 * first lease makes it (and decides its size and threads), the last one closes it. Flink's {@link
 * MemoryManager} is one for each slot, and keeps the count.
 */
public final class SlotMemory {

    private static final Logger LOG = LoggerFactory.getLogger(SlotMemory.class);

    /** Less than this would only make SSTables of a few entries. */
    static final long MIN_BYTES = 8L << 20;

    /** Without managed memory. */
    static final long DEFAULT_BYTES = 64L << 20;

    private static final String MANAGED = "flink-lsm-managed-memory";
    private static final String FIXED = "flink-lsm-fixed-memory";
    private static final String UNMANAGED = "flink-lsm-unmanaged-memory";

    private SlotMemory() {}

    /**
     * Takes a lease; the caller closes it after its store.
     *
     * @param managedFraction part of the slot's managed memory, 0 if the job reserved none
     * @param fixedBytes memory to take instead of managed memory; 0 to take managed memory
     * @param threads background threads, if this is the slot's first lease
     * @param clock time for the stores
     */
    public static OpaqueMemoryResource<StoreResources> lease(
            MemoryManager memoryManager,
            double managedFraction,
            long fixedBytes,
            int threads,
            Clock clock)
            throws IOException {
        try {
            if (fixedBytes > 0) {
                return memoryManager.getExternalSharedMemoryResource(
                        FIXED, bytes -> create(bytes, threads, clock), fixedBytes);
            }
            if (managedFraction > 0 && memoryManager.getMemorySize() > 0) {
                return memoryManager.getSharedMemoryResourceForManagedMemory(
                        MANAGED, bytes -> createManaged(bytes, threads, clock), managedFraction);
            }
            LOG.info(
                    "[state backend] the slot has no managed memory for state: default={} bytes is"
                            + " used; set taskmanager.memory.managed.size or"
                            + " state.backend.lsm.memory.fixed-per-slot.",
                    DEFAULT_BYTES);
            return memoryManager.getExternalSharedMemoryResource(
                    UNMANAGED, bytes -> create(bytes, threads, clock), DEFAULT_BYTES);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(
                    "[state backend] the slot's memory could not be had: managedFraction="
                            + managedFraction
                            + ", managedBytes="
                            + memoryManager.getMemorySize()
                            + ", fixedBytes="
                            + fixedBytes
                            + "; give the TaskManager more memory.",
                    e);
        }
    }

    private static StoreResources createManaged(long bytes, int threads, Clock clock) {
        if (bytes < MIN_BYTES) {
            LOG.info(
                    "[state backend] the slot's managed memory for state is too small: managed={}"
                            + " bytes, used={} bytes; set taskmanager.memory.managed.size higher.",
                    bytes,
                    MIN_BYTES);
        }
        return create(Math.max(bytes, MIN_BYTES), threads, clock);
    }

    private static StoreResources create(long bytes, int threads, Clock clock) {
        return StoreResources.create("flink-lsm", bytes, threads, clock);
    }
}
