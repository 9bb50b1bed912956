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
package io.flinklsm.inspect.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The SSTables that a checkpoint shares with another one of the same job.
 *
 * @param name of the other checkpoint
 */
public record Sharing(String name, int files, long bytes) {

    /**
     * All checkpoints beside this one that have files of it, oldest first. Reads their metadata.
     *
     * @return nothing for savepoints and stores, whose files are their own
     */
    public static List<Sharing> of(Checkpoint checkpoint) throws IOException {
        Map<String, Long> own = sharedFiles(checkpoint);
        List<Sharing> all = new ArrayList<>();
        for (CheckpointListing.Found found : CheckpointListing.keptWith(checkpoint)) {
            if (found.checkpoint().path().equals(checkpoint.path())) {
                continue;
            }
            int files = 0;
            long bytes = 0;
            for (String location : sharedFiles(found.checkpoint()).keySet()) {
                Long size = own.get(location);
                if (size != null) {
                    files++;
                    bytes += size;
                }
            }
            if (files > 0) {
                all.add(new Sharing(found.name(), files, bytes));
            }
        }
        return all;
    }

    /** By location: the length of each file that more than one checkpoint may have. */
    private static Map<String, Long> sharedFiles(Checkpoint checkpoint) {
        Map<String, Long> files = new HashMap<>();
        for (Operator operator : checkpoint.operators()) {
            for (SubtaskStore store : operator.stores()) {
                for (SourceFile file : store.storage().files().values()) {
                    if (file.isShared()) {
                        files.put(file.location() + "#" + file.name(), file.sizeBytes());
                    }
                }
            }
        }
        return files;
    }
}
