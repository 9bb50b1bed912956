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

import io.flinklsm.core.storage.tiered.EarlyUpload;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads files of a store into the checkpoint storage's directory for what tasks own. Until a
 * checkpoint lists such a file, this backend deletes it, and a killed process leaves it behind.
 * From then on the job manager may have it, and deletes it with the last checkpoint that lists it;
 * if the checkpoint is not written in the end, the file is this backend's again. Safe for any
 * thread.
 */
public final class TaskOwnedUpload implements EarlyUpload {

    private static final Logger LOG = LoggerFactory.getLogger(TaskOwnedUpload.class);

    private final Environment environment;
    private final CloseableRegistry registry;
    private final Duration requestTimeout;
    private final Executor executor;

    /** Files that one checkpoint lists, or may list, by their names. */
    private static final class Hold {
        private final Map<String, Early> files = new HashMap<>();
        private boolean isAborted;
    }

    /**
     * Of the checkpoints that may not be written yet, or be discarded after they were, in the order
     * in which they began; guarded by itself, as all of it is.
     */
    private final Map<Long, Hold> holds = new LinkedHashMap<>();

    /**
     * @param registry ends what is under way when it is closed
     * @param executor deletes files, and ends requests that take too long
     */
    public TaskOwnedUpload(
            Environment environment,
            CloseableRegistry registry,
            Duration requestTimeout,
            Executor executor) {
        this.environment = environment;
        this.registry = registry;
        this.requestTimeout = requestTimeout;
        this.executor = executor;
    }

    @Override
    public Upload begin(String name) throws IOException {
        CheckpointStateOutputStream out =
                environment.getCheckpointStorageAccess().createTaskOwnedStateStream();
        try {
            registry.registerCloseable(out);
        } catch (IOException | RuntimeException e) {
            IOUtils.closeQuietly(out);
            throw e;
        }
        return new Stream(name, out);
    }

    /**
     * The checkpoint may list the files where they are, and may be complete before Flink tells.
     *
     * @return names of those that are still there
     */
    Set<String> hold(long checkpointId, Map<String, Early> files) {
        synchronized (holds) {
            Hold hold = new Hold();
            files.forEach(
                    (name, file) -> {
                        if (!file.isGivenUp) {
                            hold.files.put(name, file);
                            file.heldBy.add(hold);
                        }
                    });
            // A checkpoint of the same id that was taken before keeps what it has.
            holds.remove(checkpointId);
            holds.put(checkpointId, hold);
            return Set.copyOf(hold.files.keySet());
        }
    }

    /**
     * The checkpoint lists no other files than these.
     *
     * @return names of those that it holds here
     */
    Set<String> holdOnly(long checkpointId, Set<String> names) {
        List<Early> unwanted;
        Set<String> held;
        synchronized (holds) {
            Hold hold = holds.get(checkpointId);
            if (hold == null) {
                return Set.of();
            }
            Map<String, Early> others = new HashMap<>(hold.files);
            others.keySet().removeAll(names);
            hold.files.keySet().removeAll(others.keySet());
            held = Set.copyOf(hold.files.keySet());
            unwanted = letGo(hold, others.values());
        }
        unwanted.forEach(Early::discardLater);
        return held;
    }

    /** The checkpoint was not written after all: no job manager knows what it lists. */
    void letGo(long checkpointId) {
        List<Early> unwanted;
        synchronized (holds) {
            Hold hold = holds.remove(checkpointId);
            if (hold == null) {
                return;
            }
            unwanted = letGo(hold, hold.files.values());
        }
        unwanted.forEach(Early::discardLater);
    }

    /** Returns what is to be deleted. Called with the lock. */
    private static List<Early> letGo(Hold hold, Collection<Early> files) {
        List<Early> unwanted = new ArrayList<>();
        for (Early file : files) {
            file.heldBy.remove(hold);
            if (file.heldBy.isEmpty() && file.isGivenUp) {
                unwanted.add(file);
            }
        }
        return unwanted;
    }

