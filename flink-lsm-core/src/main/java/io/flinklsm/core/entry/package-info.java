/** Entries: keys, kinds, key ranges, and the one cursor interface. */
@NullMarked
package io.flinklsm.core.entry;

import org.jspecify.annotations.NullMarked;
