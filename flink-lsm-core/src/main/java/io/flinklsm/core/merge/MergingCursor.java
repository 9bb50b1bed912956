package io.flinklsm.core.merge;

import io.flinklsm.core.entry.EntryCursor;
import java.util.List;

/** Several sorted cursors as one sequence of (key, source) in key order, newest source first per key. */
public final class MergingCursor {

    /** @param newestFirst one cursor a source; owned by the merging cursor from here on */
    public MergingCursor(List<EntryCursor> newestFirst) {
        throw new UnsupportedOperationException();
    }
}
