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

import java.io.IOException;
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
 *
 * <p>Files that the store reads where a checkpoint has them ({@link Homes}) need more: the job
 * manager deletes what no retained checkpoint lists. So every checkpoint lists all of them, also
 * those that only an old view still reads, or makes them local before it can be complete; and a
 * file gets a home only if every checkpoint that has begun meanwhile lists it there.
 *
 * <p>Files that this backend uploaded early may be referred to by the same rule, though no
 * checkpoint has them yet. Once one lists such a file, the store reads it like one at home, and the
 * job manager deletes it; before, or if that checkpoint is not written after all, the backend does.
 */
public final class UploadedSstables {

    /** The files of the store that may be read where a checkpoint has them. Any thread. */
    public interface Homes {

        Set<String> names();

        /** A completed checkpoint has the file, and all later ones will list it there. */
        void confirmed(String name, StreamStateHandle handle);

        /** The file may not be read there any more: returns when it is a local one. */
        void forget(String name) throws IOException;

        /** Whether files are read remotely for good, and not only until they are fetched. */
        boolean stayRemote();

        /**
         * Where files are, by their names, that this backend put there before any checkpoint had
         * them. They go when they are not needed.
         */
        Map<String, StreamStateHandle> uploadedEarly();

        /**
         * A checkpoint begins that may list files where they were uploaded early, and may be
         * complete before the backend is told: the backend does not delete these any more.
         *
         * @return names of those that are still there
         */
        Set<String> mayList(long checkpointId, Map<String, StreamStateHandle> early);

        /**
         * The checkpoint lists these files of the store, and no others.
         *
         * @return names of those that it lists where they were uploaded early
         */
        Set<String> lists(long checkpointId, Set<String> names);

        /**
         * A checkpoint that may become complete has put the file in another place. Once it is
         * complete the file may be gone from where it is read, before any owner is told.
         */
        void uploadedAgain(long checkpointId, String name, StreamStateHandle handle);

        /** Flink says that the checkpoint is complete. */
        void completed(long checkpointId);

        /** Flink says that the checkpoint will not be complete: what it uploaded is deleted. */
        void aborted(long checkpointId);

        /** No job manager has the checkpoint: what it uploaded is deleted, what it lists is not. */
        void notWritten(long checkpointId);
    }

    /**
     * What a checkpoint lists that was there before it.
     *
     * @param files by the names of the SSTables
     * @param early names of those that were uploaded early: the job manager may not know them
     */
    public record Listed(Map<String, StreamStateHandle> files, Set<String> early) {

        static final Listed NOTHING = new Listed(Map.of(), Set.of());
    }

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
    private boolean isRestored;
    private final LinkedHashMap<Long, Later> later = new LinkedHashMap<>();

    private UploadedSstables(Map<String, StreamStateHandle> base, boolean isRestored) {
        this.base = base;
        this.isRestored = isRestored;
    }

    public static UploadedSstables none() {
        return new UploadedSstables(Map.of(), false);
    }

    /**
     * After a restore. The job manager has registered what it restored from, so that other backends
     * than those that wrote the files may refer to them as well.
     *
     * @param shared the shared files that were restored by the name of the SSTable
     */
    public static UploadedSstables restored(Map<String, ? extends StreamStateHandle> shared) {
        return new UploadedSstables(Map.copyOf(shared), true);
    }

    /**
     * Whether what may be referred to comes from a restore and not from a checkpoint of this
     * backend: then the real handles are to be listed and no placeholders.
     */
    public synchronized boolean isRestored() {
        return isRestored;
    }

    /**
     * Where the newest checkpoint that is known to be complete has files, by the name of the
     * SSTable. They are there now, and may go at any time: no checkpoint may list them for that.
     */
    public synchronized Map<String, StreamStateHandle> known() {
        return base;
    }

