/**
 * What every package may need to be right: checks, clean-up, the clock, and the mechanisms whose
 * races are tested once, for all.
 *
 * <p>In come conditions, things to close, counts of holders and tasks; out comes a failure, where
 * something is not as it must be. Invariant: a failure is never lost behind another one. Read
 * {@link io.flinklsm.core.check.Invariants} first, then {@link io.flinklsm.core.check.Cleanup};
 * {@link io.flinklsm.core.check.ReferenceCount}, {@link io.flinklsm.core.check.SharedWork} and
 * {@link io.flinklsm.core.check.SharedThreads} are the mechanisms.
 */
@NullMarked
package io.flinklsm.core.check;

import org.jspecify.annotations.NullMarked;
