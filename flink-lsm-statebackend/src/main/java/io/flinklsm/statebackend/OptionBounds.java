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

import io.flinklsm.core.LsmStoreOptions;
import io.flinklsm.statebackend.memory.SlotMemory;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * What an option may be set to. The bounds stand here once: {@link LsmBackendSettings} checks
 * values against them when a backend is configured, and {@code docs/configuration.md} prints them.
 *
 * @param text the bounds, in the words of messages and of the page
 */
record OptionBounds<T>(ConfigOption<T> option, Predicate<T> allows, String text) {

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final long TIB = 1024 * GIB;

    static final OptionBounds<String> PROFILE =
            names(
                    LsmBackendOptions.PROFILE,
                    "default",
                    "write-heavy",
                    "read-heavy",
                    "small-memory",
                    "object-store");

    static final OptionBounds<MemorySize> MEMTABLE_SIZE =
            bytes(LsmBackendOptions.MEMTABLE_SIZE, 64 * KIB, 2 * GIB);

    static final OptionBounds<String> COMPACTION_STYLE =
            names(LsmBackendOptions.COMPACTION_STYLE, "leveled", "size-tiered");

    static final OptionBounds<Integer> LEVEL0_TRIGGER =
            number(LsmBackendOptions.LEVEL0_TRIGGER, LsmStoreOptions.MIN_LEVEL0_TRIGGER, 1000);

    static final OptionBounds<MemorySize> TARGET_FILE_SIZE =
            bytes(LsmBackendOptions.TARGET_FILE_SIZE, 64 * KIB, 16 * GIB);

    static final OptionBounds<MemorySize> LEVEL1_SIZE =
            bytes(LsmBackendOptions.LEVEL1_SIZE, 64 * KIB, TIB);

    static final OptionBounds<MemorySize> BLOCK_SIZE =
            bytes(LsmBackendOptions.BLOCK_SIZE, 512, MIB);

    static final OptionBounds<Double> BLOOM_BITS_PER_KEY =
            new OptionBounds<>(
                    LsmBackendOptions.BLOOM_BITS_PER_KEY,
                    bits -> bits >= 0 && bits <= 64,
                    "0 to 64");

    private static final List<String> CODECS = List.of("lz4", "zstd", "none");

    static final OptionBounds<String> CODEC =
            new OptionBounds<>(
                    LsmBackendOptions.CODEC,
                    text -> parts(text).stream().allMatch(CODECS::contains),
                    "lz4, zstd, none, or several of these separated by commas");

    static final OptionBounds<String> BOTTOM_CODEC =
            names(LsmBackendOptions.BOTTOM_CODEC, CODECS.toArray(new String[0]));

    static final OptionBounds<String> VALUE_COLUMNS =
            names(LsmBackendOptions.VALUE_COLUMNS, "typed", "binary");

    static final OptionBounds<String> LOCAL_DIRECTORIES =
            new OptionBounds<>(
                    LsmBackendOptions.LOCAL_DIRECTORIES,
                    OptionBounds::areAbsolutePaths,
                    "absolute paths, separated by commas");

    static final OptionBounds<Integer> BACKGROUND_THREADS =
            number(LsmBackendOptions.BACKGROUND_THREADS, 1, 256);

    static final OptionBounds<Integer> BACKGROUND_THREADS_PER_TASK_MANAGER =
            number(LsmBackendOptions.BACKGROUND_THREADS_PER_TASK_MANAGER, 0, 1024);

    static final OptionBounds<Integer> TRANSFER_THREADS =
            number(LsmBackendOptions.TRANSFER_THREADS, 1, 256);

    static final OptionBounds<MemorySize> FIXED_MEMORY_PER_SLOT =
            bytes(LsmBackendOptions.FIXED_MEMORY_PER_SLOT, SlotMemory.MIN_BYTES, TIB);

    static final OptionBounds<MemorySize> FIXED_MEMORY_PER_TASK_MANAGER =
            bytes(LsmBackendOptions.FIXED_MEMORY_PER_TASK_MANAGER, SlotMemory.MIN_BYTES, TIB);

    static final OptionBounds<String> COMPAT_IDENTIFIER =
            new OptionBounds<>(
                    LsmBackendOptions.COMPAT_IDENTIFIER,
                    name -> !name.isBlank(),
                    "a name, such as lsm or rocksdb");

    static final OptionBounds<String> RESTORE = names(LsmBackendOptions.RESTORE, "lazy", "eager");

    static final OptionBounds<String> PLACEMENT =
            names(LsmBackendOptions.PLACEMENT, "local", "remote");

    static final OptionBounds<MemorySize> LOCAL_CACHE_SIZE =
            bytes(LsmBackendOptions.LOCAL_CACHE_SIZE, 8 * MIB, 256 * TIB);

    static final OptionBounds<Duration> REMOTE_REQUEST_TIMEOUT =
            duration(LsmBackendOptions.REMOTE_REQUEST_TIMEOUT);

    static final OptionBounds<Duration> REMOTE_RETRY_DEADLINE =
            duration(LsmBackendOptions.REMOTE_RETRY_DEADLINE);

    static final OptionBounds<Integer> ASYNC_READ_THREADS =
            number(LsmBackendOptions.ASYNC_READ_THREADS, 1, 1024);

    static final OptionBounds<Integer> ASYNC_READ_THREADS_PER_TASK_MANAGER =
            number(LsmBackendOptions.ASYNC_READ_THREADS_PER_TASK_MANAGER, 1, 4096);

