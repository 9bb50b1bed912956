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

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Numbered tasks that one thread does, its owner, but for those that helpers take off it. A helper
 * that comes late is not waited for, and after a failure nothing more is begun.
 *
 * <pre>
 * owner    take 0 ─── take 2 ───── take 4 ── take: none ── end, waits ─┐
 * helper      join ─ take 1 ─ take 3 ──────────── take: none ── leave ─┘
 * late                                                      join: no
 * </pre>
 *
 * <p>What a task is, and what a thread needs to do one, the caller knows. Safe for any thread.
 */
public final class SharedWork {

    @GuardedBy("this")
    private int taskCount;

    @GuardedBy("this")
    private int begun;

    @GuardedBy("this")
    private int helpers;

    @GuardedBy("this")
    private boolean over;

    @GuardedBy("this")
    private @Nullable Throwable failure;

    public SharedWork(int taskCount) {
        if (taskCount < 0) {
            throw new IllegalArgumentException(
                    "fewer tasks than none are shared: taskCount=" + taskCount);
        }
        this.taskCount = taskCount;
    }

    /**
     * A helper begins; it calls {@link #leave} when it is done.
     *
     * @return false if there is nothing to do any more
     */
    public synchronized boolean join() {
        if (over || failure != null) {
            return false;
        }
        helpers++;
        return true;
    }

    /** A helper that has joined is done. */
    public synchronized void leave() {
        Invariants.check(helpers > 0, "a helper has left that had not joined");
        helpers--;
        notifyAll();
    }

    /**
     * There is one task more, with the next number. Only the owner calls it.
     *
     * @return false if one has failed: then it is never begun
     */
    public synchronized boolean add() {
        Invariants.check(!over, "work is added that nothing waits for", "tasks", taskCount);
        if (failure != null) {
            return false;
        }
        taskCount++;
        return true;
    }

    /** The next task for the calling thread; -1 if there is none, or one has failed. */
    public synchronized int take() {
        return over || failure != null || begun == taskCount ? -1 : begun++;
    }

    /** A task has failed: no other one is begun. Failures behind the first are suppressed by it. */
    public synchronized void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        } else if (failure != e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Nothing more is begun. Waits for the helpers, also while the thread is interrupted: what they
     * work with must not go before. Only the owner calls it.
     *
     * @return the first failure; null if there was none
     */
    public synchronized @Nullable Throwable end() {
        over = true;
        boolean interrupted = false;
        while (helpers > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }

    /** Throws what {@link #end} has returned, as what it is. */
    public static void rethrow(@Nullable Throwable failure) throws IOException {
        if (failure instanceof IOException io) {
            throw io;
        } else if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        } else if (failure instanceof Error error) {
            throw error;
        } else if (failure != null) {
            throw new IOException("[task] failed: cause=" + failure + "; see the cause", failure);
        }
    }
}
