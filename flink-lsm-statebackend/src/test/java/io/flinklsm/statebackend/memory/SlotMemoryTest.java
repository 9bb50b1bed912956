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

import io.flinklsm.core.StoreResources;
import io.flinklsm.core.check.Clock;
import org.apache.flink.runtime.memory.MemoryManager;
import org.apache.flink.runtime.memory.OpaqueMemoryResource;
import org.junit.jupiter.api.Test;

class SlotMemoryTest {

    private static final long MIB = 1 << 20;

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
    void withoutManagedMemoryThereIsADefault() throws Exception {
        MemoryManager none = MemoryManager.create(0, 32 << 10);

        try (OpaqueMemoryResource<StoreResources> lease = lease(none, 0.5, 0)) {
            assertThat(lease.getResourceHandle().memory().limitBytes())
                    .isEqualTo(SlotMemory.DEFAULT_BYTES);
        }
        MemoryManager some = MemoryManager.create(64 * MIB, 32 << 10);
        try (OpaqueMemoryResource<StoreResources> lease = lease(some, 0, 0)) {
            assertThat(lease.getResourceHandle().memory().limitBytes())
                    .isEqualTo(SlotMemory.DEFAULT_BYTES);
        }
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
            MemoryManager manager, double fraction, long fixedBytes) throws Exception {
        return SlotMemory.lease(manager, fraction, fixedBytes, 1, Clock.system());
    }
}
