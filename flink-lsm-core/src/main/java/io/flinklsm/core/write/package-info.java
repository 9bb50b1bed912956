/** The write path: the active memtable, the frozen queue, and when a memtable is full. */
@NullMarked
package io.flinklsm.core.write;

import org.jspecify.annotations.NullMarked;
