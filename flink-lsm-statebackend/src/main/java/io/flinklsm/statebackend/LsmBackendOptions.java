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

import static org.apache.flink.configuration.ConfigOptions.key;

import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/**
 * The options of the state backend, all under {@code state.backend.lsm.}; what else it heeds are
 * Flink's own options (incremental checkpoints, local recovery, compression, latency tracking).
 */
public final class LsmBackendOptions {

    public static final ConfigOption<String> PROFILE =
            key("state.backend.lsm.profile")
                    .stringType()
                    .defaultValue("default")
                    .withDescription(
                            "A set of defaults for other options, each of which may still be set:"
                                    + " 'write-heavy', 'read-heavy', 'small-memory',"
                                    + " 'object-store'.");

    public static final ConfigOption<MemorySize> MEMTABLE_SIZE =
            key("state.backend.lsm.memtable-size")
                    .memoryType()
                    .defaultValue(MemorySize.ofMebiBytes(256))
                    .withDescription(
                            "What was written to a state is flushed to an SSTable when it takes"
                                    + " this much memory. Made smaller where this is more than a"
                                    + " quarter of the slot's memory.");

    public static final ConfigOption<String> COMPACTION_STYLE =
            key("state.backend.lsm.compaction.style")
                    .stringType()
                    .defaultValue("leveled")
                    .withDescription(
                            "How SSTables are merged: 'leveled' keeps reads and space low,"
                                    + " 'size-tiered' writes less.");

    public static final ConfigOption<Integer> LEVEL0_TRIGGER =
            key("state.backend.lsm.compaction.level0-trigger")
                    .intType()
                    .defaultValue(4)
                    .withDescription(
                            "Number of fresh SSTables of a state at which they are merged; writes"
                                    + " are slowed down at five times, and wait at nine times the"
                                    + " number.");

    public static final ConfigOption<MemorySize> TARGET_FILE_SIZE =
            key("state.backend.lsm.compaction.target-file-size")
                    .memoryType()
                    .defaultValue(MemorySize.ofMebiBytes(64))
                    .withDescription("Compaction starts a new SSTable at this size.");

    public static final ConfigOption<MemorySize> LEVEL1_SIZE =
            key("state.backend.lsm.compaction.level1-size")
                    .memoryType()
                    .noDefaultValue()
                    .withDescription(
                            "How much level 1 may hold; each next level ten times the one before."
                                    + " By default four files of 'compaction.target-file-size'.");

    public static final ConfigOption<MemorySize> BLOCK_SIZE =
            key("state.backend.lsm.sstable.block-size")
                    .memoryType()
                    .defaultValue(MemorySize.parse("4kb"))
                    .withDescription(
                            "Uncompressed size of a block, the unit that a lookup reads: smaller"
                                    + " for faster lookups, larger for smaller files and indexes."
                                    + " Blocks are two or four times as large where a state's"
                                    + " index would take more than a quarter of the slot's"
                                    + " memory.");

    public static final ConfigOption<Double> BLOOM_BITS_PER_KEY =
            key("state.backend.lsm.sstable.bloom-bits-per-key")
                    .doubleType()
                    .defaultValue(10.6)
                    .withDescription(
                            "Size of the bloom filters; 10.6 bits a key let about 1 % of useless"
                                    + " lookups through. 0 for none.");

    public static final ConfigOption<String> CODEC =
            key("state.backend.lsm.sstable.codec")
                    .stringType()
                    .defaultValue("lz4")
                    .withDescription(
                            "How SSTables are compressed: 'lz4', 'zstd' or 'none'. Or one of these"
                                    + " for each level from level 0 on, separated by commas;"
                                    + " deeper levels have the last one.");

