package io.flinklsm.core.check;

/**
 * The only source of time inside the engine, injected so that a run can be replayed (style rule R7).
 * Implementations are safe for any thread.
 */
public interface Clock {

    /** Milliseconds since the epoch. */
    long currentTimeMillis();

    /** Monotonic time in nanoseconds, for durations. */
    long nanoTime();

    /** The machine's clock. */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
