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

import io.flinklsm.core.check.SharedWork;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

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

    private final Executor executor;
    private final int helpersMax;
    private final List<Transfer> transfers;
    private final SharedWork work;

    /** That run, or were asked for and are still to come. */
    private final AtomicInteger helpers = new AtomicInteger();

    private Transfers(List<? extends Transfer> transfers, Executor executor, int helpersMax) {
        this.executor = executor;
        this.helpersMax = helpersMax;
        this.transfers = new CopyOnWriteArrayList<>(transfers);
        this.work = new SharedWork(transfers.size());
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
        Transfers started = new Transfers(transfers, executor, helpers);
        try {
            for (int i = 0; i < transfers.size(); i++) {
                started.callHelper();
            }
        } catch (Throwable failure) {
            started.stop(failure);
            throw failure;
        }
        return started;
    }

    /**
     * Begins one more, if a helper finds time before {@link #finish} does it. Only the thread calls
     * this that began the others.
     */
    public void add(Transfer transfer) {
        transfers.add(transfer);
        if (work.add()) {
            callHelper();
        }
    }

    private void callHelper() {
        if (helpers.get() >= helpersMax) {
            return;
        }
        helpers.incrementAndGet();
        try {
            executor.execute(this::help);
        } catch (RejectedExecutionException e) {
            // The pool is full or shut down: those that are there do it, and the calling thread.
            helpers.decrementAndGet();
        }
    }

    /**
     * Helps with what is not begun, and waits for the rest.
     *
     * @throws IOException the first failure, later ones suppressed
     */
    public void finish() throws IOException, InterruptedException {
        transfer();
        SharedWork.rethrow(work.end());
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted during the transfer of files");
        }
    }

    /** Begins nothing more and waits for what runs; its failures are added to {@code reason}. */
    public void stop(Throwable reason) {
        Throwable first = work.end();
        if (first != null && first != reason) {
            reason.addSuppressed(first);
        }
    }

    private void help() {
        if (work.join()) {
            try {
                transfer();
            } finally {
                helpers.decrementAndGet();
                work.leave();
            }
        }
    }

    private void transfer() {
        for (int index = work.take(); index >= 0; index = work.take()) {
            try {
                transfers.get(index).run();
            } catch (Throwable e) {
                work.fail(e);
            }
        }
    }
}
