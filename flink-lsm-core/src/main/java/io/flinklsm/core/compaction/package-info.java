/** Version to plan to job to edit: SSTables into fewer SSTables. */
@NullMarked
package io.flinklsm.core.compaction;

import org.jspecify.annotations.NullMarked;
