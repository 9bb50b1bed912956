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
package io.flinklsm.statebackend;

import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.ConfigOption;

/**
 * What to use here instead of an option of Flink's RocksDB backend; the table of that name in
 * {@code docs/configuration.md}. ForSt's options are named after RocksDB's.
 */
final class RocksDbEquivalents {

    /**
     * @param key what follows {@code state.backend.rocksdb.}; with a dot at the end, all options
     *     below it
     * @param instead one of our keys, with or without words, or why there is nothing to set
     */
    record Equivalent(String key, String instead) {

        private boolean covers(String suffix) {
            return key.endsWith(".") ? suffix.startsWith(key) : suffix.equals(key);
        }
    }

    private static final List<Equivalent> TABLE =
            List.of(
                    is("writebuffer.size", LsmBackendOptions.MEMTABLE_SIZE),
                    is("compaction.style", LsmBackendOptions.COMPACTION_STYLE),
                    is(
                            "compaction.level.target-file-size-base",
                            LsmBackendOptions.TARGET_FILE_SIZE),
                    is("compaction.level.max-size-level-base", LsmBackendOptions.LEVEL1_SIZE),
                    is("block.blocksize", LsmBackendOptions.BLOCK_SIZE),
                    is("bloom-filter.bits-per-key", LsmBackendOptions.BLOOM_BITS_PER_KEY),
                    new Equivalent(
                            "use-bloom-filter",
                            LsmBackendOptions.BLOOM_BITS_PER_KEY.key() + " (0 for no filters)"),
                    is("compression.per.level", LsmBackendOptions.CODEC),
                    is("localdir", LsmBackendOptions.LOCAL_DIRECTORIES),
                    is("thread.num", LsmBackendOptions.BACKGROUND_THREADS),
                    is("checkpoint.transfer.thread.num", LsmBackendOptions.TRANSFER_THREADS),
                    is("memory.fixed-per-slot", LsmBackendOptions.FIXED_MEMORY_PER_SLOT),
                    is("memory.fixed-per-tm", LsmBackendOptions.FIXED_MEMORY_PER_TASK_MANAGER),
                    new Equivalent(
                            "memory.managed",
                            "nothing: managed memory is used where no "
                                    + LsmBackendOptions.FIXED_MEMORY_PER_SLOT.key()
                                    + " is set"),
                    new Equivalent(
                            "block.cache-size",
                            "nothing: the cache takes what the slot's memory has left"),
                    is("memory.write-buffer-ratio", LsmBackendOptions.MEMTABLE_SHARE),
                    new Equivalent(
                            "memory.",
                            "nothing: the slot's memory is divided by the backend itself"),
                    new Equivalent(
                            "writebuffer.", "nothing: as much as the slot's memory has room for"),
                    new Equivalent(
                            "block.metadata-blocksize",
                            "nothing: the index has a layout of its own"),
                    new Equivalent(
                            "bloom-filter.block-based-mode",
                            "nothing: filters are never block-based"),
                    new Equivalent(
                            "compaction.level.use-dynamic-size",
                            "nothing: the sizes of levels are fixed"),
                    new Equivalent(
                            "compaction.filter.",
                            "nothing: expired state goes whenever it is compacted"),
                    is("files.open", LsmBackendOptions.OPEN_FILES),
                    is("timer-service.cache-size", LsmBackendOptions.TIMER_HEADS),
                    new Equivalent(
                            "timer-service.",
                            "nothing: timers are state, with a cache of the next ones"),
                    new Equivalent(
                            "predefined-options", "nothing: memory and levels size themselves"),
                    new Equivalent("options-factory", "nothing: there is no factory of options"),
                    new Equivalent("metrics.", "the metrics that docs/metrics.md names"),
                    new Equivalent("log.", "nothing: the backend logs through Flink's logging"),
                    new Equivalent(
                            "write-batch-size", "nothing: every write goes into memory at once"),
                    new Equivalent(
                            "use-ingest-db-restore-mode",
                            "nothing: a restore takes over the SSTables of all old subtasks"),
                    new Equivalent(
                            "incremental-restore-async-compact-after-rescale",
                            "nothing: what is not of a subtask's key groups goes when it is"
                                    + " compacted"),
                    new Equivalent(
                            "restore-overlap-fraction-threshold",
                            "nothing: a restore takes over the SSTables of all old subtasks"),
                    new Equivalent(
                            "rescaling.use-delete-files-in-range",
                            "nothing: a restore leaves out SSTables without its key groups"));

    private RocksDbEquivalents() {}

    /** All of them; of two that cover a key the first one counts. */
    static List<Equivalent> table() {
        return TABLE;
    }

    /**
     * @param suffix what follows {@code state.backend.rocksdb.}
     */
    static Optional<String> instead(String suffix) {
        return TABLE.stream()
                .filter(row -> row.covers(suffix))
                .map(Equivalent::instead)
                .findFirst();
    }

    private static Equivalent is(String key, ConfigOption<?> ours) {
        return new Equivalent(key, ours.key());
    }
}
