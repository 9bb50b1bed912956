/**
 * What a checkpoint consists of, and the file that says so.
 *
 * <p>In goes a list of SSTables for each tree, out comes a {@link
 * io.flinklsm.core.manifest.CheckpointImage}; the bytes of a manifest are an image, and back.
 * Invariant: what was encoded is decoded to an equal image, and a byte that was damaged since is an
 * error. Read {@link io.flinklsm.core.manifest.CheckpointImage} first, then {@link
 * io.flinklsm.core.manifest.ManifestCodec}.
 */
@NullMarked
package io.flinklsm.core.manifest;

import org.jspecify.annotations.NullMarked;
