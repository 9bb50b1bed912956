/**
 * The local disk as a cache of remote files. In come files that a checkpoint has; out come their
 * bytes, from here or from there. Invariant: a local copy is evicted only if its bytes can be had
 * there. Read {@link io.flinklsm.core.storage.tiered.TieredStorage} first: nothing outside of this
 * package knows where the bytes of a file are.
 */
@NullMarked
package io.flinklsm.core.storage.tiered;

import org.jspecify.annotations.NullMarked;
