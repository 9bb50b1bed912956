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
package io.flinklsm.statebackend.snapshot;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.flink.runtime.checkpoint.SnapshotType.SharingFilesStrategy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * Which SSTables earlier checkpoints put on the checkpoint storage, and which of them a new
 * checkpoint may refer to instead of uploading them again. Safe for any thread.
 *
 * <p>The rule. A file may be referred to under the path that the <em>base</em> has it, the newest
 * checkpoint that we were told is complete, and only if every checkpoint begun after the base
 * refers to that path too or lacks the file. For example, with the base 1 = {a, b}:
 *
 * <pre>
 *   2 = {a from 1, c new}, not confirmed    → 3 may refer to a; it uploads c again (FLINK-25395)
 *   2 = {a uploaded again, full checkpoint} → 3 uploads a: once 2 is complete, the job manager may
 *                                             delete 1 and the a of 1 with it (FLINK-29913)
 *   2 is a savepoint                        → as if it had never been (FLINK-23949)
 * </pre>
 *
 * A checkpoint counts from its synchronous part on, before it is known what it uploads: until it
 * has finished, it is taken to upload whatever it does not refer to. "After" is the order in which
 * checkpoints begin; ids need not grow (the changelog backend makes up its own).
 */
public final class UploadedSstables {

    /**
     * What a checkpoint that began after the base does; {@code uploaded} is null until it ended.
     */
    private static final class Later {
        final Map<String, StreamStateHandle> reused;
        @Nullable Map<String, StreamStateHandle> uploaded;

        Later(Map<String, StreamStateHandle> reused) {
            this.reused = reused;
        }

        boolean mayReplace(String name, StreamStateHandle handle) {
            StreamStateHandle other = reused.get(name);
            if (other != null) {
                return !other.getStreamStateHandleID().equals(handle.getStreamStateHandleID());
            }
            return uploaded == null || uploaded.containsKey(name);
        }
    }

    // Guarded by this.
    private Map<String, StreamStateHandle> base;
    private final LinkedHashMap<Long, Later> later = new LinkedHashMap<>();

    private UploadedSstables(Map<String, StreamStateHandle> base) {
        this.base = base;
    }

    public static UploadedSstables none() {
        return new UploadedSstables(Map.of());
    }

    /**
     * After a restore that took over a whole checkpoint.
     *
     * @param shared the checkpoint's shared files by the name of the SSTable
     */
    public static UploadedSstables restored(Map<String, ? extends StreamStateHandle> shared) {
        return new UploadedSstables(Map.copyOf(shared));
    }

    /**
     * Begins a checkpoint: says which files it may refer to, by the name of the SSTable. Unless it
     * is a savepoint, {@link #finished} or {@link #failed} must follow.
     *
     * @param canReuse whether the checkpoint storage lets a handle be used again
     */
    public synchronized Map<String, StreamStateHandle> begin(
            long checkpointId,
            SharingFilesStrategy sharing,
            Predicate<StreamStateHandle> canReuse) {
        Map<String, StreamStateHandle> reusable = new HashMap<>();
        switch (sharing) {
            case NO_SHARING -> {
                return reusable;
            }
            case FORWARD -> {}
            case FORWARD_BACKWARD -> {
                for (Map.Entry<String, StreamStateHandle> file : base.entrySet()) {
                    if (mayRefer(file.getKey(), file.getValue())
                            && canReuse.test(file.getValue())) {
                        reusable.put(file.getKey(), file.getValue());
                    }
                }
            }
        }
        // A checkpoint of the same id that was taken before is void; this one comes last.
        later.remove(checkpointId);
        later.put(checkpointId, new Later(Map.copyOf(reusable)));
        return reusable;
    }

    private boolean mayRefer(String name, StreamStateHandle handle) {
        // Flink 2.3.0 writes only the relative path of such a handle into the metadata of the new
        // checkpoint, where it leads nowhere (FLINK-39964).
        if (handle instanceof RelativeFileStateHandle) {
            return false;
        }
        for (Later checkpoint : later.values()) {
            if (checkpoint.mayReplace(name, handle)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The checkpoint is written.
     *
     * @param reusedNames of the files it may refer to, those that it does refer to
     * @param uploaded files that it uploaded, shared, by the name of the SSTable
     */
    public synchronized void finished(
            long checkpointId, Set<String> reusedNames, Map<String, StreamStateHandle> uploaded) {
        Later checkpoint = later.get(checkpointId);
        if (checkpoint != null) {
            Map<String, StreamStateHandle> reused = new HashMap<>(checkpoint.reused);
            reused.keySet().retainAll(new HashSet<>(reusedNames));
            Later ended = new Later(reused);
            ended.uploaded = Map.copyOf(uploaded);
            later.put(checkpointId, ended);
        }
    }

    /** The checkpoint will not be written, or its files were discarded. */
    public synchronized void failed(long checkpointId) {
        later.remove(checkpointId);
    }

    /** Flink says that the checkpoint is complete; of savepoints and unknown ids, nothing comes. */
    public synchronized void completed(long checkpointId) {
        Later checkpoint = later.get(checkpointId);
        if (checkpoint == null || checkpoint.uploaded == null) {
            return;
        }
        Map<String, StreamStateHandle> files = new HashMap<>(checkpoint.reused);
        files.putAll(checkpoint.uploaded);
        base = files;
        Iterator<Long> ids = later.keySet().iterator();
        while (ids.hasNext()) {
            long id = ids.next();
            ids.remove();
            if (id == checkpointId) {
                return;
            }
        }
    }

    /** Flink says that the checkpoint will never be complete. */
    public synchronized void aborted(long checkpointId) {
        later.remove(checkpointId);
    }
}
