/**
 * The front door of the engine: the only classes that a program calls.
 *
 * <p>In come calls of one program, out go trees, checkpoints and events. Nothing inside the engine
 * imports this package; it puts the paths together, and is the only place that knows them all.
 * Invariant: a caller never sees a part of a change. Read {@link io.flinklsm.core.LsmStore} first,
 * then {@link io.flinklsm.core.LsmTree}.
 */
@NullMarked
package io.flinklsm.core;

import org.jspecify.annotations.NullMarked;
