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
package io.flinklsm.benchmarks.async;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.state.v2.ValueState;
import org.apache.flink.api.common.state.v2.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.runtime.asyncprocessing.EpochManager.ParallelMode;
import org.apache.flink.runtime.asyncprocessing.RecordContext;
import org.apache.flink.runtime.asyncprocessing.StateExecutionController;
import org.apache.flink.runtime.asyncprocessing.StateExecutor;
import org.apache.flink.runtime.asyncprocessing.declare.DeclarationManager;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.runtime.tasks.StreamTaskActionExecutor;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxExecutorImpl;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailboxImpl;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * State V2 as an operator uses it: Flink's own controller with its default sizes, and the task's
 * mailbox, which is looked at between two records.
 */
final class OperatorSide implements Side {

    private final boolean isAsynchronous;
    private final BackendSlot slot;
    private final AsyncKeyedStateBackend<Long> backend;
    private final StateExecutionController<Long> controller;
    private final TaskMailboxImpl mailbox = new TaskMailboxImpl(Thread.currentThread());
    private final ValueState<byte[]> state;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private long records;

    /**
     * @param isAsynchronous whether a record goes on without its value, or waits for it
     */
    OperatorSide(boolean isAsynchronous, BackendSlot slot, BackendSpec spec) throws Exception {
        this.isAsynchronous = isAsynchronous;
        this.slot = slot;
        backend = slot.openAsync(spec);
        StateExecutor executor = backend.createStateExecutor();
        controller =
                new StateExecutionController<>(
                        new MailboxExecutorImpl(mailbox, 0, StreamTaskActionExecutor.IMMEDIATE),
                        (message, thrown) -> failure.compareAndSet(null, thrown),
                        executor,
                        new DeclarationManager(),
                        ParallelMode.SERIAL_BETWEEN_EPOCH,
                        spec.keyGroups(),
                        ExecutionOptions.ASYNC_STATE_ACTIVE_BUFFER_SIZE.defaultValue(),
                        ExecutionOptions.ASYNC_STATE_ACTIVE_BUFFER_TIMEOUT.defaultValue(),
                        ExecutionOptions.ASYNC_STATE_TOTAL_BUFFER_SIZE.defaultValue(),
                        backend,
                        null);
        backend.setup(controller);
        state =
                backend.getOrCreateKeyedState(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        new ValueStateDescriptor<>(
                                V1Side.STATE, BytePrimitiveArraySerializer.INSTANCE));
    }

    @Override
    public void write(long[] keys) throws Exception {
        for (long key : keys) {
            process(key, () -> state.asyncUpdate(RandomValues.of(key)));
        }
        drain();
    }

    @Override
    public void read(long[] keys) throws Exception {
        for (long key : keys) {
            process(
                    key,
                    isAsynchronous
                            ? () ->
                                    state.asyncValue()
                                            .thenAccept(value -> RandomValues.check(key, value))
                            : () -> RandomValues.check(key, state.value()));
        }
        drain();
    }

    /** As Flink's operators do it by default, and its tasks between two records. */
    private void process(Long key, ThrowingRunnable<Exception> record) throws Exception {
        RecordContext<Long> context = controller.buildContext(++records, key);
        context.retain();
        controller.setCurrentContext(context);
        controller.syncPointRequestWithCallback(record, false);
        context.release();
        if (mailbox.createBatch()) {
            for (Optional<Mail> mail = mailbox.tryTakeFromBatch();
                    mail.isPresent();
                    mail = mailbox.tryTakeFromBatch()) {
                mail.get().run();
            }
        }
    }

    private void drain() {
        controller.drainInflightRecords(0);
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException("[async] a request failed", thrown);
        }
    }

    @Override
    public void close() throws Exception {
        IOUtils.closeAll(controller, backend::dispose, backend, slot);
    }
}
