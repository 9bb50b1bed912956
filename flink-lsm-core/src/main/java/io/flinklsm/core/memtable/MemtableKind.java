package io.flinklsm.core.memtable;

/** How a memtable finds its entries. */
public enum MemtableKind {
    /** Hash of the whole key: point lookups only; sorted once it is frozen. */
    HASH,
    /** Hash of the key's prefix, then of the key: also iterates one prefix while it is active. */
    PREFIX_HASH,
    /** Always ordered: also ranges while it is active. For queues of timers. */
    ORDERED
}
