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
package io.flinklsm.core.compaction;

import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.merge.AppendOperator;
import io.flinklsm.core.merge.CollapsingCursor;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.MergeOperator;
import io.flinklsm.core.sstable.NewSstable;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.storage.FileName;
import io.flinklsm.core.storage.Storage;
import io.flinklsm.core.testing.ListCursor;
import io.flinklsm.core.version.ObsoleteFiles;
import io.flinklsm.core.version.RunCursor;
import io.flinklsm.core.version.SortedRun;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionEdit;
import io.flinklsm.core.version.VersionSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A tree's SSTables with real files and without memtables; deletes what is obsolete at once. */
final class TreeOnDisk implements AutoCloseable {

    static final String NAME = "t";
    static final MergeOperator COMMA = new AppendOperator(',');

    final Storage storage;
    final MemoryBudget budget = MemoryBudget.root("test", 32 << 20);
    final BlockCache cache = new BlockCache(budget);
    final OpenSstables openSstables;
    final ObsoleteFiles obsoleteFiles = new ObsoleteFiles();
    final VersionSet versions;
    SstableOptions options = SstableOptions.DEFAULTS;
    long targetFileBytes = 1 << 20;
    @Nullable EntryFilter filter;
    @Nullable MergeOperator operator = COMMA;
    boolean cancelled;

    private final Random random;
    private long generation = 1;

    TreeOnDisk(Storage storage, long seed) {
        this.storage = storage;
        this.random = new Random(seed);
        this.openSstables = new OpenSstables(storage, budget, cache, 100);
        this.versions = new VersionSet(NAME, openSstables, obsoleteFiles, Version.EMPTY);
    }

    /** Writes the entries, told as in {@link ListCursor#of}, as the newest run of level 0. */
    SstableMeta flush(String entries) throws IOException {
        return flush(ListCursor.of(entries));
    }

    SstableMeta flush(EntryCursor entries) throws IOException {
        SstableMeta meta = write(0, generation++, entries);
        install(new VersionEdit(List.of(), List.of(meta)));
        return meta;
    }

    SstableMeta write(int level, long ofGeneration, EntryCursor entries) throws IOException {
        NewSstable identity =
                new NewSstable(
                        new SstableIdentity(
                                FileName.create(NAME, level, ofGeneration, 0, random).format(),
                                NAME,
                                ofGeneration,
                                ofGeneration * 10,
                                ofGeneration * 10 + 9),
                        level,
                        false,
                        0);
        try (entries;
                SstableWriter writer = new SstableWriter(storage, identity, options, budget)) {
            while (entries.next()) {
                writer.add(entries.key(), entries.kind(), entries.value());
            }
            return writer.finish();
        }
    }

    void install(VersionEdit edit) throws IOException {
        obsoleteFiles.created(edit.added());
        versions.apply(edit);
        deleteObsolete();
    }

    void deleteObsolete() throws IOException {
        for (String name : obsoleteFiles.takeDeletable()) {
            openSstables.forget(name);
            storage.delete(name);
        }
    }

    VersionEdit run(CompactionPlan plan) throws IOException {
        return new CompactionJob(
                        plan,
                        NAME,
                        operator,
                        filter,
                        null,
                        new CompactionTools(
                                storage,
                                options,
                                targetFileBytes,
                                budget,
                                Clock.system(),
                                random,
                                obsoleteFiles,
                                CompactionPace.UNLIMITED),
                        () -> cancelled)
                .run();
    }

    VersionEdit compact(CompactionPlan plan) throws IOException {
        VersionEdit edit = run(plan);
        install(edit);
        return edit;
    }

    /** All that a reader sees. */
    String live() throws IOException {
        return ListCursor.picture(CollapsingCursor.live(cursors(), operator));
    }

    List<EntryCursor> cursors() {
        List<EntryCursor> newestFirst = new ArrayList<>();
        for (SortedRun run : versions.current().runs()) {
            newestFirst.add(new RunCursor(run.sstables(), KeyRange.ALL, false));
        }
        return newestFirst;
    }

    /** The entries of one SSTable as they are. */
    String content(SstableMeta meta) throws IOException {
        return ListCursor.picture(openSstables.of(meta).cursor(KeyRange.ALL, false));
    }

    @Override
    public void close() {
        openSstables.close();
        cache.close();
        budget.close();
    }
}
