/**
 * The state of a store and its trees, which the paths change and none of them owns.
 *
 * <p>In come frozen generations and version edits; out go plans of flushes, pinned Versions and
 * views. Invariant: what is guarded changes only while the lock of the store is held, by the verbs
 * of these classes, which check that it is. The lock is never held over I/O. Read {@link
 * io.flinklsm.core.tree.TreeState} first, then {@link io.flinklsm.core.tree.Upkeep}; {@link
 * io.flinklsm.core.tree.Paths} is all that one path may ask of another.
 */
@NullMarked
package io.flinklsm.core.tree;

import org.jspecify.annotations.NullMarked;
