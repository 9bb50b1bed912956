/**
 * The restore path: images become the first Versions of a store.
 *
 * <p>In come images of checkpoints, each with the range of keys that is wanted of it; out go
 * Versions, whose files are clipped to those ranges. Invariant: every listed file is there and is
 * the one that its image means before the store serves; its tail is checked before it is read. Read
 * {@link io.flinklsm.core.restore.RestorePlan} first, then {@link
 * io.flinklsm.core.restore.StoreRestorer} and {@link io.flinklsm.core.restore.Verification}.
 */
@NullMarked
package io.flinklsm.core.restore;

import org.jspecify.annotations.NullMarked;
