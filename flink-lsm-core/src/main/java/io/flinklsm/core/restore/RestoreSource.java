package io.flinklsm.core.restore;

import io.flinklsm.core.checkpoint.CheckpointImage;
import io.flinklsm.core.entry.KeyRange;

/**
 * A checkpoint image to restore from, and how much of it is ours. Its files are in the store's storage already.
 *
 * @param clip only keys inside are restored; the clips of all sources of a store must be disjoint
 */
public record RestoreSource(CheckpointImage image, KeyRange clip) {}
