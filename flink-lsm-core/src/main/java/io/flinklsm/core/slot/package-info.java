/**
 * What the stores of one slot share: memory, threads, the clock.
 *
 * <p>In come the memory of a slot and tasks of its stores; out go budgets, and the time of threads.
 * Invariants: no store can take what another one needs to flush, a flush never waits for a
 * compaction to end, and slots that share threads are served in turn. Read {@link
 * io.flinklsm.core.slot.Slot} first.
 */
@NullMarked
package io.flinklsm.core.slot;

import org.jspecify.annotations.NullMarked;
