package io.flinklsm.core.errors;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Stored data is not what was written: do not retry, restore an earlier checkpoint. The message names
 * the file or tree, what was found, and what to do.
 */
public final class CorruptionException extends IOException {

    private static final long serialVersionUID = 1L;

    public CorruptionException(String message) {
        super(message);
    }

    public CorruptionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
