/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.core.check;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives back what was taken, all of it, whatever fails on the way: an Error of a plug-in or of a
 * user's class leaves no more behind than an IOException does.
 *
 * <pre>
 * Lease lease = acquire();
 * try {
 *     return new Snapshot(view(), lease);
 * } catch (Throwable failure) {
 *     Cleanup.undo(failure, lease);
 *     throw failure;
 * }
 * </pre>
 */
public final class Cleanup {

    private Cleanup() {}

    /**
     * Closes what a step that failed had taken before, in the given order; what fails then is added
     * to the failure as suppressed.
     */
    public static void undo(Throwable failure, AutoCloseable... taken) {
        undo(failure, List.of(taken));
    }

    /** Like {@link #undo(Throwable, AutoCloseable...)}. */
    public static void undo(Throwable failure, Iterable<? extends AutoCloseable> taken) {
        for (AutoCloseable resource : taken) {
            try {
                resource.close();
            } catch (Throwable suppressed) {
                noteInterrupt(suppressed);
                join(failure, suppressed);
            }
        }
    }

    /**
     * Closes everything in the given order.
     *
     * @throws IOException the first failure, later ones suppressed; so for unchecked ones. Any
     *     other checked exception comes as the cause of an IOException.
     */
    public static void closeAll(Iterable<? extends AutoCloseable> resources) throws IOException {
        Throwable failure = null;
        for (AutoCloseable resource : resources) {
            try {
                resource.close();
            } catch (Throwable e) {
                noteInterrupt(e);
                failure = join(failure, e);
            }
        }
        if (failure instanceof IOException io) {
            throw io;
        }
        throwUnchecked(failure);
        if (failure != null) {
            throw new IOException(failure);
        }
    }

    /** Like {@link #closeAll(Iterable)}. */
    public static void closeAll(AutoCloseable... resources) throws IOException {
        closeAll(List.of(resources));
    }

    /** Runs every step in the given order; throws the first failure, later ones suppressed. */
    public static void runAll(Runnable... steps) {
        Throwable failure = null;
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (RuntimeException | Error e) {
                failure = join(failure, e);
            }
        }
        throwUnchecked(failure);
    }

    private static Throwable join(@Nullable Throwable first, Throwable next) {
        if (first == null) {
            return next;
        }
        if (first != next) {
            first.addSuppressed(next);
        }
        return first;
    }

    private static void throwUnchecked(@Nullable Throwable failure) {
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        } else if (failure instanceof Error error) {
            throw error;
        }
    }

    private static void noteInterrupt(Throwable e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
    }
}
