package io.flinklsm.core;

import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import java.io.IOException;
import java.util.Set;

/** Every tree of a store at one moment; read from any thread until it is closed. */
public final class StoreView implements AutoCloseable {

    StoreView() {}

    public Set<String> treeNames() {
        throw new UnsupportedOperationException();
    }

    /** The live entries of a tree in the range. Close every cursor before the view. */
    public EntryCursor scan(String treeName, KeyRange range) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Idempotent; any thread. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
