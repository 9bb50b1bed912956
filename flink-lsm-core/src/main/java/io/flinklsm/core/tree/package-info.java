/**
 * The state of a tree, which the paths change and none of them owns.
 *
 * <p>In come frozen generations, out go plans that say which of them are flushed together.
 * Invariant: flushes go oldest first. Read {@link io.flinklsm.core.tree.FlushPlan} first.
 */
@NullMarked
package io.flinklsm.core.tree;

import org.jspecify.annotations.NullMarked;
