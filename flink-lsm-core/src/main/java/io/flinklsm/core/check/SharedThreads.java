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
package io.flinklsm.core.check;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Some threads that the slots of a process share, each through a lane of its own. Lanes with work
 * are served in turn, a task each, so that a slot with many tasks waits as long as one with few. A
 * lane has a limit of its own as well: one whose tasks are all stuck leaves threads to the others,
 * if it may not have them all.
 *
 * <p>Threads are daemons, which start when there is work and end when they have been idle for a
 * while, and hold no class of what had them started. Safe for any thread.
 */
@SuppressWarnings("GuardedBy") // A lane is guarded by the lock of the threads that it belongs to.
public final class SharedThreads implements AutoCloseable {

    private static final long IDLE_SECONDS = 10;

    // Immutable.
    private final int count;
    private final ThreadPoolExecutor pool;
    private final Set<Thread> alive = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();

    /** Lanes with a task that may begin, each once. */
    @GuardedBy("lock")
    private final Deque<Lane> waiting = new ArrayDeque<>();

    /** Threads that run tasks, or are on their way to the first. */
    @GuardedBy("lock")
    private int working;

    /**
     * @param name prefix of the threads' names
     * @param count how many there are at most
     */
    public SharedThreads(String name, int count) {
        this(name, count, IDLE_SECONDS);
    }

    SharedThreads(String name, int count, long idleSeconds) {
        if (count < 1) {
            throw new IllegalArgumentException(
                    "work needs a thread: name=" + name + ", count=" + count);
        }
        this.count = count;
        pool =
                new ThreadPoolExecutor(
                        count,
                        count,
                        idleSeconds,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        named(name));
        pool.allowCoreThreadTimeOut(true);
    }

    @SuppressWarnings("removal") // Without effect from JDK 24 on, where nothing is inherited.
    private ThreadFactory named(String name) {
        AtomicInteger made = new AtomicInteger();
        return task -> {
            String threadName = name + "-" + made.incrementAndGet();
            Runnable life = tracked(task);
            // A thread keeps the protection domains, and so the class loaders, of all classes on
            // the stack that makes it, a user's function among them: but for what is below this.
            Thread thread =
                    AccessController.doPrivileged(
                            (PrivilegedAction<Thread>)
                                    () -> new Thread(null, life, threadName, 0, false));
            thread.setDaemon(true);
            thread.setContextClassLoader(SharedThreads.class.getClassLoader());
            return thread;
        };
    }

    private Runnable tracked(Runnable life) {
        return () -> {
            alive.add(Thread.currentThread());
            try {
                life.run();
            } finally {
                alive.remove(Thread.currentThread());
            }
        };
    }

    /** How many threads there are at most. */
    public int count() {
        return count;
    }

    /**
     * @param most how many of its tasks run at a time
     */
    public Lane lane(int most) {
        return new Lane(most);
    }

    private void startWorking() {
        Runnable worker =
                new Runnable() {
                    @Override
                    public void run() {
                        work();
                    }
                };
        try {
            pool.execute(worker);
        } catch (RuntimeException | Error e) {
            // It may wait in the pool for a thread that could not be started.
            pool.remove(worker);
            throw e;
        }
        working++;
    }

    /** Tasks that are begun in their order. */
    public final class Lane implements Executor, AutoCloseable {

        private final int most;
        private final Condition ended = lock.newCondition();

        @GuardedBy("lock")
        private final Deque<Runnable> tasks = new ArrayDeque<>();

        @GuardedBy("lock")
        private int running;

        @GuardedBy("lock")
        private long completed;

        @GuardedBy("lock")
        private boolean isWaiting;

        @GuardedBy("lock")
        private boolean isClosed;

        private Lane(int most) {
            if (most < 1) {
                throw new IllegalArgumentException("work needs a thread: most=" + most);
            }
            this.most = most;
        }

        /**
         * Runs a task when a thread is free, and it is this lane's turn.
         *
         * @throws RejectedExecutionException if the lane or the threads are closed
         */
        @Override
        public void execute(Runnable task) {
            lock.lock();
            try {
                if (isClosed) {
                    throw new RejectedExecutionException("[threads] the lane is closed");
                }
                tasks.addLast(task);
                waitForTurn();
                if (!waiting.isEmpty() && working < count) {
                    startWorking();
                }
            } catch (RuntimeException | Error e) {
                // No thread could be started, and the task may wait for one.
                forget(task);
                throw e;
            } finally {
                lock.unlock();
            }
        }

        /** How many of its tasks run at a time, at most. */
        public int most() {
            return most;
        }

        /** How many tasks have ended; for tests. */
        public long completed() {
            lock.lock();
            try {
                return completed;
            } finally {
                lock.unlock();
            }
        }

        private void waitForTurn() {
            if (!isWaiting && !tasks.isEmpty() && running < most) {
                isWaiting = true;
                waiting.addLast(this);
            }
        }

        private void forget(Runnable task) {
            if (tasks.peekLast() == task) {
                tasks.removeLast();
            }
            if (isWaiting && tasks.isEmpty()) {
                isWaiting = false;
                waiting.remove(this);
            }
        }

        private Runnable begin() {
            isWaiting = false;
            Runnable task = tasks.removeFirst();
            running++;
            Invariants.check(running <= most, "a lane has too many threads", "running", running);
            waitForTurn();
            return task;
        }

        private void end() {
            running--;
            completed++;
            waitForTurn();
            ended.signalAll();
        }

        /** Takes nothing any more. */
        public void shutdown() {
            lock.lock();
            try {
                isClosed = true;
            } finally {
                lock.unlock();
            }
        }

        /** Takes nothing any more, and waits until all that was taken has ended. */
        @Override
        public void close() {
            lock.lock();
            try {
                isClosed = true;
                while (running > 0 || !tasks.isEmpty()) {
                    ended.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void work() {
        while (true) {
            Lane lane;
            Runnable task;
            lock.lock();
            try {
                lane = waiting.pollFirst();
                if (lane == null) {
                    working--;
                    return;
                }
                task = lane.begin();
            } finally {
                lock.unlock();
            }
            try {
                task.run();
            } catch (Throwable e) {
                // As if the thread ended with it, as others then do the rest.
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
            } finally {
                lock.lock();
                try {
                    lane.end();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /**
     * Ends the threads; the lanes take nothing any more. Waits for their end, except on one of
     * them, which ends with the task that calls this.
     */
    @Override
    public void close() {
        pool.shutdown();
        if (alive.contains(Thread.currentThread())) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                if (pool.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
