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

import io.flinklsm.core.sstable.SstableMeta;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The difference between two Versions of one tree: what a flush or a compaction did.
 *
 * @param removed metas of the current Version
 * @param added new SSTables, or removed ones at another level (a trivial move)
 */
public record VersionEdit(List<SstableMeta> removed, List<SstableMeta> added) {

    /** Changes nothing. */
    public static final VersionEdit NOTHING = new VersionEdit(List.of(), List.of());

    public VersionEdit {
        removed = List.copyOf(removed);
        added = List.copyOf(added);
        checkOnce("removed", removed);
        checkOnce("added", added);
    }

    private static void checkOnce(String what, List<SstableMeta> metas) {
        Set<SstableId> seen = new HashSet<>();
        for (SstableMeta meta : metas) {
            if (!seen.add(SstableId.of(meta))) {
                throw new IllegalArgumentException(
                        "["
                                + meta.fileName()
                                + "] an SSTable is "
                                + what
                                + " twice: clip="
                                + meta.clip());
            }
        }
    }

    public boolean isEmpty() {
        return removed.isEmpty() && added.isEmpty();
    }
}
