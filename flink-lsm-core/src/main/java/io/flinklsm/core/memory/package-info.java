/** The memory budget: one pool a slot, a hard limit on native memory. */
@NullMarked
package io.flinklsm.core.memory;

import org.jspecify.annotations.NullMarked;
