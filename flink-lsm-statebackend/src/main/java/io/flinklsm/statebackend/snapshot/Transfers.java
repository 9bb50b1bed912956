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
package io.flinklsm.statebackend.snapshot;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs transfers of files several at a time: the calling thread works itself, helpers of an
 * executor join in as they find time. When {@link #run} returns or throws, none is running any
 * more; after a failure those that had not begun never do.
 */
public final class Transfers {

    /** One file's transfer; must end soon once the streams that it reads or writes are closed. */
    public interface Transfer {
        void run() throws IOException;
    }

    private final List<? extends Transfer> transfers;
    private final AtomicInteger next = new AtomicInteger();
    private final Object lock = new Object();

    // Guarded by lock.
    private int active;
    private boolean over;
    private @Nullable Throwable failure;

    private Transfers(List<? extends Transfer> transfers) {
        this.transfers = transfers;
    }

    /**
     * @param threads how many run at a time, this thread included
     * @throws IOException the first failure, later ones suppressed
     */
    public static void run(List<? extends Transfer> transfers, Executor executor, int threads)
            throws IOException, InterruptedException {
        start(transfers, executor, Math.min(threads, transfers.size()) - 1).finish();
    }

    /**
     * Begins without this thread, which calls {@link #finish} or {@link #stop} in the end.
     *
     * @param helpers how many threads of the executor do it, at most
     */
    public static Transfers start(
            List<? extends Transfer> transfers, Executor executor, int helpers) {
        Transfers started = new Transfers(transfers);
        for (int helper = 0; helper < Math.min(helpers, transfers.size()); helper++) {
            try {
                executor.execute(started::help);
            } catch (RejectedExecutionException e) {
                // The pool is full or shut down: this thread does it alone.
                break;
            } catch (Throwable failure) {
                started.stop(failure);
                throw failure;
            }
        }
        return started;
    }

    /**
     * Helps with what is not begun, and waits for the rest.
     *
     * @throws IOException the first failure, later ones suppressed
     */
    public void finish() throws IOException, InterruptedException {
        work();
        Throwable first = awaitHelpers();
        if (first instanceof IOException io) {
            throw io;
        } else if (first instanceof RuntimeException unchecked) {
            throw unchecked;
        } else if (first instanceof Error error) {
            throw error;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted during the transfer of files");
        }
    }

    /** Begins nothing more and waits for what runs; its failures are added to {@code reason}. */
    public void stop(Throwable reason) {
        Throwable first = awaitHelpers();
        if (first != null && first != reason) {
            reason.addSuppressed(first);
        }
    }

    private void help() {
        synchronized (lock) {
            if (over) {
                return;
            }
            active++;
        }
        try {
            work();
        } finally {
            synchronized (lock) {
                active--;
                lock.notifyAll();
            }
        }
    }

    private void work() {
        while (!isOver()) {
            int index = next.getAndIncrement();
            if (index >= transfers.size()) {
                return;
            }
            try {
                transfers.get(index).run();
            } catch (Throwable e) {
                fail(e);
            }
        }
    }

    private boolean isOver() {
        synchronized (lock) {
            return over;
        }
    }

    private void fail(Throwable e) {
        synchronized (lock) {
            over = true;
            if (failure == null) {
                failure = e;
            } else if (failure != e) {
                failure.addSuppressed(e);
            }
        }
    }

    private @Nullable Throwable awaitHelpers() {
        boolean interrupted = false;
        synchronized (lock) {
            // All is done or one has failed; a helper that has not begun need not.
            over = true;
            while (active > 0) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return failure;
        }
    }
}
