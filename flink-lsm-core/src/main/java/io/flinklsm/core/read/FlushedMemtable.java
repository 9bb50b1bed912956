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
package io.flinklsm.core.read;

import io.flinklsm.core.memtable.Memtable;
import io.flinklsm.core.sstable.Sstable;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.SortedRun;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A memtable that was flushed by itself, and the run of level 0 that it became: as long as both are
 * there, either gives the same answers, the memtable sooner.
 *
 * @param memtable referenced by the slot's spare memory, not by this; whoever reads it retains it
 *     first, and reads the run if that fails
 * @param fileNames of the run
 */
public record FlushedMemtable(Memtable memtable, Set<String> fileNames) {

    public FlushedMemtable {
        fileNames = Set.copyOf(fileNames);
    }

    /** Of the run whose SSTables these are, just written. */
    public static FlushedMemtable of(Memtable memtable, List<SstableMeta> written) {
        return new FlushedMemtable(
                memtable, written.stream().map(SstableMeta::fileName).collect(Collectors.toSet()));
    }

    /** Whether the run is still what the memtable was flushed to, no more and no less. */
    public boolean became(SortedRun run) {
        if (run.level() != 0 || run.sstables().size() != fileNames.size()) {
            return false;
        }
        for (Sstable sstable : run.sstables()) {
            if (!fileNames.contains(sstable.meta().fileName())) {
                return false;
            }
        }
        return true;
    }
}
