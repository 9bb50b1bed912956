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
package io.flinklsm.statebackend.testing;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.runtime.asyncprocessing.EpochManager.ParallelMode;
import org.apache.flink.runtime.asyncprocessing.RecordContext;
import org.apache.flink.runtime.asyncprocessing.StateExecutionController;
import org.apache.flink.runtime.asyncprocessing.declare.DeclarationManager;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.streaming.runtime.tasks.StreamTaskActionExecutor;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxExecutorImpl;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailboxImpl;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Plays the task of an operator with asynchronous state: Flink's own controller over a backend, and
 * a mailbox that is worked off when the task waits. Confined to the thread that made it.
 */
public final class AsyncTask<K> implements AutoCloseable {

    private final StateExecutionController<K> controller;
    private final TaskMailboxImpl mailbox = new TaskMailboxImpl(Thread.currentThread());
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread taskThread = Thread.currentThread();
    private int records;

    /**
     * @param batchSize requests that Flink hands over together
     */
    public AsyncTask(AsyncKeyedStateBackend<K> backend, int maxParallelism, int batchSize) {
        controller =
                new StateExecutionController<>(
                        new MailboxExecutorImpl(mailbox, 0, StreamTaskActionExecutor.IMMEDIATE),
                        (message, thrown) -> fail(thrown),
                        backend.createStateExecutor(),
                        new DeclarationManager(),
                        ParallelMode.SERIAL_BETWEEN_EPOCH,
                        maxParallelism,
                        batchSize,
                        10_000,
                        4 * batchSize,
                        null,
                        null);
        backend.setup(controller);
    }

    /** As Flink does: the task does not wait for its records any more. */
    private void fail(Throwable thrown) {
        if (failure.compareAndSet(null, thrown)) {
            taskThread.interrupt();
        }
    }

    /** Processes a record when its key is free, as Flink does it by default. */
    public void process(K key, ThrowingRunnable<Exception> record) {
        RecordContext<K> context = controller.buildContext(++records, key);
        context.retain();
        controller.setCurrentContext(context);
        controller.syncPointRequestWithCallback(record, false);
        context.release();
        failOnFailure();
    }

    /** Waits for all records. */
    public void drain() {
        controller.drainInflightRecords(0);
        failOnFailure();
    }

    /** The first failure that Flink would fail the task with; null if there was none. */
    public Throwable failure() {
        return failure.get();
    }

    private void failOnFailure() {
        Throwable thrown = failure.get();
        if (thrown != null) {
            // The interrupt was this class's own.
            boolean ignored = Thread.interrupted();
            throw new AssertionError("a state request failed", thrown);
        }
    }

    @Override
    public void close() throws IOException {
        controller.close();
    }
}
