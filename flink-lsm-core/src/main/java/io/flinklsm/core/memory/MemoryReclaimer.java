package io.flinklsm.core.memory;

/** Someone who can give memory back: the block cache at once, a store by flushing in the background. */
public interface MemoryReclaimer {

    /**
     * Releases, or starts to release, at least this much. Called from any thread that wants memory, without
     * locks held; must not wait.
     *
     * @return bytes released at once; 0 if nothing, or if it is on its way
     */
    long reclaim(long bytes);
}
