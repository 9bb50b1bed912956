/** The flush path: frozen memtables to level-0 SSTables. */
@NullMarked
package io.flinklsm.core.flush;

import org.jspecify.annotations.NullMarked;
