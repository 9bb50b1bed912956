/**
 * The errors that tell a caller what to do next.
 *
 * <p>In come facts about what went wrong, out comes one of few kinds of failure. Invariant: damaged
 * data is never an error of the storage, which a caller may try again, and an earlier failure is
 * the cause of what it made fail. Read {@link io.flinklsm.core.errors.CorruptionException} first.
 */
@NullMarked
package io.flinklsm.core.errors;

import org.jspecify.annotations.NullMarked;
