/**
 * Priority queues of timers in the store. Comes in: elements whose serialised form sorts as they
 * do. Goes out: the least first. Invariant: the cached head of a key group is exactly its least
 * elements. Read {@link io.flinklsm.statebackend.timers.LsmPriorityQueueSet} first.
 */
@NullMarked
package io.flinklsm.statebackend.timers;

import org.jspecify.annotations.NullMarked;
