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

/**
 * What memory and threads a backend asks for. The first of several that share a pool decides.
 *
 * @param managedFraction part of the slot's managed memory, 0 if the job reserved none
 * @param slotBytes memory of the slot, instead of managed memory; 0 if not set
 * @param taskManagerBytes memory of all slots together, instead of managed memory; 0 if not set.
 *     Heeded where {@code slotBytes} is not set.
 * @param memtableShare part of the pool for entries that no SSTable has yet
 * @param threads of the slot and of the TaskManager
 */
public record MemoryRequest(
        double managedFraction,
        long slotBytes,
        long taskManagerBytes,
        double memtableShare,
        ThreadRequest threads) {}
