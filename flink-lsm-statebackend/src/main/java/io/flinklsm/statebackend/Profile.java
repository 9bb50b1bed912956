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

import java.util.Locale;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;

/** Named sets of defaults: what a job sets itself wins over them. */
enum Profile {
    DEFAULT(new Configuration()),

    /** Each byte is written fewer times, at the price of more runs that a read looks into. */
    WRITE_HEAVY(
            new Configuration()
                    .set(LsmBackendOptions.COMPACTION_STYLE, "size-tiered")
                    .set(LsmBackendOptions.LEVEL0_TRIGGER, 6)),

    /** A lookup reads less, and seldom in vain; filters and indexes take more memory. */
    READ_HEAVY(
            new Configuration()
                    .set(LsmBackendOptions.LEVEL0_TRIGGER, 2)
                    .set(LsmBackendOptions.BLOCK_SIZE, MemorySize.parse("2kb"))
                    .set(LsmBackendOptions.BLOOM_BITS_PER_KEY, 16.0)),

    /** Filters and indexes take less, and less is in work at the same time. */
    SMALL_MEMORY(
            new Configuration()
                    .set(LsmBackendOptions.BLOCK_SIZE, MemorySize.parse("16kb"))
                    .set(LsmBackendOptions.BLOOM_BITS_PER_KEY, 8.0)
                    .set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.parse("32mb"))
                    .set(LsmBackendOptions.BACKGROUND_THREADS, 1)
                    .set(LsmBackendOptions.TRANSFER_THREADS, 2)
                    .set(LsmBackendOptions.ASYNC_READ_THREADS, 8)),

    /** Files stay on the checkpoint storage: many requests at once, and few in vain. */
    OBJECT_STORE(
            new Configuration()
                    .set(LsmBackendOptions.PLACEMENT, "remote")
                    .set(LsmBackendOptions.BLOOM_BITS_PER_KEY, 16.0)
                    .set(LsmBackendOptions.TRANSFER_THREADS, 16)
                    .set(LsmBackendOptions.ASYNC_READ_THREADS, 64));

    private final Configuration values;

    Profile(Configuration values) {
        this.values = values;
    }

    /** The configuration, with what its profile says where it says nothing itself. */
    static Configuration applied(ReadableConfig config) {
        Profile profile = named(OptionBounds.normalised(OptionBounds.PROFILE.read(config)));
        Configuration effective = new Configuration(profile.values);
        config.toMap().forEach(effective::setString);
        return effective;
    }

    private static Profile named(String name) {
        return valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    /** As it is written in a configuration. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it sets, by key. */
    Map<String, String> defaults() {
        return values.toMap();
    }
}
