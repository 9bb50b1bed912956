/**
 * The checkpoint path: which files a checkpoint lists, who keeps files, and who deletes them.
 *
 * <p>In come trees whose open generations were frozen; out go images, and the names of files that
 * nothing lists any more. Invariant: a file that a checkpoint or a manifest lists is not deleted
 * before both have let it go. Only {@link io.flinklsm.core.checkpoint.Deletions} deletes SSTables
 * that were ever installed, and only those that {@link io.flinklsm.core.version.ObsoleteFiles}
 * hands out; a job that fails deletes what it has written itself, and {@link
 * io.flinklsm.core.checkpoint.Manifests} deletes manifests. Read {@link
 * io.flinklsm.core.checkpoint.PendingCheckpoint} first.
 */
@NullMarked
package io.flinklsm.core.checkpoint;

import org.jspecify.annotations.NullMarked;
