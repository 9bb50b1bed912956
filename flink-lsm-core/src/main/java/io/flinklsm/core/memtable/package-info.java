/**
 * Entries in memory, hash-indexed or ordered, sorted once at freeze.
 *
 * <p>In come keys with values, tombstones and merge operands, folded in place so that there is one
 * entry a key; out come point lookups and, in key order, cursors. Invariant: what a reader follows
 * (an index slot, a link, an entry's value reference) is published after what it leads to was
 * written, and no memory is given back before the last reference to the memtable is released. Read
 * {@link io.flinklsm.core.memtable.Memtable} first, then {@code Entries}.
 */
@NullMarked
package io.flinklsm.core.memtable;

import org.jspecify.annotations.NullMarked;
