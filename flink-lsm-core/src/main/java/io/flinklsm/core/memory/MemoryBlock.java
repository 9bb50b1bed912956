package io.flinklsm.core.memory;

/** Native memory out of a {@link MemoryBudget}; whoever holds it releases it, exactly once. */
public interface MemoryBlock {

    long address();

    int sizeBytes();

    /** Gives the memory back to its budget; the address must not be used any more. */
    void release();
}
