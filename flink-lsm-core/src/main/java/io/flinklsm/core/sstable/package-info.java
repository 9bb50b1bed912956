/** SSTables: immutable sorted Parquet files, their writer and readers. */
@NullMarked
package io.flinklsm.core.sstable;

import org.jspecify.annotations.NullMarked;
