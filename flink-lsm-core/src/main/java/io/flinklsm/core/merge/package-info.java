/**
 * What several sources mean together. Entries of one key from several sources come in, newest
 * first; the one word on the key goes out, to a lookup, a scan, a flush or a compaction. Invariant:
 * all of them agree, to the bit, because all fold here. Start with {@link
 * io.flinklsm.core.merge.CollapsingCursor}; why tombstones may go is told in {@link
 * io.flinklsm.core.merge.TombstoneRule}.
 */
@NullMarked
package io.flinklsm.core.merge;

import org.jspecify.annotations.NullMarked;
