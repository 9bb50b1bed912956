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
package io.flinklsm.core.sstable;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.storage.FileName;
import io.flinklsm.core.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Opens the writers of one job, each for a file with a new name, and deletes all of these files if
 * the job fails. Confined to one thread.
 */
public final class SstableWriters {

    private final Storage storage;
    private final SstableOptions options;
    private final MemoryBudget budget;
    private final LongSupplier nowMillis;
    private final RandomGenerator random;

    /** Also of the file that was being written: a failed finish may have published it. */
    private final List<String> createdNames = new ArrayList<>();

    /**
     * @param budget pays for what the writers buffer
     * @param nowMillis milliseconds since the epoch
     * @param random gives new files their unique names
     */
    public SstableWriters(
            Storage storage,
            SstableOptions options,
            MemoryBudget budget,
            LongSupplier nowMillis,
            RandomGenerator random) {
        this.storage = storage;
        this.options = options;
        this.budget = budget;
        this.nowMillis = nowMillis;
        this.random = random;
    }

    /**
     * What the SSTables of a job have in common; see {@link SstableIdentity} and {@link
     * NewSstable}.
     *
     * @param replaced names of the files whose place they take
     */
    public record Run(
            String treeName,
            int level,
            boolean isBottom,
            long generation,
            long minWriteTimeMillis,
            long maxWriteTimeMillis,
            List<String> replaced) {
        public Run {
            if (level < 0 || generation < 0) {
                throw new IllegalArgumentException(
                        "["
                                + treeName
                                + "] no SSTable can be this: level="
                                + level
                                + ", generation="
                                + generation);
            }
            if (minWriteTimeMillis > maxWriteTimeMillis) {
                throw new IllegalArgumentException(
                        "["
                                + treeName
                                + "] write times are turned around: min="
                                + minWriteTimeMillis
                                + ", max="
                                + maxWriteTimeMillis);
            }
        }

        /** They take the place of no file. */
        public Run(
                String treeName,
                int level,
                boolean isBottom,
                long generation,
                long minWriteTimeMillis,
                long maxWriteTimeMillis) {
            this(
                    treeName,
                    level,
                    isBottom,
                    generation,
                    minWriteTimeMillis,
                    maxWriteTimeMillis,
                    List.of());
        }
    }

    /**
     * A writer of a new file, which the caller closes.
     *
     * @param columns how entries stand in columns; null if nothing is known of them
     */
    public SstableWriter open(Run run, @Nullable EntryColumns columns) throws IOException {
        long createdMillis = nowMillis.getAsLong();
        String name =
                FileName.create(
                                run.treeName(),
                                run.level(),
                                run.generation(),
                                createdMillis,
                                random)
                        .format();
        createdNames.add(name);
        SstableIdentity identity =
                new SstableIdentity(
                        name,
                        run.treeName(),
                        run.generation(),
                        run.minWriteTimeMillis(),
                        run.maxWriteTimeMillis());
        return new SstableWriter(
                storage,
                new NewSstable(
                        identity, run.level(), run.isBottom(), createdMillis, run.replaced()),
                options,
                columns,
                budget);
    }

    /**
     * Deletes all files whose writers were opened here.
     *
     * @param failure gets what goes wrong with that
     * @param undeleted gets the names of files that are still there then
     */
    public void discard(Throwable failure, Consumer<String> undeleted) {
        for (String name : createdNames) {
            Cleanup.undo(failure, () -> delete(name, undeleted));
        }
        createdNames.clear();
    }

    private void delete(String name, Consumer<String> undeleted) throws IOException {
        try {
            storage.delete(name);
        } catch (Throwable e) {
            undeleted.accept(name);
            throw e;
        }
    }
}
