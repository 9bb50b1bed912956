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
package io.flinklsm.benchmarks.backend;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Takes checkpoints of a backend while it is measured, as a job does: the synchronous part on the
 * task thread, the asynchronous one beside it, the next one not before the last is complete.
 * Confined to the task thread; the caller closes it before the backend.
 */
public final class CheckpointClock implements AutoCloseable {

    private final BenchmarkedBackend backend;
    private final long intervalNanos;
    private final ExecutorService async =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "benchmark-async"));

    private long nextNanos;
    private BenchmarkedBackend.@Nullable BegunCheckpoint begun;
    private @Nullable Future<?> running;
    private int completed;

    /** The first checkpoint comes after an interval. */
    public CheckpointClock(BenchmarkedBackend backend, long intervalNanos) {
        this.backend = backend;
        this.intervalNanos = intervalNanos;
        nextNanos = System.nanoTime() + intervalNanos;
    }

    /** Completes a checkpoint, or begins one, if it is time. Called often. */
    public void tick() throws Exception {
        if (running != null && running.isDone()) {
            complete();
        }
        if (running == null && System.nanoTime() >= nextNanos) {
            BenchmarkedBackend.BegunCheckpoint next = backend.beginCheckpoint();
            begun = next;
            running = async.submit(next::runAsync);
            nextNanos = System.nanoTime() + intervalNanos;
        }
    }

    /** Checkpoints that were confirmed. */
    public int completed() {
        return completed;
    }

    private void complete() throws Exception {
        BenchmarkedBackend.BegunCheckpoint done = begun;
        Future<?> ran = running;
        if (done == null || ran == null) {
            return;
        }
        running = null;
        begun = null;
        ran.get();
        backend.completeCheckpoint(done);
        completed++;
    }

    /** Waits for a checkpoint that is under way. */
    @Override
    public void close() throws Exception {
        try {
            complete();
        } finally {
            async.shutdown();
        }
    }
}
