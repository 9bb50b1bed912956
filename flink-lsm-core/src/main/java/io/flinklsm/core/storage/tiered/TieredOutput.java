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
package io.flinklsm.core.storage.tiered;

import io.flinklsm.core.check.Invariants;
import io.flinklsm.core.storage.StorageOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A file of a {@link TieredStorage} with placement remote, being written: to the local disk, and if
 * it takes the place of remote files, to remote storage at the same time.
 *
 * <ol>
 *   <li>Room is made on the local disk as the file grows there.
 *   <li>If there is none, and the file goes to remote storage too, the local copy is given up.
 *   <li>If remote storage fails, the file goes on as a local one; it fails if that was given up.
 * </ol>
 *
 * <p>What is on remote storage is deleted unless the file is finished; from then on it is a file
 * that was uploaded early, with all that applies to it.
 */
final class TieredOutput implements StorageOutput {

    private static final long STEP_BYTES = 1 << 20;

    private final TieredStorage storage;
    private final DiskRoom room;
    private final String name;
    private @Nullable StorageOutput local;
    private EarlyUpload.@Nullable Upload remote;
    private long position;
    private long nextStep = STEP_BYTES;
    private boolean ended;

    /**
     * @param local is closed with this one
     * @param upload null if the file is to be a local one
     */
    TieredOutput(
            TieredStorage storage,
            DiskRoom room,
            String name,
            StorageOutput local,
            @Nullable EarlyUpload upload) {
        this.storage = storage;
        this.room = room;
        this.name = name;
        this.local = local;
        if (upload != null) {
            try {
                remote = upload.begin(name);
            } catch (IOException | RuntimeException e) {
                storage.counters().notKept.increment();
            }
        }
    }

    @Override
    public void write(byte[] bytes, int from, int byteCount) throws IOException {
        checkOpen();
        if (local != null) {
            local.write(bytes, from, byteCount);
        }
        if (remote != null) {
            try {
                remote.write(bytes, from, byteCount);
            } catch (IOException | RuntimeException e) {
                remoteFailed(e);
            }
        }
        position += byteCount;
        if (local != null && position >= nextStep) {
            nextStep = position + STEP_BYTES;
            room.makeRoom(position);
            if (remote != null && !room.hasRoom(position)) {
                StorageOutput unwanted = local;
                local = null;
                unwanted.close();
            }
        }
    }

    private void remoteFailed(Exception cause) throws IOException {
        EarlyUpload.Upload failed = remote;
        remote = null;
        if (failed != null) {
            failed.close();
        }
        storage.counters().notKept.increment();
        if (local == null) {
            throw new IOException(
                    "["
                            + name
                            + "] cannot be written: the local disk has no room for it, and the"
                            + " checkpoint storage fails: position="
                            + position
                            + ", cause="
                            + cause
                            + "; see the checkpoint storage, or let local-cache.size be larger.",
                    cause);
        }
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void finish() throws IOException {
        checkOpen();
        EarlyUpload.Uploaded uploaded = finishRemote();
        boolean isLocal = local != null;
        if (local != null) {
            try {
                local.finish();
            } catch (Throwable failure) {
                if (uploaded != null) {
                    uploaded.delete();
                }
                throw failure;
            }
        }
        ended = true;
        storage.track(name, position, isLocal, uploaded);
        if (uploaded != null) {
            storage.counters().remoteOutputs.increment();
        }
    }

    private EarlyUpload.@Nullable Uploaded finishRemote() throws IOException {
        if (remote == null) {
            return null;
        }
        EarlyUpload.Uploaded uploaded = null;
        try {
            uploaded = remote.finish();
            remote = null;
        } catch (IOException | RuntimeException e) {
            remoteFailed(e);
        }
        Invariants.check(
                uploaded != null || local != null,
                "a file that is nowhere is too small to be uploaded",
                "position",
                position);
        return uploaded;
    }

    @Override
    public void close() throws IOException {
        ended = true;
        EarlyUpload.Upload unfinished = remote;
        remote = null;
        if (unfinished != null) {
            unfinished.close();
        }
        if (local != null) {
            local.close();
        }
    }

    private void checkOpen() {
        if (ended) {
            throw new IllegalStateException("[" + name + "] output is finished or closed");
        }
    }
}
