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
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.ValueColumns;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;

/**
 * The options' values, checked.
 *
 * @param localDirectories absolute paths; empty for the TaskManager's working directory
 * @param fixedMemoryBytes memory of a slot; 0 for managed memory
 * @param incremental whether checkpoints share files
 */
record LsmBackendSettings(
        long memtableBytes,
        CompactionStyle compactionStyle,
        int level0Trigger,
        long targetFileBytes,
        int blockBytes,
        double bloomBitsPerKey,
        SstableCodec codec,
        ValueColumns valueColumns,
        List<String> localDirectories,
        int backgroundThreads,
        int transferThreads,
        long fixedMemoryBytes,
        String compatIdentifier,
        boolean incremental) {

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;

    /** Slowdown and stop of writes, as multiples of the trigger. */
    private static final int SLOWDOWN_TRIGGERS = 5;

    private static final int STOP_TRIGGERS = 9;

    /** A memtable may take at most this part of the slot's memory: all together get half of it. */
    private static final int MEMTABLES_IN_POOL = 4;

    private static final long MIN_MEMTABLE_BYTES = 64 * KIB;

    /** A row group is buffered while it is written: at most this part of the slot's memory. */
    private static final int ROW_GROUPS_IN_POOL = 32;

    private static final int MIN_ROW_GROUP_BYTES = (int) (256 * KIB);

    LsmBackendSettings {
        localDirectories = List.copyOf(localDirectories);
    }

    /**
     * @throws IllegalConfigurationException names the option, its value and what is allowed
     */
    static LsmBackendSettings of(ReadableConfig config) {
        return new LsmBackendSettings(
                bytes(config, LsmBackendOptions.MEMTABLE_SIZE, 64 * KIB, 2 * GIB),
                compactionStyle(config),
                number(config, LsmBackendOptions.LEVEL0_TRIGGER, 1, 1000),
                bytes(config, LsmBackendOptions.TARGET_FILE_SIZE, 64 * KIB, 16 * GIB),
                (int) bytes(config, LsmBackendOptions.BLOCK_SIZE, 512, MIB),
                value(
                        config,
                        LsmBackendOptions.BLOOM_BITS_PER_KEY,
                        bits -> bits >= 0 && bits <= 64,
                        "0 to 64"),
                codec(config),
                valueColumns(config),
                directories(config),
                number(config, LsmBackendOptions.BACKGROUND_THREADS, 1, 256),
                number(config, LsmBackendOptions.TRANSFER_THREADS, 1, 256),
                config.getOptional(LsmBackendOptions.FIXED_MEMORY_PER_SLOT).isPresent()
                        ? bytes(config, LsmBackendOptions.FIXED_MEMORY_PER_SLOT, 8 * MIB, 1L << 50)
                        : 0,
                value(
                        config,
                        LsmBackendOptions.COMPAT_IDENTIFIER,
                        text -> !text.isBlank(),
                        "a name, such as lsm or rocksdb"),
                value(
                        config,
                        CheckpointingOptions.INCREMENTAL_CHECKPOINTS,
                        any -> true,
                        "true or false"));
    }

    /**
     * Options of a store in a slot with this much memory.
     *
     * @param keyGroupBytes bytes of the key group in front of each key
     */
    LsmStoreOptions storeOptions(long slotMemoryBytes, int keyGroupBytes) {
        LsmStoreOptions defaults = LsmStoreOptions.DEFAULTS;
        long poolMemtable = Math.max(MIN_MEMTABLE_BYTES, slotMemoryBytes / MEMTABLES_IN_POOL);
        long poolRowGroup = Math.max(MIN_ROW_GROUP_BYTES, slotMemoryBytes / ROW_GROUPS_IN_POOL);
        return new LsmStoreOptions(
                Math.min(memtableBytes, poolMemtable),
                compactionStyle,
                level0Trigger,
                level0Trigger * SLOWDOWN_TRIGGERS,
                level0Trigger * STOP_TRIGGERS,
                defaults.maxFrozenMemtables(),
                targetFileBytes,
                4 * targetFileBytes,
                defaults.levelSizeRatio(),
                defaults.maxOpenFiles(),
                new SstableOptions(
                        blockBytes,
                        defaults.sstable().blockEntries(),
                        (int) Math.min(defaults.sstable().rowGroupBytes(), poolRowGroup),
                        bloomBitsPerKey,
                        codec,
                        keyGroupBytes,
                        valueColumns));
    }

    private static CompactionStyle compactionStyle(ReadableConfig config) {
        String text =
                value(
                        config,
                        LsmBackendOptions.COMPACTION_STYLE,
                        name -> normalised(name).matches("leveled|size-tiered"),
                        "leveled, size-tiered");
        return normalised(text).equals("leveled")
                ? CompactionStyle.LEVELED
                : CompactionStyle.SIZE_TIERED;
    }

    private static SstableCodec codec(ReadableConfig config) {
        String text =
                value(
                        config,
                        LsmBackendOptions.CODEC,
                        name -> normalised(name).matches("lz4|none"),
                        "lz4, none");
        return normalised(text).equals("lz4") ? SstableCodec.LZ4_RAW : SstableCodec.UNCOMPRESSED;
    }

    private static ValueColumns valueColumns(ReadableConfig config) {
        String text =
                value(
                        config,
                        LsmBackendOptions.VALUE_COLUMNS,
                        name -> normalised(name).matches("typed|binary"),
                        "typed, binary");
        return normalised(text).equals("typed") ? ValueColumns.TYPED : ValueColumns.BINARY;
    }

    private static String normalised(String name) {
        return name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static List<String> directories(ReadableConfig config) {
        List<String> directories = new ArrayList<>();
        if (config.getOptional(LsmBackendOptions.LOCAL_DIRECTORIES).isPresent()) {
            String text =
                    value(
                            config,
                            LsmBackendOptions.LOCAL_DIRECTORIES,
                            LsmBackendSettings::areAbsolutePaths,
                            "absolute local paths, separated by commas");
            for (String path : text.split(",")) {
                directories.add(Path.of(path.strip()).normalize().toString());
            }
        }
        return directories;
    }

    private static boolean areAbsolutePaths(String text) {
        for (String path : text.split(",", -1)) {
            try {
                if (path.isBlank() || !Path.of(path.strip()).isAbsolute()) {
                    return false;
                }
            } catch (InvalidPathException e) {
                return false;
            }
        }
        return true;
    }

    private static int number(
            ReadableConfig config, ConfigOption<Integer> option, int min, int max) {
        return value(config, option, value -> value >= min && value <= max, min + " to " + max);
    }

    private static long bytes(
            ReadableConfig config, ConfigOption<MemorySize> option, long min, long max) {
        return value(
                        config,
                        option,
                        size -> size.getBytes() >= min && size.getBytes() <= max,
                        new MemorySize(min) + " to " + new MemorySize(max))
                .getBytes();
    }

    private static <T> T value(
            ReadableConfig config, ConfigOption<T> option, Predicate<T> allowed, String allows) {
        T value;
        try {
            value = config.get(option);
        } catch (IllegalArgumentException e) {
            throw new IllegalConfigurationException(
                    "["
                            + option.key()
                            + "] not a value of this option: "
                            + e.getMessage()
                            + "; allowed: "
                            + allows
                            + ".",
                    e);
        }
        if (!allowed.test(value)) {
            throw new IllegalConfigurationException(
                    "["
                            + option.key()
                            + "] not a value of this option: value="
                            + value
                            + "; allowed: "
                            + allows
                            + ".");
        }
        return value;
    }
}
