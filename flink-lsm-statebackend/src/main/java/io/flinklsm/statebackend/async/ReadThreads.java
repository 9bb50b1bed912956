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

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.util.concurrent.ExecutorThreadFactory;

/**
 * The threads that read files for one backend. None is there before the first miss, and none after
 * seconds without one. Safe for any thread.
 */
public final class ReadThreads implements Executor, AutoCloseable {

    private static final long IDLE_SECONDS = 5;

    /** Local files may have to come from the disk, which answers several at a time. */
    private static final int AT_HAND_PER_PROCESSOR = 4;

    private final int count;
    private final int atHandCount;
    private final ThreadPoolExecutor pool;

    public ReadThreads(String owner, int count) {
        this(owner, count, IDLE_SECONDS);
    }

    ReadThreads(String owner, int count, long idleSeconds) {
        this.count = count;
        this.atHandCount =
                Math.min(count, AT_HAND_PER_PROCESSOR * Runtime.getRuntime().availableProcessors());
        this.pool =
                new ThreadPoolExecutor(
                        count,
                        count,
                        idleSeconds,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        new ExecutorThreadFactory("lsm-read-" + owner));
        pool.allowCoreThreadTimeOut(true);
    }

    /** How many there are at most. */
    int count() {
        return count;
    }

    /** How many there is a use for that read what is on this machine. */
    int atHandCount() {
        return atHandCount;
    }

    @Override
    public void execute(Runnable job) {
        pool.execute(job);
    }

    /** Ends the threads when they have done what is in the queue; waits for nothing. */
    @Override
    public void close() {
        pool.shutdown();
    }
}
