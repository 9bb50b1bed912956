/** Invariants and the injected clock. */
@NullMarked
package io.flinklsm.core.check;

import org.jspecify.annotations.NullMarked;