    /**
     * Begins a checkpoint: says which files it may refer to, by the name of the SSTable. Unless it
     * is a savepoint, {@link #finished} or {@link #failed} must follow.
     *
     * @param canReuse whether the checkpoint storage lets a handle be used again
     * @param homes knows what was uploaded early
     */
    public synchronized Map<String, StreamStateHandle> begin(
            long checkpointId,
            SharingFilesStrategy sharing,
            Predicate<StreamStateHandle> canReuse,
            Homes homes) {
        Map<String, StreamStateHandle> reusable = new HashMap<>();
        switch (sharing) {
            case NO_SHARING -> {
                return reusable;
            }
            case FORWARD -> {}
            case FORWARD_BACKWARD -> {
                addReusable(base, canReuse, reusable);
                // Where the base has a file, it may be gone from where it was uploaded early.
                Map<String, StreamStateHandle> early = new HashMap<>(homes.uploadedEarly());
                early.keySet().removeAll(base.keySet());
                Map<String, StreamStateHandle> reusableEarly = new HashMap<>();
                addReusable(early, canReuse, reusableEarly);
                reusableEarly.keySet().retainAll(homes.mayList(checkpointId, reusableEarly));
                reusable.putAll(reusableEarly);
            }
        }
        // A checkpoint of the same id that was taken before is void; this one comes last.
        later.remove(checkpointId);
        later.put(checkpointId, new Later(Map.copyOf(reusable)));
        return reusable;
    }

    private void addReusable(
            Map<String, StreamStateHandle> files,
            Predicate<StreamStateHandle> canReuse,
            Map<String, StreamStateHandle> reusable) {
        for (Map.Entry<String, StreamStateHandle> file : files.entrySet()) {
            if (mayRefer(file.getKey(), file.getValue()) && canReuse.test(file.getValue())) {
                reusable.put(file.getKey(), file.getValue());
            }
        }
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
     * Which of the files that the checkpoint may refer to it lists: those of its image, and those
     * that the store may read there all the same. It must list these and no others.
     *
     * @param reusable what {@link #begin} gave
     * @param image names of the SSTables of the checkpoint
     */
    public synchronized Listed list(
            long checkpointId,
            Map<String, StreamStateHandle> reusable,
            Set<String> image,
            Homes homes) {
        Map<String, StreamStateHandle> listed = new LinkedHashMap<>();
        Set<String> readThere = homes.names();
        for (Map.Entry<String, StreamStateHandle> file : reusable.entrySet()) {
            if (image.contains(file.getKey()) || readThere.contains(file.getKey())) {
                listed.put(file.getKey(), file.getValue());
            }
        }
        // From now on no other file gets a home that this checkpoint would have to list.
        later.computeIfPresent(checkpointId, (id, checkpoint) -> new Later(Map.copyOf(listed)));
        return new Listed(listed, homes.lists(checkpointId, listed.keySet()));
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

    /**
     * Flink says that the checkpoint is complete; of savepoints and unknown ids, nothing comes.
     *
     * @param homes is told of the files that may be read where this checkpoint has them
     */
    public synchronized void completed(long checkpointId, Homes homes) {
        Later checkpoint = later.get(checkpointId);
        if (checkpoint == null || checkpoint.uploaded == null) {
            return;
        }
        Map<String, StreamStateHandle> files = new HashMap<>(checkpoint.reused);
        files.putAll(checkpoint.uploaded);
        base = files;
        isRestored = false;
        Iterator<Long> ids = later.keySet().iterator();
        while (ids.hasNext()) {
            long id = ids.next();
            ids.remove();
            if (id == checkpointId) {
                break;
            }
        }
        base.forEach(
                (name, handle) -> {
                    if (!(handle instanceof RelativeFileStateHandle)
                            && everyLaterLists(name, handle)) {
                        homes.confirmed(name, handle);
                    }
                });
    }

    private boolean everyLaterLists(String name, StreamStateHandle handle) {
        for (Later checkpoint : later.values()) {
            StreamStateHandle listed = checkpoint.reused.get(name);
            if (listed == null
                    || !listed.getStreamStateHandleID().equals(handle.getStreamStateHandleID())) {
                return false;
            }
        }
        return true;
    }

    /** Flink says that the checkpoint will never be complete. */
    public synchronized void aborted(long checkpointId) {
        later.remove(checkpointId);
    }
}
