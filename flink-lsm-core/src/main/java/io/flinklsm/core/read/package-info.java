/** The read path: one pinned view of all sources, point lookups and scans over it. */
@NullMarked
package io.flinklsm.core.read;

import org.jspecify.annotations.NullMarked;
