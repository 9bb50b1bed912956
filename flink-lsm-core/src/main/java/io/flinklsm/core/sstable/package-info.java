/**
 * SSTables: immutable sorted Parquet files, their writer and readers. In come entries in ascending
 * key order; out come files that any Parquet reader reads, and from files entries again, by key or
 * by range. Whatever bit of a file changes, what comes out is exact, or a CorruptionException that
 * names the file. Parquet's classes are used nowhere else.
 *
 * <p>Read {@link io.flinklsm.core.sstable.SstableFormat} first, then {@link
 * io.flinklsm.core.sstable.SstableWriter} and {@link io.flinklsm.core.sstable.SstableReader}.
 */
@NullMarked
package io.flinklsm.core.sstable;

import org.jspecify.annotations.NullMarked;
