/**
 * Flat, write-once files. In come names and bytes; out come files that are complete or not there.
 * Invariant: no name leads out of its storage, and an existing file never changes. Read {@link
 * io.flinklsm.core.storage.Storage} first; {@link io.flinklsm.core.storage.LocalStorage} is the
 * local file system, {@link io.flinklsm.core.storage.HadoopStorage} whatever Hadoop knows, and
 * {@link io.flinklsm.core.storage.tiered.TieredStorage} makes the local disk a cache of remote
 * files.
 */
@NullMarked
package io.flinklsm.core.storage;

import org.jspecify.annotations.NullMarked;
