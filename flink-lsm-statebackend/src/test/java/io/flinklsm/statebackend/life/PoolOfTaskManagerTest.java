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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PoolOfTaskManagerTest {

    private static final String LIFE = "io.flinklsm.statebackend.life.";

    /** As that of a job that brings the backend's jar: these classes are its own. */
    private static final class JobLoader extends ClassLoader {

        JobLoader() {
            super(PoolOfTaskManagerTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(LIFE + "PoolOfTaskManager") && !name.equals(LIFE + "CleanStart")) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            String file = name.substring(LIFE.length()) + ".class";
            try (InputStream in =
                    Objects.requireNonNull(PoolOfTaskManager.class.getResourceAsStream(file))) {
                byte[] code = in.readAllBytes();
                return defineClass(
                        name,
                        code,
                        0,
                        code.length,
                        new java.security.ProtectionDomain(null, null, this, null));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void threadThatIsStartedForAJobDoesNotHoldItsClassLoader() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            WeakReference<ClassLoader> ofJob = runInJob(threads);

            while (ofJob.get() != null) {
                assertThat(Thread.currentThread().isInterrupted()).as("still held").isFalse();
                System.gc();
            }

            // The pool has the thread still.
            CompletableFuture<ClassLoader> context = new CompletableFuture<>();
            threads.execute(() -> context.complete(Thread.currentThread().getContextClassLoader()));
            assertThat(context.get()).isSameAs(ClassLoader.getSystemClassLoader());
        } finally {
            threads.shutdownNow();
        }
    }

    private static WeakReference<ClassLoader> runInJob(ExecutorService threads) throws Exception {
        JobLoader ofJob = new JobLoader();
        Thread task = Thread.currentThread();
        ClassLoader before = task.getContextClassLoader();
        task.setContextClassLoader(ofJob);
        try {
            Executor pool =
                    (Executor)
                            ofJob.loadClass(LIFE + "PoolOfTaskManager")
                                    .getConstructor(Executor.class)
                                    .newInstance(threads);
            assertThat(pool.getClass().getClassLoader()).isSameAs(ofJob);
            CountDownLatch done = new CountDownLatch(2);
            pool.execute(done::countDown);
            pool.execute(done::countDown);
            done.await();
        } finally {
            task.setContextClassLoader(before);
        }
        return new WeakReference<>(ofJob);
    }

    @Test
    void poolWithAllItsThreadsIsCalledAtOnce() {
        AtomicReference<Thread> thread = new AtomicReference<>();

        new PoolOfTaskManager(Runnable::run).execute(() -> thread.set(Thread.currentThread()));

        assertThat(thread).hasValue(Thread.currentThread());
    }

    @Test
    void poolThatHasEndedTakesNothing() {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        PoolOfTaskManager pool = new PoolOfTaskManager(threads);
        threads.shutdown();

        assertThatThrownBy(() -> pool.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void failureOfATaskIsToldAsByAnyThread() throws Exception {
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        ExecutorService threads =
                Executors.newFixedThreadPool(
                        1,
                        task -> {
                            Thread thread = new Thread(task);
                            thread.setUncaughtExceptionHandler((of, e) -> told.complete(e));
                            return thread;
                        });
        try {
            new PoolOfTaskManager(threads)
                    .execute(
                            () -> {
                                throw new IllegalStateException("this task fails");
                            });

            assertThat(told.get(30, TimeUnit.SECONDS)).hasMessage("this task fails");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void timerOfTheJdkRunsWhenItWasStarted() {
        CleanStart.ofTimer();

        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .anyMatch(name -> name.endsWith("elayScheduler"));
    }
}
