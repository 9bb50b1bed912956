/**
 * The memory budget: one pool a slot, a hard limit on what the engine holds outside of the heap and
 * of the large arrays it holds inside.
 *
 * <p>In come wishes for memory, out go blocks with an address; the holder of a block releases it.
 * Invariant: the memory handed out and the bytes reserved never exceed a limit, neither that of the
 * budget asked nor of those above it. Read {@link io.flinklsm.core.memory.MemoryBudget} first.
 */
@NullMarked
package io.flinklsm.core.memory;

import org.jspecify.annotations.NullMarked;