    /** The checkpoint is complete: what it lists is the job manager's for good. */
    void completed(long checkpointId) {
        synchronized (holds) {
            if (!holds.containsKey(checkpointId)) {
                return;
            }
            // What began before it and was aborted has ended since.
            Iterator<Map.Entry<Long, Hold>> oldestFirst = holds.entrySet().iterator();
            while (oldestFirst.hasNext()) {
                Map.Entry<Long, Hold> hold = oldestFirst.next();
                boolean isThis = hold.getKey() == checkpointId;
                if (isThis || hold.getValue().isAborted) {
                    oldestFirst.remove();
                }
                if (isThis) {
                    return;
                }
            }
        }
    }

    /**
     * The checkpoint is aborted: what it lists is the job manager's, unless Flink ends it on this
     * machine, before it is written or after. Of that {@link #letGo} tells, and may come later.
     */
    void aborted(long checkpointId) {
        synchronized (holds) {
            Hold hold = holds.get(checkpointId);
            if (hold != null) {
                hold.isAborted = true;
            }
        }
    }

    /** A file on its way into the directory. */
    private final class Stream implements Upload {

        private final String name;
        private final CheckpointStateOutputStream out;
        private long position;
        private boolean ended;

        Stream(String name, CheckpointStateOutputStream out) {
            this.name = name;
            this.out = out;
        }

        @Override
        public void write(byte[] bytes, int from, int byteCount) throws IOException {
            out.write(bytes, from, byteCount);
            position += byteCount;
        }

        @Override
        public @Nullable Uploaded finish() throws IOException {
            if (!registry.unregisterCloseable(out)) {
                throw new IOException(
                        "["
                                + name
                                + "] the task is being stopped, so it is not uploaded;"
                                + " there is nothing to do");
            }
            StreamStateHandle handle = out.closeAndGetHandle();
            ended = true;
            if (handle == null || handle.asBytesIfInMemory().isPresent()) {
                // So small that Flink would keep it in the metadata of a checkpoint.
                return null;
            }
            Early early =
                    new Early(handle, new HandleSource(handle, registry, requestTimeout, executor));
            if (handle.getStateSize() != position) {
                early.delete();
                throw new IOException(
                        "["
                                + early.describe()
                                + "] the checkpoint storage has another length than was written: "
                                + "length="
                                + handle.getStateSize()
                                + ", written="
                                + position
                                + "; see what its file system says in the log.");
            }
            return early;
        }

        @Override
        public void close() {
            if (!ended) {
                ended = true;
                registry.unregisterCloseable(out);
                IOUtils.closeQuietly(out);
            }
        }
    }

    /** A file that this backend wrote, and owns as long as no checkpoint lists it. */
    final class Early implements Uploaded {

        private final StreamStateHandle handle;
        private final HandleSource source;

        // Guarded by `holds`.
        /** Of checkpoints that list the file or may list it, and of those that did. */
        private final Set<Hold> heldBy = new HashSet<>();

        private boolean isGivenUp;

        Early(StreamStateHandle handle, HandleSource source) {
            this.handle = handle;
            this.source = source;
        }

        StreamStateHandle handle() {
            return handle;
        }

        @Override
        public void readFully(long position, byte[] target, int at, int byteCount)
                throws IOException {
            source.readFully(position, target, at, byteCount);
        }

        @Override
        public String describe() {
            return source.describe();
        }

        @Override
        public boolean isListed() {
            synchronized (holds) {
                return !heldBy.isEmpty();
            }
        }

        @Override
        public void delete() {
            synchronized (holds) {
                isGivenUp = true;
                if (!heldBy.isEmpty()) {
                    return;
                }
            }
            discardLater();
        }

        private void discardLater() {
            try {
                executor.execute(this::discard);
            } catch (RejectedExecutionException e) {
                discard();
            }
        }

        private void discard() {
            try {
                handle.discardState();
            } catch (Exception e) {
                LOG.warn("[{}] a file that was uploaded early is left behind", describe(), e);
            }
        }
    }
}
