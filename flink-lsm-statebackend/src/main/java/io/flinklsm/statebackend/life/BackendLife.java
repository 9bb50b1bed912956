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

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when a backend's resources are released: once, after a caller asked for it and the last
 * lease is back. Leases are held by asynchronous snapshots, and by anything else that reads the
 * store outside the task thread. Safe for any thread.
 *
 * <p>Two ways to ask. {@link #releaseAndWait} is that of {@code dispose()}. {@link #releaseLater}
 * is that of {@code close()}, which may come from a canceller thread while the task thread is
 * inside a state access, and which Flink 2.3.0 sometimes lets nothing follow (its adaptor for State
 * V2 never disposes the backend that it wraps): it never blocks, and from a foreign thread waits
 * for the end of the task thread in the background.
 */
public final class BackendLife {

    private static final Logger LOG = LoggerFactory.getLogger(BackendLife.class);

    /** How often the background looks whether the task thread has ended, as nothing tells it. */
    private static final long TASK_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    // Immutable.
    private final String owner;
    private final Thread taskThread;
    private final Closeable resources;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by lock.
    private int leases;
    private boolean refusing;
    private boolean due;
    private boolean started;
    private boolean released;
    private @Nullable Thread watcher;

    /**
     * @param owner names the backend in messages and thread names
     * @param resources closed exactly once; a failure is logged
     */
    public BackendLife(String owner, Thread taskThread, Closeable resources) {
        this.owner = owner;
        this.taskThread = taskThread;
        this.resources = resources;
    }

    /** Permission to use the backend's resources until it is closed. */
    public final class Lease implements Closeable {

        private boolean returned;

        private Lease() {}

        /** Idempotent; the last one may release the resources on this thread. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (returned) {
                    return;
                }
                returned = true;
                leases--;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            releaseIfDue();
        }
    }

    /**
     * @throws IOException if the backend was closed
     */
    public Lease acquire() throws IOException {
        lock.lock();
        try {
            if (refusing) {
                throw new IOException(
                        "["
                                + owner
                                + "] the state backend was closed; state may not be used after"
                                + " that");
            }
            leases++;
            return new Lease();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a release was asked for; no lease is given from then on. */
    public boolean isClosing() {
        lock.lock();
        try {
            return refusing;
        } finally {
            lock.unlock();
        }
    }

    /** Releases as soon as no lease and no state access can be in the way; waits for neither. */
    public void releaseLater() {
        lock.lock();
        try {
            refusing = true;
            if (due || watcher != null) {
                return;
            }
            if (Thread.currentThread() == taskThread || !taskThread.isAlive()) {
                due = true;
            } else {
                Thread thread = new Thread(this::releaseAfterTask, "lsm-close-" + owner);
                thread.setDaemon(true);
                // It may be refused; then dispose, or another close, still releases.
                thread.start();
                watcher = thread;
            }
        } finally {
            lock.unlock();
        }
        releaseIfDue();
    }

    /** Waits for the leases, releases, and returns when that is done. Task thread. Idempotent. */
    public void releaseAndWait() {
        lock.lock();
        try {
            refusing = true;
            due = true;
            changed.signalAll();
            while (leases > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        releaseIfDue();
        lock.lock();
        try {
            while (!released) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void releaseAfterTask() {
        lock.lock();
        try {
            while (!due && taskThread.isAlive()) {
                changed.awaitNanos(TASK_POLL_NANOS);
            }
            due = true;
        } catch (InterruptedException e) {
            LOG.warn("[{}] interrupted while waiting for the task to end; not released", owner);
        } finally {
            lock.unlock();
        }
        releaseIfDue();
    }

    private void releaseIfDue() {
        lock.lock();
        try {
            if (!due || leases > 0 || started) {
                return;
            }
            started = true;
        } finally {
            lock.unlock();
        }
        try {
            resources.close();
        } catch (IOException | RuntimeException e) {
            LOG.warn("[{}] not everything could be released when the backend was closed", owner, e);
        } finally {
            LinkedRecords.forgetLast();
            lock.lock();
            try {
                released = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
