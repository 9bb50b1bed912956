/**
 * The checkpoint path: which files a checkpoint lists, who keeps files, and who deletes them.
 *
 * <p>In come trees whose open generations were frozen; out go images, and the names of files that
 * nothing lists any more. Invariant: a file that a checkpoint or a manifest lists is not deleted
 * before both have let it go. Only {@link io.flinklsm.core.checkpoint.Deletions} deletes files of a
 * store, and only those that {@link io.flinklsm.core.version.ObsoleteFiles} hands out. Read {@link
 * io.flinklsm.core.checkpoint.PendingCheckpoint} first.
 */
@NullMarked
package io.flinklsm.core.checkpoint;

import org.jspecify.annotations.NullMarked;
