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
package io.flinklsm.inspect.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Bounds how long a single call of a file system may take: servers that do not answer, and files
 * that turn into pipes, must not keep the program for ever. The process has one limit. Safe for any
 * thread.
 */
public final class TimeLimit {

    /** Longer than file systems retry by themselves, if they do so at all. */
    public static final int DEFAULT_SECONDS = 60;

    private static final ExecutorService THREADS =
            Executors.newCachedThreadPool(
                    task -> {
                        Thread thread = new Thread(task, "flink-lsm-io");
                        // One that never comes back does not keep the process.
                        thread.setDaemon(true);
                        return thread;
                    });

    private static volatile Duration limit = Duration.ofSeconds(DEFAULT_SECONDS);

    private TimeLimit() {}

    /** A call of a file system. */
    @FunctionalInterface
    public interface Call<T> {
        T run() throws IOException;
    }

    /** For all calls from now on. */
    public static void set(Duration limit) {
        TimeLimit.limit = limit;
    }

    /**
     * Makes a call on a thread of its own and waits for it.
     *
     * @param location what errors call the file
     * @throws InspectException if there is no answer in time; the call may still be going on
     */
    public static <T> T call(String location, Call<T> call) throws IOException {
        Duration most = limit;
        Future<T> answer = THREADS.submit(call::run);
        try {
            return answer.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw rethrow(cause == null ? e : cause);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw InspectException.unreadable(
                    "["
                            + location
                            + "] no answer from its file system: waitedSeconds="
                            + most.toSeconds()
                            + "; see whether it is reachable, or wait longer with --timeout.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("[" + location + "] interrupted while waiting for it");
        }
    }

    /** One that gives nothing back. */
    @FunctionalInterface
    public interface Action {
        void run() throws IOException;
    }

    /** Like {@link #call}. */
    public static void run(String location, Action action) throws IOException {
        call(
                location,
                () -> {
                    action.run();
                    return true;
                });
    }

    private static IOException rethrow(Throwable cause) {
        if (cause instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof IOException io ? io : new IOException(cause);
    }
}
