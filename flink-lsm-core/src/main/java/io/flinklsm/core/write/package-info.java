/**
 * The write path: all that a put does and waits for, up to the tier that takes the entry.
 *
 * <p>In come entries and sizes; out go frozen generations, which the flush path takes. Invariant: a
 * write that found no room has changed nothing, so it can be tried again. Read {@link
 * io.flinklsm.core.write.TreeWriter} first, then {@link io.flinklsm.core.write.StoreWriter}.
 *
 * <p>This is the way of a put:
 *
 * <ol>
 *   <li>It fails at once if earlier work in the background has failed or the store is closed. If
 *       another store of the slot has asked for memory, the largest open generation is frozen,
 *       which may wait as below.
 *   <li>If the writer owes a rest, it rests for a millisecond, or for a 32nd of what it owes if
 *       that is more. {@link io.flinklsm.core.write.StallRule} and {@link
 *       io.flinklsm.core.write.FlushPace} say what is owed.
 *   <li>An entry that is larger than a quarter of what may be dirty, or than 32 MiB, goes past the
 *       tier: the tree is flushed, and this thread writes an SSTable with the one entry, and waits
 *       if level 0 has too many runs.
 *   <li>Any other entry goes into the tier. If the tier finds no memory, {@link
 *       io.flinklsm.core.write.MemoryRoom} evicts clean entries, then cached blocks, at last
 *       filters and indexes, and the tier is asked again. If nothing gives way, or what is dirty
 *       has reached its bound, a generation is frozen and the writer waits for the next flush, for
 *       100 ms at a time. It gives up after 60 s. Generations with less than a 16th of the store's
 *       share are frozen for this only after 10 s ({@link io.flinklsm.core.write.MemoryWait}).
 *   <li>If the open generation has taken another segment of memory, {@link
 *       io.flinklsm.core.write.FreezeRule} decides: the tree's generation is frozen at the tree's
 *       own limit, and the store's largest one when all open generations have half of the store's
 *       share. Freezing swaps two pointers; it waits only if the tree has too many frozen
 *       generations or runs in level 0 ({@link io.flinklsm.core.write.StallRule#mustStop}), and
 *       then as long as that is so. A put that freezes nothing never waits for them.
 *   <li>For the same bytes the writer may owe a rest, which a later put pays: from 1/64 s for a MiB
 *       up to a second, the further compactions are behind.
 * </ol>
 */
@NullMarked
package io.flinklsm.core.write;

import org.jspecify.annotations.NullMarked;
