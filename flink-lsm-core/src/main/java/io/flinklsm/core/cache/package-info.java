/**
 * Decoded blocks, bounded in bytes.
 *
 * <p>In comes the memory of a block that a reader decoded; out comes the same memory, held until
 * the reader releases it. Invariant: a block's memory is never freed while a reader holds it. Read
 * {@link io.flinklsm.core.cache.BlockCache} first, then {@link io.flinklsm.core.cache.FileBlocks},
 * what readers use.
 */
@NullMarked
package io.flinklsm.core.cache;

import org.jspecify.annotations.NullMarked;
