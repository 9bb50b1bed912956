/**
 * The flush path: frozen generations become SSTables of level 0.
 *
 * <p>In come generations that a tree has frozen; out go SSTables, which take their place in one
 * step. Invariant: a tree flushes one group of generations at a time, oldest first, so that level 0
 * grows in the order of generations. Read {@link io.flinklsm.core.flush.Flushes} first, then {@link
 * io.flinklsm.core.flush.FlushJob}.
 */
@NullMarked
package io.flinklsm.core.flush;

import org.jspecify.annotations.NullMarked;
