/** Decoded blocks, bounded in bytes. */
@NullMarked
package io.flinklsm.core.cache;

import org.jspecify.annotations.NullMarked;
