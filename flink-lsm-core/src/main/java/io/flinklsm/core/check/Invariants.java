package io.flinklsm.core.check;

/**
 * Checks of what must hold whatever the caller does; a failure is our own bug and an {@link
 * AssertionError}. On when the JVM runs with assertions enabled or with {@code
 * -Dflinklsm.invariants=true}: in all tests, never by default in production.
 */
public final class Invariants {

    /** Guards checks that cost more than a comparison. Constant, so that the JIT drops what it guards. */
    public static final boolean ENABLED =
            Boolean.getBoolean("flinklsm.invariants") || Invariants.class.desiredAssertionStatus();

    private Invariants() {}

    /** Fails with the message unless the condition holds; does nothing when checks are off. */
    public static void check(boolean condition, String message) {
        if (ENABLED && !condition) {
            throw new AssertionError(message);
        }
    }
}
