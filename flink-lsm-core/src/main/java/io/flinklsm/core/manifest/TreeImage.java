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

import io.flinklsm.core.sstable.SstableMeta;
import java.util.List;

/**
 * One tree in a checkpoint image.
 *
 * @param sstables level 0 first, newest generation first; then level by level in key order
 */
public record TreeImage(String treeName, List<SstableMeta> sstables) {

    public TreeImage {
        sstables = List.copyOf(sstables);
        if (treeName.isEmpty()) {
            throw new IllegalArgumentException("a tree has no name: sstables=" + sstables.size());
        }
        for (SstableMeta sstable : sstables) {
            if (!sstable.treeName().equals(treeName)) {
                throw new IllegalArgumentException(
                        "[tree "
                                + treeName
                                + "] lists another tree's SSTable: file="
                                + sstable.fileName()
                                + ", treeName="
                                + sstable.treeName());
            }
        }
    }
}
