/**
 * Entries: keys, kinds, ranges of keys, and the one cursor interface.
 *
 * <p>In come the bytes of keys, out come their order and what lies between two of them. Invariant:
 * keys are ordered as unsigned bytes everywhere, and what a cursor shows is borrowed until its next
 * move. Read {@link io.flinklsm.core.entry.EntryCursor} first.
 */
@NullMarked
package io.flinklsm.core.entry;

import org.jspecify.annotations.NullMarked;