    public static final ConfigOption<String> BOTTOM_CODEC =
            key("state.backend.lsm.sstable.bottom-codec")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "How SSTables are compressed that a compaction writes where nothing"
                                    + " older lies beneath: most of a large state is in them."
                                    + " 'zstd' makes them smaller than 'lz4', and reads slower. By"
                                    + " default they are compressed as their level is.");

    public static final ConfigOption<String> VALUE_COLUMNS =
            key("state.backend.lsm.sstable.value-columns")
                    .stringType()
                    .defaultValue("typed")
                    .withDescription(
                            "How values stand in SSTables: 'typed' in columns that any reader of"
                                + " Parquet understands, 'binary' as their serializers' bytes.");

    public static final ConfigOption<String> LOCAL_DIRECTORIES =
            key("state.backend.lsm.local-directories")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Absolute local directories for SSTables in use, separated by commas;"
                                    + " backends take them in turn. By default the working"
                                    + " directory of the TaskManager.");

    public static final ConfigOption<Integer> BACKGROUND_THREADS =
            key("state.backend.lsm.background-threads")
                    .intType()
                    .defaultValue(2)
                    .withDescription(
                            "How many compactions run at a time in a slot, beside one flush.");

    public static final ConfigOption<Integer> BACKGROUND_THREADS_PER_TASK_MANAGER =
            key("state.backend.lsm.background-threads-per-tm")
                    .intType()
                    .defaultValue(0)
                    .withDescription(
                            "How many compactions run at a time in a TaskManager, all its slots"
                                    + " together, and how many flushes. 0 is as many as it has"
                                    + " processors, and at least one more than"
                                    + " background-threads.");

    public static final ConfigOption<Integer> TRANSFER_THREADS =
            key("state.backend.lsm.transfer-threads")
                    .intType()
                    .defaultValue(4)
                    .withDescription(
                            "Files that one backend uploads or downloads at the same time.");

    public static final ConfigOption<MemorySize> FIXED_MEMORY_PER_SLOT =
            key("state.backend.lsm.memory.fixed-per-slot")
                    .memoryType()
                    .noDefaultValue()
                    .withDescription(
                            "Memory for entries and block cache of a slot, instead of Flink's"
                                    + " managed memory.");

    public static final ConfigOption<MemorySize> FIXED_MEMORY_PER_TASK_MANAGER =
            key("state.backend.lsm.memory.fixed-per-tm")
                    .memoryType()
                    .noDefaultValue()
                    .withDescription(
                            "Memory for entries and block cache of a whole TaskManager, shared by"
                                    + " its slots, instead of Flink's managed memory. Does nothing"
                                    + " where 'memory.fixed-per-slot' is set.");

    public static final ConfigOption<String> COMPAT_IDENTIFIER =
            key("state.backend.lsm.compat-identifier")
                    .stringType()
                    .defaultValue("lsm")
                    .withDescription(
                            "What the backend calls itself towards Flink's SQL operators. 'rocksdb'"
                                    + " lets them rely on the order of map states, as they do with"
                                    + " RocksDB; it holds here too.");

    public static final ConfigOption<String> RESTORE =
            key("state.backend.lsm.restore")
                    .stringType()
                    .defaultValue("lazy")
                    .withDescription(
                            "What a restore waits for: 'lazy' serves as soon as the manifest is"
                                    + " read, reads what it needs where the checkpoint has it, and"
                                    + " fetches the files in the background; 'eager' fetches them"
                                    + " first.");

    public static final ConfigOption<String> PLACEMENT =
            key("state.backend.lsm.placement")
                    .stringType()
                    .defaultValue("local")
                    .withDescription(
                            "Where the files are: 'local' keeps all of them on the local disk,"
                                    + " 'remote' keeps those that a checkpoint has on the"
                                    + " checkpoint storage, and takes no more of the local disk"
                                    + " than 'local-cache.size' for them. 'remote' needs"
                                    + " incremental checkpoints.");

    public static final ConfigOption<MemorySize> LOCAL_CACHE_SIZE =
            key("state.backend.lsm.local-cache.size")
                    .memoryType()
                    .defaultValue(MemorySize.parse("10gb"))
                    .withDescription(
                            "How much of the local disk each subtask of a stateful operator takes"
                                    + " with 'placement' remote: half for whole files, half for"
                                    + " parts of files. Files that no checkpoint has yet may take"
                                    + " more.");

    public static final ConfigOption<Duration> REMOTE_REQUEST_TIMEOUT =
            key("state.backend.lsm.remote.request-timeout")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(20))
                    .withDescription(
                            "A read of the checkpoint storage that takes longer is given up and"
                                    + " made again.");

    public static final ConfigOption<Duration> REMOTE_RETRY_DEADLINE =
            key("state.backend.lsm.remote.retry-deadline")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(60))
                    .withDescription(
                            "So long is a failed read of the checkpoint storage made again, with"
                                    + " growing pauses, before it fails the task. A file that is"
                                    + " gone or refused fails it at once.");

    public static final ConfigOption<Integer> ASYNC_READ_THREADS =
            key("state.backend.lsm.async.read-threads")
                    .intType()
                    .defaultValue(32)
                    .withDescription(
                            "How many threads of a subtask read files for State V2 at the same"
                                    + " time. They are started when memory does not have what is"
                                    + " asked for, and end when they have nothing to do.");

    public static final ConfigOption<Integer> ASYNC_READ_THREADS_PER_TASK_MANAGER =
            key("state.backend.lsm.async.read-threads-per-tm")
                    .intType()
                    .defaultValue(128)
                    .withDescription(
                            "How many threads of a TaskManager read files for State V2 at the same"
                                    + " time, all its subtasks together.");

    public static final ConfigOption<String> METRICS =
            key("state.backend.lsm.metrics")
                    .stringType()
                    .defaultValue("operator")
                    .withDescription(
                            "Which metrics are registered: 'operator' those of each operator,"
                                    + " 'state' those of each of its states as well, 'none' none.");

    public static final ConfigOption<String> MEMORY_MAPPED_FILES =
            key("state.backend.lsm.memory-mapped-files")
                    .stringType()
                    .defaultValue("auto")
                    .withDescription(
                            "Whether files on the local disk are read through memory maps. Their"
                                    + " resident pages then count in the resident set of the"
                                    + " process; the system drops them when it wants the memory."
                                    + " 'auto' maps them, 'never' reads them by system calls.");

    public static final ConfigOption<Integer> OPEN_FILES =
            key("state.backend.lsm.open-files")
                    .intType()
                    .defaultValue(5000)
                    .withDescription(
                            "How many SSTables each subtask of a stateful operator keeps open while"
                                + " they are not in use, with their indexes and filters in memory;"
                                + " the one that was not used for longest is closed first.");

    public static final ConfigOption<Double> MEMTABLE_SHARE =
            key("state.backend.lsm.memory.memtable-share")
                    .doubleType()
                    .defaultValue(0.5)
                    .withDescription(
                            "Part of the memory for what was written and no SSTable has yet; the"
                                    + " rest keeps what is read. More of it makes fewer and larger"
                                    + " files, and leaves less for reads.");

    public static final ConfigOption<Integer> TIMER_HEADS =
            key("state.backend.lsm.timers.cache-size")
                    .intType()
                    .defaultValue(128)
                    .withDescription(
                            "How many timers of each key group, the next to fire, are kept on the"
                                + " JVM heap, serialised. The others are state like any other.");

    private static final List<ConfigOption<?>> ALL =
            List.of(
                    PROFILE,
                    MEMTABLE_SIZE,
                    COMPACTION_STYLE,
                    FIXED_MEMORY_PER_SLOT,
                    FIXED_MEMORY_PER_TASK_MANAGER,
                    LOCAL_DIRECTORIES,
                    BACKGROUND_THREADS,
                    PLACEMENT,
                    LOCAL_CACHE_SIZE,
                    RESTORE,
                    LEVEL0_TRIGGER,
                    TARGET_FILE_SIZE,
                    LEVEL1_SIZE,
                    BLOCK_SIZE,
                    BLOOM_BITS_PER_KEY,
                    CODEC,
                    BOTTOM_CODEC,
                    VALUE_COLUMNS,
                    MEMORY_MAPPED_FILES,
                    OPEN_FILES,
                    MEMTABLE_SHARE,
                    TIMER_HEADS,
                    BACKGROUND_THREADS_PER_TASK_MANAGER,
                    TRANSFER_THREADS,
                    ASYNC_READ_THREADS,
                    ASYNC_READ_THREADS_PER_TASK_MANAGER,
                    REMOTE_REQUEST_TIMEOUT,
                    REMOTE_RETRY_DEADLINE,
                    METRICS,
                    COMPAT_IDENTIFIER);

    private LsmBackendOptions() {}

    /** Every option of this class, those that matter first in front. */
    public static List<ConfigOption<?>> all() {
        return ALL;
    }
}
