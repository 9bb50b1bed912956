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

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the executor of a backend has done. Any thread. */
public final class AsyncStats {

    // Written by the task thread only.
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong memoryReads = new AtomicLong();
    private final AtomicLong fileReads = new AtomicLong();
    private final AtomicLong sharedReads = new AtomicLong();
    private final AtomicLong jobs = new AtomicLong();

    // Written by reading threads.
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();

    void batch(int requestCount) {
        batches.setRelease(batches.getPlain() + 1);
        requests.setRelease(requests.getPlain() + requestCount);
    }

    void memoryRead() {
        memoryReads.setRelease(memoryReads.getPlain() + 1);
    }

    void fileReads(int keys, int shared) {
        fileReads.setRelease(fileReads.getPlain() + keys);
        sharedReads.setRelease(sharedReads.getPlain() + shared);
    }

    void jobs(int count) {
        jobs.setRelease(jobs.getPlain() + count);
    }

    void jobBegins() {
        int now = running.incrementAndGet();
        mostRunning.accumulateAndGet(now, Math::max);
    }

    void jobEnds() {
        running.decrementAndGet();
    }

    /** Batches that Flink handed over. */
    public long batches() {
        return batches.getAcquire();
    }

    /** Requests in them. */
    public long requests() {
        return requests.getAcquire();
    }

    /** Reads that memory answered. */
    public long memoryReads() {
        return memoryReads.getAcquire();
    }

    /** Keys and pages that were read from files. */
    public long fileReads() {
        return fileReads.getAcquire();
    }

    /** Reads that were answered by another one of the same key and batch. */
    public long sharedReads() {
        return sharedReads.getAcquire();
    }

    /** Jobs that files were read in. */
    public long jobs() {
        return jobs.getAcquire();
    }

    /** How many jobs were done at the same time at most. */
    public int mostParallelJobs() {
        return mostRunning.get();
    }
}
