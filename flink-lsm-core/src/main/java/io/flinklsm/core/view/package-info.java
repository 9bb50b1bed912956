/**
 * What a tree held at one moment, for those who read it.
 *
 * <p>In come a Version and, for scans, frozen generations; out come entries, with what they pin.
 * Invariant: what a view shows never changes, and what it pins goes back once, when the last reader
 * has released it. Read {@link io.flinklsm.core.view.ReadView} first, which a get asks, then {@link
 * io.flinklsm.core.view.ScanView}.
 */
@NullMarked
package io.flinklsm.core.view;

import org.jspecify.annotations.NullMarked;
