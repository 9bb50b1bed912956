/** Entries in memory, hash-indexed or ordered, sorted once at freeze. */
@NullMarked
package io.flinklsm.core.memtable;

import org.jspecify.annotations.NullMarked;
