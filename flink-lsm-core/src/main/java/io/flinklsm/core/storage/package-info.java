/** Flat, write-once files: the storage contract and the local file system. */
@NullMarked
package io.flinklsm.core.storage;

import org.jspecify.annotations.NullMarked;
