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
package io.flinklsm.core.slot;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads behind the stores of one slot: one for flushes, so that a long compaction never keeps
 * a writer waiting, and some for compactions. Daemons that end when they have been idle for a
 * while. Safe for any thread.
 *
 * <p>The queues are bounded by construction: a tree has at most one flush and one compaction that
 * wait, a store one deletion and one check of a restored file (see {@code Upkeep}).
 */
public final class BackgroundWork implements AutoCloseable {

    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor flushes;
    private final ThreadPoolExecutor compactions;

    public BackgroundWork(String name, int compactionThreads) {
        flushes = pool(name + "-flush", 1);
        compactions = pool(name + "-compaction", compactionThreads);
    }

    private static ThreadPoolExecutor pool(String name, int threads) {
        BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, queue, named(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory named(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            // The creating thread's loader may be a user's: a pooled thread must not keep it alive.
            thread.setContextClassLoader(BackgroundWork.class.getClassLoader());
            return thread;
        };
    }

    /** Runs a flush or a part of one, or a deletion of obsolete files, soon. */
    public void flush(Runnable task) {
        execute(flushes, task);
    }

    /** Runs a compaction when a thread is free. */
    public void compaction(Runnable task) {
        execute(compactions, task);
    }

    /** How many tasks of the flush thread have ended; for tests. */
    public long flushTasks() {
        return flushes.getCompletedTaskCount();
    }

    private static void execute(ThreadPoolExecutor pool, Runnable task) {
        try {
            pool.execute(task);
        } catch (RuntimeException | Error e) {
            // No thread could be started, and the task may wait in the queue for one.
            pool.remove(task);
            throw e;
        }
    }

    /** Ends the threads; the stores have been closed, so nothing waits or runs. */
    @Override
    public void close() {
        flushes.shutdown();
        compactions.shutdown();
        boolean interrupted = false;
        for (ThreadPoolExecutor pool : new ThreadPoolExecutor[] {flushes, compactions}) {
            while (true) {
                try {
                    if (pool.awaitTermination(1, TimeUnit.MINUTES)) {
                        break;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
