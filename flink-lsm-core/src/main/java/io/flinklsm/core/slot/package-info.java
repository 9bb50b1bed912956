/**
 * What the stores of one slot share.
 *
 * <p>In come tasks of any store, out goes the time of a thread. Invariant: a flush never waits for
 * a compaction to end. Read {@link io.flinklsm.core.slot.BackgroundWork} first.
 */
@NullMarked
package io.flinklsm.core.slot;

import org.jspecify.annotations.NullMarked;
