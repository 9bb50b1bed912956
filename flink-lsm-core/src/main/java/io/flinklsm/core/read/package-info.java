/**
 * The read path: a key or a prefix becomes a value, a cursor or a page.
 *
 * <p>In come keys and prefixes of one tree; out go values, merge operands folded in. Invariant:
 * what is asked of memory and what is asked of files is of one moment, since the files are pinned
 * before the tier's lock is given back. Read {@link io.flinklsm.core.read.TreeReader} first; {@link
 * io.flinklsm.core.read.PrefixCursor} is for maps that are not complete in memory.
 */
@NullMarked
package io.flinklsm.core.read;

import org.jspecify.annotations.NullMarked;
