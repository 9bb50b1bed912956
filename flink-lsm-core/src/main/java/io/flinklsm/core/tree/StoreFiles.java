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
package io.flinklsm.core.tree;

import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.version.ObsoleteFiles;
import java.util.Map;

/**
 * The files of one store.
 *
 * @param openSstables those that are being read
 * @param obsoleteFiles who still needs which of them
 * @param sstableOptions how new ones are written
 * @param sstableOptionsOfTrees how those of single trees are written, by the tree's name
 * @param memoryBytes of the slot, which their indexes share with all else
 */
public record StoreFiles(
        Storage storage,
        OpenSstables openSstables,
        ObsoleteFiles obsoleteFiles,
        SstableOptions sstableOptions,
        Map<String, SstableOptions> sstableOptionsOfTrees,
        long memoryBytes) {

    /** How new SSTables of the tree are written, by the size that it has now. */
    public SstableOptions sstableOptions(TreeState tree) {
        return sstableOptionsOfTrees
                .getOrDefault(tree.name(), sstableOptions)
                .withBlocksFor(tree.version().sizeBytes(), memoryBytes);
    }
}
