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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import io.flinklsm.statebackend.testing.LogLines;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.apache.flink.runtime.memory.SharedResources;
import org.junit.jupiter.api.Test;

class SlotMemoryTest {

    private static final long MIB = 1 << 20;

    private static final ThreadRequest THREADS = new ThreadRequest(1, 1, 1);

    @Test
    void backendsOfASlotShareOnePoolOfManagedMemory() throws Exception {
        MemoryManager manager = MemoryManager.create(64 * MIB, 32 << 10);

        OpaqueMemoryResource<StoreResources> one = lease(manager, 0.5, 0);
        OpaqueMemoryResource<StoreResources> two = lease(manager, 0.5, 0);

        assertThat(two.getResourceHandle()).isSameAs(one.getResourceHandle());
        assertThat(one.getResourceHandle().memory().limitBytes()).isEqualTo(32 * MIB);
        assertThat(manager.availableMemory()).isEqualTo(32 * MIB);
        one.close();
        assertThat(manager.availableMemory()).isEqualTo(32 * MIB);
        two.close();
        assertThat(manager.verifyEmpty()).isTrue();
    }

    @Test
    void lastLeaseEndsTheThreadsAndTheNextOneBeginsAnew() throws Exception {
        MemoryManager manager = MemoryManager.create(64 * MIB, 32 << 10);

        OpaqueMemoryResource<StoreResources> first = lease(manager, 0.5, 0);
        first.close();
        OpaqueMemoryResource<StoreResources> second = lease(manager, 0.5, 0);

        assertThat(second.getResourceHandle()).isNotSameAs(first.getResourceHandle());
        second.close();
    }

    @Test
    void fixedMemoryLeavesManagedMemoryAlone() throws Exception {
        MemoryManager manager = MemoryManager.create(64 * MIB, 32 << 10);

        try (OpaqueMemoryResource<StoreResources> lease = lease(manager, 0.5, 20 * MIB)) {
            assertThat(lease.getResourceHandle().memory().limitBytes()).isEqualTo(20 * MIB);
            assertThat(manager.availableMemory()).isEqualTo(64 * MIB);
        }
    }

    @Test
    void slotWithoutManagedMemoryTakesLittleAndSaysSoOnce() throws Exception {
        MemoryManager none = MemoryManager.create(0, 32 << 10);

        try (LogLines log = LogLines.of(SlotMemory.class);
                OpaqueMemoryResource<StoreResources> one = lease(none, 0.5, 0);
                OpaqueMemoryResource<StoreResources> two = lease(none, 0.5, 0)) {
            assertThat(two.getResourceHandle()).isSameAs(one.getResourceHandle());
            assertThat(one.getResourceHandle().memory().limitBytes()).isEqualTo(16 * MIB);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("no managed memory for state: used=16777216 bytes")
                    .contains("taskmanager.memory.managed.size")
                    .contains("state.backend.lsm.memory.fixed-per-tm");
        }
        MemoryManager some = MemoryManager.create(64 * MIB, 32 << 10);
        try (OpaqueMemoryResource<StoreResources> lease = lease(some, 0, 0)) {
            assertThat(lease.getResourceHandle().memory().limitBytes()).isEqualTo(16 * MIB);
        }
    }

    @Test
    void slotsOfATaskManagerShareOnePoolWhoseLastLeaseClosesIt() throws Exception {
        SharedResources taskManager = new SharedResources();
        MemoryManager slot = MemoryManager.create(64 * MIB, 32 << 10);
        MemoryManager otherSlot = MemoryManager.create(64 * MIB, 32 << 10);
        MemoryRequest request = new MemoryRequest(0.5, 0, 20 * MIB, 0.5, THREADS);

        OpaqueMemoryResource<StoreResources> one = lease(slot, taskManager, request);
        OpaqueMemoryResource<StoreResources> two = lease(otherSlot, taskManager, request);

        StoreResources pool = one.getResourceHandle();
        assertThat(two.getResourceHandle()).isSameAs(pool);
        assertThat(pool.memory().limitBytes()).isEqualTo(20 * MIB);
        assertThat(slot.availableMemory()).isEqualTo(64 * MIB);
        one.close();
        try (OpaqueMemoryResource<StoreResources> three = lease(slot, taskManager, request)) {
            assertThat(three.getResourceHandle()).isSameAs(pool);
            two.close();
        }
        try (OpaqueMemoryResource<StoreResources> next = lease(slot, taskManager, request)) {
            assertThat(next.getResourceHandle()).isNotSameAs(pool);
        }
    }

