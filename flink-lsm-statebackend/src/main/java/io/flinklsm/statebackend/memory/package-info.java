/**
 * The memory of state: in comes Flink's managed memory (or a fixed size, of a slot or of the whole
 * TaskManager), out go {@link io.flinklsm.core.StoreResources} that all its backends share.
 * Invariant: they live as long as the last lease. Read {@link
 * io.flinklsm.statebackend.memory.SlotMemory} first.
 */
@NullMarked
package io.flinklsm.statebackend.memory;

import org.jspecify.annotations.NullMarked;
