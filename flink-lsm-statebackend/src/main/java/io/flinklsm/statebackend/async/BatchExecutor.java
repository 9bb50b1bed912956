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
package io.flinklsm.statebackend.async;

import io.flinklsm.statebackend.life.BackendLife;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.runtime.asyncprocessing.AsyncRequestContainer;
import org.apache.flink.runtime.asyncprocessing.StateExecutor;
import org.apache.flink.runtime.asyncprocessing.StateRequest;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Executes requests of State V2.
 *
 * <ol>
 *   <li>The task thread goes through a batch in order. It writes what is to be written, and answers
 *       what is in memory. A read that memory cannot answer takes what memory has and pins the
 *       files; it is a read as of now, so the thread goes on to the next request, be it a write of
 *       the same key.
 *   <li>What is left of the batch is split into jobs: the reads of one tree, sorted by key, each
 *       key once. Files on this machine take a processor's time, so there are a few jobs for each
 *       processor; those on another one take none, and have as many as there are threads.
 *   <li>Reading threads do the jobs and complete the futures. The keys of a job go through the
 *       files together: each filter is asked once for all of them, each block is read once.
 *   <li>With the next batch, the task thread puts what was read into memory.
 * </ol>
 *
 * <p>So there is one order of all requests, that in which they came, and no lock. The first failure
 * is the last thing that is done: all that comes later, or waits, is rejected with it.
 *
 * <p>Task thread, except {@link #fullyLoaded} and {@link #shutdown}.
 */
public final class BatchExecutor implements StateExecutor {

    /** Jobs whose values may wait to be put into memory. */
    private static final int KEPT_JOBS_MAX = 1024;

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    // Immutable.
    private final String owner;
    private final ReadThreads threads;
    private final BackendLife life;
    private final AsyncStats stats;

    // Task thread only.
    private final List<StateReads<?, ?, ?>> withMisses = new ArrayList<>();
    private final List<ReadJob> jobs = new ArrayList<>();

    // Any thread.
    private final Queue<ReadJob> read = new ConcurrentLinkedQueue<>();
    private final AtomicInteger readCount = new AtomicInteger();
    private final AtomicInteger openJobs = new AtomicInteger();
    private final AtomicInteger openAtHand = new AtomicInteger();
    private volatile @Nullable Throwable failure;
    private volatile boolean stopped;

    /**
     * @param owner names the backend in messages
     * @param life leased while files are read
     */
    public BatchExecutor(String owner, ReadThreads threads, BackendLife life, AsyncStats stats) {
        this.owner = owner;
        this.threads = threads;
        this.life = life;
        this.stats = stats;
    }

    @Override
    public AsyncRequestContainer<StateRequest<?, ?, ?, ?>> createRequestContainer() {
        return new RequestBatch();
    }

    @Override
    public CompletableFuture<Void> executeBatchRequests(
            AsyncRequestContainer<StateRequest<?, ?, ?, ?>> container) {
        List<StateRequest<?, ?, ?, ?>> requests = ((RequestBatch) container).requests();
        stats.batch(requests.size());
        keepWhatWasRead();
        for (StateRequest<?, ?, ?, ?> request : requests) {
            Throwable cause = rejection();
            if (cause == null) {
                try {
                    stateOf(request).execute(request);
                } catch (Throwable thrown) {
                    cause = fail(thrown);
                }
            }
            if (cause != null) {
                reject(request, cause);
            }
        }
        return start(collectJobs(threads.count(), threads.atHandCount()));
    }

    /** As a batch of one request, whose files are read on the task thread. */
    @Override
    public void executeRequestSync(StateRequest<?, ?, ?, ?> request) {
        Throwable cause = rejection();
        if (cause != null) {
            throw new FlinkRuntimeException(message(), cause);
        }
        keepWhatWasRead();
        try {
            stateOf(request).execute(request);
            for (ReadJob job : collectJobs(1, 1)) {
                try {
                    job.run();
                } finally {
                    job.release();
                }
                job.keep();
            }
        } catch (Throwable thrown) {
            throw new FlinkRuntimeException(message(), fail(thrown));
        }
    }

    /** Whether all reading threads have something to do, or all that are for local files. */
    @Override
    public boolean fullyLoaded() {
        return openJobs.get() >= threads.count() || openAtHand.get() >= threads.atHandCount();
    }

    /** What comes or waits from now on is rejected; what is being read is not waited for. */
    @Override
    public void shutdown() {
        stopped = true;
    }

    private static AsyncState stateOf(StateRequest<?, ?, ?, ?> request) {
        if (request.getState() instanceof AsyncState state) {
            return state;
        }
        throw new IllegalArgumentException(
                "[" + request.getRequestType() + "] a request for no state of this backend");
    }

    // ------------------------------------------------------------------------------ for the states

    /** The state has missed something; its reads are asked for jobs at the end of the batch. */
    void hasMisses(StateReads<?, ?, ?> reads) {
        withMisses.add(reads);
    }

    void addJob(ReadJob job) {
        jobs.add(job);
    }

    AsyncStats stats() {
        return stats;
    }

    // ------------------------------------------------------------------------------------- reading

    private List<ReadJob> collectJobs(int jobsMax, int atHandMax) {
        if (withMisses.isEmpty() && jobs.isEmpty()) {
            return List.of();
        }
        long misses = 0;
        for (StateReads<?, ?, ?> reads : withMisses) {
            misses += reads.missCount();
        }
        for (StateReads<?, ?, ?> reads : withMisses) {
            long share = reads.missCount();
            reads.addJobs(
                    (int) Math.max(1, jobsMax * share / misses),
                    (int) Math.max(1, atHandMax * share / misses),
                    jobs);
        }
        withMisses.clear();
        List<ReadJob> collected = List.copyOf(jobs);
        jobs.clear();
        stats.jobs(collected.size());
        return collected;
    }

    private CompletableFuture<Void> start(List<ReadJob> collected) {
        if (collected.isEmpty()) {
            return DONE;
        }
        BackendLife.Lease lease;
        try {
            lease = life.acquire();
        } catch (IOException e) {
            for (ReadJob job : collected) {
                job.reject(e);
                job.release();
            }
            return DONE;
        }
        Batch batch = new Batch(collected.size(), lease);
        openJobs.addAndGet(collected.size());
        for (ReadJob job : collected) {
            boolean isAtHand = job.isAtHand();
            if (isAtHand) {
                openAtHand.incrementAndGet();
            }
            try {
                threads.execute(() -> run(job, isAtHand, batch));
            } catch (RejectedExecutionException e) {
                end(job, isAtHand, batch, e);
            }
        }
        return batch.end;
    }

    private void run(ReadJob job, boolean isAtHand, Batch batch) {
        Throwable cause = rejection();
        if (cause == null) {
            stats.jobBegins();
            try {
                job.run();
                if (readCount.incrementAndGet() <= KEPT_JOBS_MAX) {
                    read.add(job);
                } else {
                    readCount.decrementAndGet();
                }
            } catch (Throwable thrown) {
                cause = fail(thrown);
            } finally {
                stats.jobEnds();
            }
        }
        end(job, isAtHand, batch, cause);
    }

    private void end(ReadJob job, boolean isAtHand, Batch batch, @Nullable Throwable cause) {
        try {
            if (cause != null) {
                job.reject(cause);
            }
            job.release();
        } finally {
            openJobs.decrementAndGet();
            if (isAtHand) {
                openAtHand.decrementAndGet();
            }
            batch.jobEnded();
        }
    }

    /** The jobs of one batch. */
    private static final class Batch {

        private final AtomicInteger open;
        private final BackendLife.Lease lease;
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        private Batch(int jobCount, BackendLife.Lease lease) {
            this.open = new AtomicInteger(jobCount);
            this.lease = lease;
        }

        private void jobEnded() {
            if (open.decrementAndGet() == 0) {
                lease.close();
                end.complete(null);
            }
        }
    }

    private void keepWhatWasRead() {
        for (ReadJob job = read.poll(); job != null; job = read.poll()) {
            readCount.decrementAndGet();
            try {
                job.keep();
            } catch (IOException | RuntimeException e) {
                fail(e);
            }
        }
    }

    // ------------------------------------------------------------------------------------- failure

    /** Why nothing is done any more; null if it is. */
    private @Nullable Throwable rejection() {
        Throwable cause = failure;
        if (cause == null && stopped) {
            return new IOException(
                    "["
                            + owner
                            + "] the state backend was closed; state may not be used after that");
        }
        return cause;
    }

    private Throwable fail(Throwable thrown) {
        synchronized (this) {
            Throwable first = failure;
            if (first == null) {
                failure = thrown;
                return thrown;
            }
            return first;
        }
    }

    private void reject(StateRequest<?, ?, ?, ?> request, Throwable cause) {
        request.getFuture().completeExceptionally(message(), cause);
    }

    private String message() {
        return "["
                + owner
                + "] a state request failed, and all that came after it; the cause tells what to"
                + " mend";
    }
}
