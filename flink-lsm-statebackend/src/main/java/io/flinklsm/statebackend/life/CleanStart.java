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
package io.flinklsm.statebackend.life;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Has threads started that outlive a job. A thread inherits the context class loader of the one
 * that starts it and, before JDK 24, holds the protection domains of all classes on its stack: with
 * these the class loader of the job whose task had it started. So it is a thread of the JDK's
 * common pool that calls the executor, from code of the JDK alone.
 */
public final class CleanStart {

    private static final long TIMER_WAIT_SECONDS = 10;

    private CleanStart() {}

    /**
     * Hands a task to an executor, soon. If the executor refuses it, it is not done.
     *
     * @param executor may start a thread for it
     */
    static void execute(Executor executor, Runnable task) {
        if (ForkJoinPool.getCommonPoolParallelism() == 0) {
            // It has no thread: it was switched off by a system property.
            executor.execute(task);
            return;
        }
        CompletableFuture<Void> start = new CompletableFuture<>();
        handOver(start, executor, task);
        // The thread that completes a future hands over what waits for it.
        start.completeAsync(() -> null, ForkJoinPool.commonPool());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What fails is told as by any thread.
    private static void handOver(CompletableFuture<Void> start, Executor executor, Runnable task) {
        start.thenRunAsync(
                () -> {
                    try {
                        task.run();
                    } catch (Throwable e) {
                        Thread thread = Thread.currentThread();
                        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                    }
                },
                executor);
    }

    /**
     * Has the JDK start its thread for the time limits of futures, which it has for ever, unless it
     * runs already.
     */
    public static void ofTimer() {
        CompletableFuture<Void> runs = new CompletableFuture<>();
        execute(
                CompletableFuture.delayedExecutor(
                        0, TimeUnit.MILLISECONDS, ForkJoinPool.commonPool()),
                () -> runs.complete(null));
        try {
            runs.get(TIMER_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The common pool is busy: no harm but a class loader that is held.
            return;
        }
    }
}
