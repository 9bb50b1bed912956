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
package io.flinklsm.core.version;

import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.sstable.SstableMeta;
import org.jspecify.annotations.Nullable;

/**
 * What tells the SSTables of a Version apart: a file may be listed twice, with disjoint clips. The
 * level is not part of it: a trivial move does not make another SSTable.
 */
public record SstableId(String fileName, @Nullable KeyRange clip) {
    public SstableId {
        if (fileName.isEmpty()) {
            throw new IllegalArgumentException("an SSTable has no name: clip=" + clip);
        }
    }

    public static SstableId of(SstableMeta meta) {
        return new SstableId(meta.fileName(), meta.clip());
    }
}