    @Test
    void memoryOfTheSlotWinsOverThatOfTheTaskManager() throws Exception {
        SharedResources taskManager = new SharedResources();
        MemoryManager slot = MemoryManager.create(64 * MIB, 32 << 10);

        try (OpaqueMemoryResource<StoreResources> lease =
                lease(
                        slot,
                        taskManager,
                        new MemoryRequest(0.5, 10 * MIB, 20 * MIB, 0.5, THREADS))) {
            assertThat(lease.getResourceHandle().memory().limitBytes()).isEqualTo(10 * MIB);
        }
    }

    @Test
    void jobThatWantsAnotherSizeOfTheTaskManagersPoolIsToldTheOneThatIsUsed() throws Exception {
        SharedResources taskManager = new SharedResources();
        MemoryManager slot = MemoryManager.create(0, 32 << 10);

        try (LogLines log = LogLines.of(SlotMemory.class);
                OpaqueMemoryResource<StoreResources> first =
                        lease(
                                slot,
                                taskManager,
                                new MemoryRequest(0.5, 0, 20 * MIB, 0.5, THREADS));
                OpaqueMemoryResource<StoreResources> second =
                        lease(
                                slot,
                                taskManager,
                                new MemoryRequest(0.5, 0, 30 * MIB, 0.5, THREADS))) {
            assertThat(second.getResourceHandle()).isSameAs(first.getResourceHandle());
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("[state.backend.lsm.memory.fixed-per-tm]")
                    .contains("wanted=31457280 bytes, used=20971520 bytes");
        }
    }

    @Test
    void poolOfAnotherCopyOfThisBackendIsRefusedAndStaysWithItsOwner() throws Exception {
        SharedResources taskManager = new SharedResources();
        MemoryManager slot = MemoryManager.create(0, 32 << 10);
        AtomicBoolean closed = new AtomicBoolean();
        Object owner = new Object();
        taskManager.getOrAllocateSharedResource(
                "flink-lsm-task-manager-memory",
                owner,
                bytes -> (AutoCloseable) () -> closed.set(true),
                20 * MIB);

        assertThatThrownBy(
                        () ->
                                lease(
                                        slot,
                                        taskManager,
                                        new MemoryRequest(0, 0, 20 * MIB, 0.5, THREADS)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("[state.backend.lsm.memory.fixed-per-tm]")
                .hasMessageContaining("put the backend's jar into Flink's lib/");

        assertThat(closed).isFalse();
        taskManager.release("flink-lsm-task-manager-memory", owner, bytes -> {});
        assertThat(closed).isTrue();
    }

    @Test
    void tooLittleManagedMemoryIsRaisedToTheLeastThatWorks() throws Exception {
        MemoryManager manager = MemoryManager.create(MIB, 32 << 10);

        try (OpaqueMemoryResource<StoreResources> lease = lease(manager, 1.0, 0)) {
            assertThat(lease.getResourceHandle().memory().limitBytes())
                    .isEqualTo(SlotMemory.MIN_BYTES);
        }
    }

    private static OpaqueMemoryResource<StoreResources> lease(
            MemoryManager manager, double fraction, long slotBytes) throws Exception {
        return lease(
                manager,
                new SharedResources(),
                new MemoryRequest(fraction, slotBytes, 0, 0.5, THREADS));
    }

    private static OpaqueMemoryResource<StoreResources> lease(
            MemoryManager slot, SharedResources taskManager, MemoryRequest request)
            throws Exception {
        Environment environment = mock(Environment.class);
        when(environment.getMemoryManager()).thenReturn(slot);
        when(environment.getSharedResources()).thenReturn(taskManager);
        return SlotMemory.lease(environment, request, Clock.system(), bytes -> {});
    }
}
