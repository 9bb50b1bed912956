/**
 * The memory of a slot: in comes Flink's managed memory (or a fixed size), out go {@link
 * io.flinklsm.core.StoreResources} that all backends of the slot share. Invariant: they live as
 * long as the last lease. {@link io.flinklsm.statebackend.memory.SlotMemory} is all there is.
 */
@NullMarked
package io.flinklsm.statebackend.memory;

import org.jspecify.annotations.NullMarked;
