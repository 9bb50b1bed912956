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
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.ObsoleteFiles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who keeps files of a store besides its Versions: a checkpoint or a manifest, by its name. Safe
 * for any thread.
 */
public final class CheckpointPins {

    private final ObsoleteFiles obsoleteFiles;

    // Guarded by this.
    private final Map<String, List<SstableMeta>> filesByOwner = new HashMap<>();

    public CheckpointPins(ObsoleteFiles obsoleteFiles) {
        this.obsoleteFiles = obsoleteFiles;
    }

    /** The SSTables of all trees of an image. */
    public static List<SstableMeta> filesOf(CheckpointImage image) {
        List<SstableMeta> files = new ArrayList<>();
        image.trees().forEach(tree -> files.addAll(tree.sstables()));
        return files;
    }

    /**
     * Keeps the files until the owner lets them go. Another owner must keep them at this moment.
     *
     * @throws IllegalStateException if the owner has pins already
     */
    public synchronized void pin(String owner, Collection<SstableMeta> files) {
        if (owner.isEmpty()) {
            throw new IllegalArgumentException(
                    "an owner of files has no name: files=" + files.size());
        }
        if (filesByOwner.containsKey(owner)) {
            throw new IllegalStateException(
                    "[" + owner + "] has pinned its files already; release them first");
        }
        obsoleteFiles.pin(files);
        filesByOwner.put(owner, List.copyOf(files));
    }

    /** Lets the owner's files go; nothing happens if it has none. */
    public synchronized void release(String owner) {
        List<SstableMeta> files = filesByOwner.remove(owner);
        if (files != null) {
            obsoleteFiles.unpin(files);
        }
    }

    public synchronized Set<String> owners() {
        return Set.copyOf(filesByOwner.keySet());
    }
}
