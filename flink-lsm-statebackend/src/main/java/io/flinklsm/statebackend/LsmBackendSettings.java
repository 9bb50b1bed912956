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

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.LsmStoreOptions;
import io.flinklsm.core.TreeTuning;
import io.flinklsm.core.compaction.CompactionOptions;
import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.ValueColumns;
import io.flinklsm.core.storage.FileReads;
import io.flinklsm.core.storage.RetryPolicy;
import io.flinklsm.core.storage.tiered.TieredOptions;
import io.flinklsm.core.write.WriteLimits;
import io.flinklsm.statebackend.memory.ThreadRequest;
import io.flinklsm.statebackend.metrics.MetricScope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.jspecify.annotations.Nullable;

/**
 * The options' values, checked.
 *
 * @param compatIdentifier what SQL asks for to choose its fast paths
 * @param incremental whether checkpoints share files
 * @param metrics which are registered
 */
record LsmBackendSettings(
        Store store,
        Memory memory,
        Threads threads,
        Local local,
        Remote remote,
        String compatIdentifier,
        boolean incremental,
        MetricScope metrics) {

    /**
     * How a store keeps its entries.
     *
     * @param openFiles SSTables that stay open while they are not in use
     * @param timerHeads timers of a key group that a queue keeps at hand
     * @param everyState what a state has for which nothing is set
     * @param states what single states have otherwise, by the state's name
     */
    record Store(
            long memtableBytes,
            int level0Trigger,
            long targetFileBytes,
            long level1Bytes,
            int openFiles,
            int timerHeads,
            StateOptions everyState,
            Map<String, StateOptions> states) {

        Store {
            states = Map.copyOf(states);
        }
    }

    /**
     * Memory, instead of managed memory.
     *
     * @param slotBytes of a slot; 0 if not set
     * @param taskManagerBytes of all slots together; 0 if not set
     * @param memtableShare part of it, or of managed memory, for entries that no SSTable has yet
     */
    record Memory(long slotBytes, long taskManagerBytes, double memtableShare) {}

    /**
     * Threads of a TaskManager, and of a subtask.
     *
     * @param request for those that subtasks share
     * @param transfer files of a subtask in transfer at a time
     * @param read threads of a subtask that read files for State V2
     */
    record Threads(ThreadRequest request, int transfer, int read) {}

    /**
     * Where files are on the local disk, and how they are read.
     *
     * @param directories absolute paths; empty for the TaskManager's working directory
     */
    record Local(List<String> directories, FileReads reads) {

        Local {
            directories = List.copyOf(directories);
        }
    }

    /**
     * How remote files are read.
     *
     * @param lazyRestore whether a restore serves before it has fetched the files
     * @param localCacheBytes room for remote files on the local disk; 0 for all of them
     */
    record Remote(
            Duration requestTimeout,
            Duration retryDeadline,
            boolean lazyRestore,
            long localCacheBytes) {}

    /** Slowdown and stop of writes, as multiples of the trigger. */
    private static final int SLOWDOWN_TRIGGERS = 5;

    private static final int STOP_TRIGGERS = 9;

    private static final int FILES_IN_LEVEL1 = 4;

    /** A memtable may take at most this part of what all together may. */
    private static final int MEMTABLES_IN_SHARE = 2;

    private static final long MIN_MEMTABLE_BYTES = 64 << 10;

    /** A row group is buffered while it is written: at most this part of the slot's memory. */
    private static final int ROW_GROUPS_IN_POOL = 32;

    private static final int MIN_ROW_GROUP_BYTES = 256 << 10;

    /**
     * @throws IllegalConfigurationException names the option, its value and what is allowed
     */
    static LsmBackendSettings of(ReadableConfig config) {
        Configuration effective = Profile.applied(config);
        return of(effective, StateOptions.read(effective));
    }

    /** Of a configuration to which its profile has been applied. */
    static LsmBackendSettings of(ReadableConfig config, Map<String, StateOptions> states) {
        MemorySize blockSize = OptionBounds.BLOCK_SIZE.read(config);
        MemorySize targetFileSize = OptionBounds.TARGET_FILE_SIZE.read(config);
        MemorySize level1Size = OptionBounds.LEVEL1_SIZE.read(config);
        if (blockSize.compareTo(targetFileSize) > 0) {
            throw new IllegalConfigurationException(
                    "["
                            + LsmBackendOptions.BLOCK_SIZE.key()
                            + "] a block is larger than a file: value="
                            + blockSize
                            + ", "
                            + LsmBackendOptions.TARGET_FILE_SIZE.key()
                            + "="
                            + targetFileSize
                            + "; set a smaller block or a larger file.");
        }
        return new LsmBackendSettings(
                new Store(
                        OptionBounds.MEMTABLE_SIZE.read(config).getBytes(),
                        OptionBounds.LEVEL0_TRIGGER.read(config),
                        targetFileSize.getBytes(),
                        level1Size == null
                                ? FILES_IN_LEVEL1 * targetFileSize.getBytes()
                                : level1Size.getBytes(),
                        OptionBounds.OPEN_FILES.read(config),
                        OptionBounds.TIMER_HEADS.read(config),
                        everyState(config, blockSize),
                        states),
                new Memory(
                        bytesOrZero(OptionBounds.FIXED_MEMORY_PER_SLOT.read(config)),
                        bytesOrZero(OptionBounds.FIXED_MEMORY_PER_TASK_MANAGER.read(config)),
                        OptionBounds.MEMTABLE_SHARE.read(config)),
                new Threads(
                        new ThreadRequest(
                                OptionBounds.BACKGROUND_THREADS.read(config),
                                OptionBounds.BACKGROUND_THREADS_PER_TASK_MANAGER.read(config),
                                OptionBounds.ASYNC_READ_THREADS_PER_TASK_MANAGER.read(config)),
                        OptionBounds.TRANSFER_THREADS.read(config),
                        OptionBounds.ASYNC_READ_THREADS.read(config)),
                new Local(
                        directories(OptionBounds.LOCAL_DIRECTORIES.read(config)),
                        name(OptionBounds.MEMORY_MAPPED_FILES, config).equals("never")
                                ? FileReads.PLAIN
                                : FileReads.MAPPED),
                new Remote(
                        OptionBounds.REMOTE_REQUEST_TIMEOUT.read(config),
                        OptionBounds.REMOTE_RETRY_DEADLINE.read(config),
                        name(OptionBounds.RESTORE, config).equals("lazy"),
                        name(OptionBounds.PLACEMENT, config).equals("remote")
                                ? OptionBounds.LOCAL_CACHE_SIZE.read(config).getBytes()
                                : 0),
                OptionBounds.COMPAT_IDENTIFIER.read(config),
                OptionBounds.INCREMENTAL_CHECKPOINTS.read(config),
                switch (name(OptionBounds.METRICS, config)) {
                    case "none" -> MetricScope.NONE;
                    case "state" -> MetricScope.STATE;
                    default -> MetricScope.OPERATOR;
                });
    }

    private static StateOptions everyState(ReadableConfig config, MemorySize blockSize) {
        return new StateOptions(
                switch (name(OptionBounds.COMPACTION_STYLE, config)) {
                    case "size-tiered" -> CompactionStyle.SIZE_TIERED;
                    default -> CompactionStyle.LEVELED;
                },
                (int) blockSize.getBytes(),
                OptionBounds.BLOOM_BITS_PER_KEY.read(config),
                codecs(config),
                switch (name(OptionBounds.VALUE_COLUMNS, config)) {
                    case "binary" -> ValueColumns.BINARY;
                    default -> ValueColumns.TYPED;
                });
    }

    private static LevelCodecs codecs(ReadableConfig config) {
        String bottom = OptionBounds.BOTTOM_CODEC.read(config);
        return new LevelCodecs(
                OptionBounds.parts(OptionBounds.CODEC.read(config)).stream()
                        .map(LsmBackendSettings::codec)
                        .toList(),
                bottom == null ? null : codec(OptionBounds.normalised(bottom)));
    }

    private static SstableCodec codec(String name) {
        return switch (name) {
            case "none" -> SstableCodec.UNCOMPRESSED;
            case "zstd" -> SstableCodec.ZSTD;
            default -> SstableCodec.LZ4_RAW;
        };
    }

    /** How files are kept that are, or may be, on remote storage. */
    TieredOptions tieredOptions() {
        return new TieredOptions(
                remote.localCacheBytes(),
                RetryPolicy.withDeadline(remote.retryDeadline().toNanos()),
                local.reads());
    }

    /**
     * Options of a store in a slot with this much memory.
     *
     * @param keyGroupBytes bytes of the key group in front of each key
     */
    LsmStoreOptions storeOptions(long slotMemoryBytes, int keyGroupBytes) {
        LsmStoreOptions defaults = LsmStoreOptions.DEFAULTS;
        long shareBytes = (long) (slotMemoryBytes * memory.memtableShare());
        long poolMemtable = Math.max(MIN_MEMTABLE_BYTES, shareBytes / MEMTABLES_IN_SHARE);
        long poolRowGroup = Math.max(MIN_ROW_GROUP_BYTES, slotMemoryBytes / ROW_GROUPS_IN_POOL);
        int rowGroupBytes = (int) Math.min(defaults.sstable().rowGroupBytes(), poolRowGroup);
        return new LsmStoreOptions(
                Math.min(store.memtableBytes(), poolMemtable),
                store.everyState().compactionStyle(),
                new CompactionOptions(
                        store.level0Trigger(),
                        store.targetFileBytes(),
                        store.level1Bytes(),
                        defaults.compaction().levelSizeRatio()),
                new WriteLimits(
                        store.level0Trigger() * SLOWDOWN_TRIGGERS,
                        store.level0Trigger() * STOP_TRIGGERS,
                        defaults.writeLimits().maxFrozenMemtables()),
                store.openFiles(),
                sstableOptions(store.everyState(), rowGroupBytes, keyGroupBytes),
                treeTunings(rowGroupBytes, keyGroupBytes));
    }

    /** A name may be that of a state and of a queue: both have what is set for it. */
    private Map<String, TreeTuning> treeTunings(int rowGroupBytes, int keyGroupBytes) {
        Map<String, TreeTuning> tunings = new HashMap<>();
        store.states()
                .forEach(
                        (name, state) -> {
                            TreeTuning tuning =
                                    new TreeTuning(
                                            state.compactionStyle(),
                                            sstableOptions(state, rowGroupBytes, keyGroupBytes));
                            tunings.put(TreeNames.ofState(name), tuning);
                            tunings.put(TreeNames.ofQueue(name), tuning);
                        });
        return tunings;
    }

    private static SstableOptions sstableOptions(
            StateOptions state, int rowGroupBytes, int keyGroupBytes) {
        return new SstableOptions(
                state.blockBytes(),
                LsmStoreOptions.DEFAULTS.sstable().blockEntries(),
                rowGroupBytes,
                state.bloomBitsPerKey(),
                state.codecs(),
                keyGroupBytes,
                state.valueColumns());
    }

    private static String name(OptionBounds<String> bounds, ReadableConfig config) {
        return OptionBounds.normalised(bounds.read(config));
    }

    private static long bytesOrZero(@Nullable MemorySize size) {
        return size == null ? 0 : size.getBytes();
    }

    private static List<String> directories(@Nullable String paths) {
        List<String> directories = new ArrayList<>();
        if (paths != null) {
            for (String path : paths.split(",")) {
                directories.add(Path.of(path.strip()).normalize().toString());
            }
        }
        return directories;
    }
}
