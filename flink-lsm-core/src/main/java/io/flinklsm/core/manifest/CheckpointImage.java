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
package io.flinklsm.core.manifest;

import java.util.List;

/**
 * Our list of files for one checkpoint: the SSTables of every tree of a store, flushed and pinned.
 *
 * @param checkpointId the id that the caller gave
 * @param createdMillis milliseconds since the epoch
 */
public record CheckpointImage(long checkpointId, long createdMillis, List<TreeImage> trees) {

    public CheckpointImage {
        trees = List.copyOf(trees);
    }
}
