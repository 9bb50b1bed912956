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
package io.flinklsm.core.checkpoint;

import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.core.tree.StoreFiles;
import io.flinklsm.core.tree.StoreLock;
import io.flinklsm.core.tree.Upkeep;
import java.io.IOException;
import java.util.UUID;

/**
 * The manifests in a store's storage, each of which pins the files that it lists. Any thread.
 *
 * <p>They are how an engine without Flink keeps a checkpoint; Flink's have their own place.
 */
public final class Manifests {

    private static final String PREFIX = "MANIFEST-";

    private final Upkeep upkeep;
    private final StoreLock lock;
    private final Storage storage;
    private final CheckpointPins pins;

    public Manifests(Upkeep upkeep, StoreFiles files) {
        this.upkeep = upkeep;
        this.lock = upkeep.lock();
        this.storage = files.storage();
        this.pins = new CheckpointPins(files.obsoleteFiles());
    }

    /** Reads and checks a manifest file. */
    public static CheckpointImage read(Storage storage, String name) throws IOException {
        try (StorageInput in = storage.open(name)) {
            return ManifestCodec.read(in, storage.describe(name));
        }
    }

    /** Writes a manifest and pins its files, which another owner must keep at this moment. */
    public String write(CheckpointImage image) throws IOException {
        String name = PREFIX + image.checkpointId() + "-" + UUID.randomUUID();
        byte[] bytes = ManifestCodec.encode(image);
        pin(name, image);
        try (StorageOutput out = storage.create(name)) {
            out.write(bytes, 0, bytes.length);
            out.finish();
        } catch (Throwable failure) {
            unpin(name);
            throw failure;
        }
        return name;
    }

    /** Deletes a manifest, and lets the files go that only it needs. */
    public void delete(String name) throws IOException {
        storage.delete(name);
        unpin(name);
    }

    /** Keeps the files of a manifest that is in the storage already. */
    public void pin(String name, CheckpointImage image) {
        lock.lock();
        try {
            pins.pin(name, CheckpointPins.filesOf(image));
        } finally {
            lock.unlock();
        }
    }

    private void unpin(String name) {
        lock.lock();
        try {
            pins.release(name);
            upkeep.scheduleDeletion();
        } finally {
            lock.unlock();
        }
    }
}
