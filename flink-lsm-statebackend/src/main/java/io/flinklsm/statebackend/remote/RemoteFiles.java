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
package io.flinklsm.statebackend.remote;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.snapshot.UploadedSstables;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.state.StreamStateHandle;

/** The remote files of one backend's {@link TieredStorage}, by their handles. Any thread. */
public final class RemoteFiles implements UploadedSstables.Homes {

    private final TieredStorage storage;
    private final TaskOwnedUpload uploads;
    private final CloseableRegistry registry;
    private final Duration requestTimeout;
    private final Executor executor;
    private final int transferThreads;

    /**
     * @param uploads what the storage uploads early with
     * @param registry closed with the backend: ends what is under way
     * @param transferThreads requests of the background at a time
     */
    public RemoteFiles(
            TieredStorage storage,
            TaskOwnedUpload uploads,
            CloseableRegistry registry,
            Duration requestTimeout,
            Executor executor,
            int transferThreads) {
        this.storage = storage;
        this.uploads = uploads;
        this.registry = registry;
        this.requestTimeout = requestTimeout;
        this.executor = executor;
        this.transferThreads = transferThreads;
    }

    /**
     * The store reads the file where the restored checkpoint has it.
     *
     * @param tailOffset where filters, indexes and footer begin
     */
    public void adopt(String name, long sizeBytes, long tailOffset, StreamStateHandle handle)
            throws IOException {
        storage.adopt(name, sizeBytes, tailOffset, source(handle));
    }

    /** Begins to bring here what was adopted. */
    public void startFetching(String operator, LsmStore store) {
        storage.startFetching(
                executor, transferThreads, new FetchLog(operator, store, System.nanoTime()));
    }

    /** No request is made from now on; a thread that waits is told. Idempotent. */
    public void stop() {
        storage.stop();
    }

    @Override
    public Set<String> names() {
        return storage.namesWithHome();
    }

    @Override
    public void confirmed(String name, StreamStateHandle handle) {
        storage.setHome(name, source(handle));
    }

    @Override
    public void forget(String name) throws IOException {
        storage.forgetHome(name);
    }

    @Override
    public boolean stayRemote() {
        return storage.staysRemote();
    }

    @Override
    public Map<String, StreamStateHandle> uploadedEarly() {
        Map<String, StreamStateHandle> handles = new HashMap<>();
        storage.allEarly()
                .forEach(
                        (name, uploaded) -> {
                            if (uploaded instanceof TaskOwnedUpload.Early early) {
                                handles.put(name, early.handle());
                            }
                        });
        return handles;
    }

    @Override
    public Set<String> mayList(long checkpointId, Map<String, StreamStateHandle> early) {
        Map<String, TaskOwnedUpload.Early> files = new HashMap<>();
        early.forEach(
                (name, handle) -> {
                    if (storage.early(name) instanceof TaskOwnedUpload.Early file
                            && file.handle().equals(handle)) {
                        files.put(name, file);
                    }
                });
        return uploads.hold(checkpointId, files);
    }

    @Override
    public Set<String> lists(long checkpointId, Set<String> names) {
        return uploads.holdOnly(checkpointId, names);
    }

    @Override
    public void notWritten(long checkpointId) {
        uploads.letGo(checkpointId);
        storage.removeCopies(checkpointId);
    }

    @Override
    public void completed(long checkpointId) {
        uploads.completed(checkpointId);
    }

    @Override
    public void uploadedAgain(long checkpointId, String name, StreamStateHandle handle) {
        storage.addCopy(name, checkpointId, source(handle));
    }

    @Override
    public void aborted(long checkpointId) {
        uploads.aborted(checkpointId);
        storage.removeCopies(checkpointId);
    }

    private HandleSource source(StreamStateHandle handle) {
        return new HandleSource(handle, registry, requestTimeout, executor);
    }
}
