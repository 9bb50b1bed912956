/**
 * Entries in memory: the tier of a tree.
 *
 * <p>In come keys with values, tombstones and merge operands; out come point lookups, the pages of
 * a map, and, in key order, what a flush writes. A tier also keeps what files have, for as long as
 * its memory is not wanted for something else. Invariants: a key's newest record is what the index
 * leads to; what is complete has every live entry in memory; a record's key, value and kind do not
 * change once its generation is frozen (flags and link do), and no memory is given back while a
 * reader holds the generation. Read {@link io.flinklsm.core.memtable.HotTier} first, then {@code
 * Records} and {@code Segments}.
 */
@NullMarked
package io.flinklsm.core.memtable;

import org.jspecify.annotations.NullMarked;
