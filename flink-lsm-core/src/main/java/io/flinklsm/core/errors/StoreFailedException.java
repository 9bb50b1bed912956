package io.flinklsm.core.errors;

import java.io.IOException;

/**
 * An earlier failure in the background (its cause) stopped the store: nothing more can be read or
 * written; fail over and restore from the last checkpoint.
 */
public final class StoreFailedException extends IOException {

    private static final long serialVersionUID = 1L;

    public StoreFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
