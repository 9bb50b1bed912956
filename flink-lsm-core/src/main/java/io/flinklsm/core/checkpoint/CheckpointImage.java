package io.flinklsm.core.checkpoint;

import java.util.List;

/**
 * Our list of files for one checkpoint: the SSTables of every tree of a store, flushed and pinned.
 *
 * @param checkpointId the id that the caller gave
 * @param createdMillis milliseconds since the epoch
 */
public record CheckpointImage(long checkpointId, long createdMillis, List<TreeImage> trees) {

    public CheckpointImage {
        trees = List.copyOf(trees);
    }
}
