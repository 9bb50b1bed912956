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
package io.flinklsm.statebackend.restore;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.check.Cleanup;
import io.flinklsm.statebackend.registry.StateRegistry;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.metrics.MetricNames;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateSerializerProvider;
import org.apache.flink.util.StateMigrationException;

/**
 * Makes a store: an empty one, or from the handles of a checkpoint or savepoint. Task thread.
 *
 * @param <K> type of the keys
 */
public final class LsmRestoreOperation<K> {

    private final RestoreContext context;
    private final KeySerializerCheck<K> keySerializerCheck;

    public LsmRestoreOperation(
            RestoreContext context, StateSerializerProvider<K> keySerializerProvider) {
        this.context = context;
        this.keySerializerCheck = new KeySerializerCheck<>(keySerializerProvider);
    }

    /**
     * The first handle says of what kind all are.
     *
     * @throws StateMigrationException if the job's key serializer cannot read the keys as they are
     * @throws IOException if a file is missing or damaged, or a handle is of an unknown kind
     */
    public RestoredBackend restore(Collection<KeyedStateHandle> handles)
            throws IOException, InterruptedException, StateMigrationException {
        List<KeyedStateHandle> present = handles.stream().filter(Objects::nonNull).toList();
        if (present.isEmpty()) {
            LsmStore store =
                    LsmStore.create(
                            context.files().storage(),
                            context.storeOptions(),
                            context.storeResources());
            try {
                return new RestoredBackend(
                        store,
                        new StateRegistry(store),
                        UUID.randomUUID(),
                        UploadedSstables.none());
            } catch (Throwable failure) {
                Cleanup.undo(failure, store);
                throw failure;
            }
        }
        long begin = context.storeResources().clock().nanoTime();
        RestoredBackend restored =
                present.get(0) instanceof IncrementalKeyedStateHandle
                        ? new NativeRestore<>(context, keySerializerCheck)
                                .restore(allOf(IncrementalKeyedStateHandle.class, present))
                        : new CanonicalRestore<>(context, keySerializerCheck)
                                .restore(allOf(KeyGroupsStateHandle.class, present));
        try {
            context.metrics()
                    .addMetric(
                            MetricNames.RESTORE_STATE_DURATION,
                            TimeUnit.NANOSECONDS.toMillis(
                                    context.storeResources().clock().nanoTime() - begin));
            return restored;
        } catch (Throwable failure) {
            Cleanup.undo(failure, restored.store());
            throw failure;
        }
    }

    private static <H> List<H> allOf(Class<H> kind, List<KeyedStateHandle> handles)
            throws IOException {
        List<H> all = new ArrayList<>(handles.size());
        for (KeyedStateHandle handle : handles) {
            if (!kind.isInstance(handle)) {
                throw new IOException(
                        "["
                                + handle.getStateHandleId()
                                + "] the state backend cannot restore such a handle: is="
                                + handle.getClass().getName()
                                + ", expected="
                                + kind.getSimpleName()
                                + "; restore from a checkpoint of flink-lsm or a canonical"
                                + " savepoint.");
            }
            all.add(kind.cast(handle));
        }
        return all;
    }
}