    static final OptionBounds<String> METRICS =
            names(LsmBackendOptions.METRICS, "none", "operator", "state");

    static final OptionBounds<String> MEMORY_MAPPED_FILES =
            names(LsmBackendOptions.MEMORY_MAPPED_FILES, "auto", "never");

    static final OptionBounds<Integer> OPEN_FILES =
            number(LsmBackendOptions.OPEN_FILES, 1, 1_000_000);

    static final OptionBounds<Double> MEMTABLE_SHARE =
            new OptionBounds<>(
                    LsmBackendOptions.MEMTABLE_SHARE,
                    share -> share >= 0.1 && share <= 0.9,
                    "0.1 to 0.9");

    static final OptionBounds<Integer> TIMER_HEADS =
            number(LsmBackendOptions.TIMER_HEADS, 8, 100_000);

    /** Flink's option; only a value that is no boolean is wrong. */
    static final OptionBounds<Boolean> INCREMENTAL_CHECKPOINTS =
            new OptionBounds<>(
                    CheckpointingOptions.INCREMENTAL_CHECKPOINTS, any -> true, "true or false");

    private static final List<OptionBounds<?>> ALL =
            List.of(
                    PROFILE,
                    MEMTABLE_SIZE,
                    COMPACTION_STYLE,
                    LEVEL0_TRIGGER,
                    TARGET_FILE_SIZE,
                    LEVEL1_SIZE,
                    BLOCK_SIZE,
                    BLOOM_BITS_PER_KEY,
                    CODEC,
                    BOTTOM_CODEC,
                    VALUE_COLUMNS,
                    LOCAL_DIRECTORIES,
                    BACKGROUND_THREADS,
                    BACKGROUND_THREADS_PER_TASK_MANAGER,
                    TRANSFER_THREADS,
                    FIXED_MEMORY_PER_SLOT,
                    FIXED_MEMORY_PER_TASK_MANAGER,
                    COMPAT_IDENTIFIER,
                    RESTORE,
                    PLACEMENT,
                    LOCAL_CACHE_SIZE,
                    REMOTE_REQUEST_TIMEOUT,
                    REMOTE_RETRY_DEADLINE,
                    ASYNC_READ_THREADS,
                    ASYNC_READ_THREADS_PER_TASK_MANAGER,
                    METRICS,
                    MEMORY_MAPPED_FILES,
                    OPEN_FILES,
                    MEMTABLE_SHARE,
                    TIMER_HEADS,
                    INCREMENTAL_CHECKPOINTS);

    /** Those of every option that a backend reads from its configuration. */
    static List<OptionBounds<?>> all() {
        return ALL;
    }

    /**
     * The option's value, or its default; never null for an option that is set or has a default.
     *
     * @throws IllegalConfigurationException names the option, its value and what is allowed
     */
    T read(ReadableConfig config) {
        T value;
        try {
            value = config.get(option);
        } catch (IllegalArgumentException e) {
            throw refused(config.toMap().get(option.key()), e);
        }
        if (value != null && !allows.test(value)) {
            throw refused(value, null);
        }
        return value;
    }

    /** A name that is allowed, as the bounds spell it. */
    static String normalised(String name) {
        return name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Names that are separated by commas, as the bounds spell them. */
    static List<String> parts(String names) {
        return Stream.of(names.split(",", -1)).map(OptionBounds::normalised).toList();
    }

    private IllegalConfigurationException refused(
            @Nullable Object value, @Nullable IllegalArgumentException cause) {
        String message =
                "["
                        + option.key()
                        + "] not a value of this option: value="
                        + told(value)
                        + "; allowed: "
                        + text
                        + "; "
                        + (option.hasDefaultValue()
                                ? "set one of these, or remove the option for its default, "
                                        + told(option.defaultValue())
                                        + "."
                                : "set one of these, or remove the option.");
        return cause == null
                ? new IllegalConfigurationException(message)
                : new IllegalConfigurationException(message, cause);
    }

    /** A value as it is written in a configuration. */
    static @Nullable Object told(@Nullable Object value) {
        return value instanceof Duration time ? TimeUtils.formatWithHighestUnit(time) : value;
    }

    private static OptionBounds<String> names(ConfigOption<String> option, String... names) {
        List<String> all = List.of(names);
        return new OptionBounds<>(
                option, name -> all.contains(normalised(name)), String.join(", ", all));
    }

    private static OptionBounds<Integer> number(ConfigOption<Integer> option, int min, int max) {
        return new OptionBounds<>(
                option, value -> value >= min && value <= max, min + " to " + max);
    }

    private static OptionBounds<Duration> duration(ConfigOption<Duration> option) {
        return new OptionBounds<>(
                option,
                value ->
                        value.compareTo(Duration.ofMillis(1)) >= 0
                                && value.compareTo(Duration.ofHours(24)) <= 0,
                "1 ms to 24 h");
    }

    private static OptionBounds<MemorySize> bytes(
            ConfigOption<MemorySize> option, long min, long max) {
        return new OptionBounds<>(
                option,
                size -> size.getBytes() >= min && size.getBytes() <= max,
                readable(min) + " to " + readable(max));
    }

    private static String readable(long bytes) {
        String[] units = {"bytes", "kb", "mb", "gb", "tb"};
        int unit = 0;
        long count = bytes;
        while (unit < units.length - 1 && count >= 1024 && count % 1024 == 0) {
            count /= 1024;
            unit++;
        }
        return count + " " + units[unit];
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
}
