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

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.AbstractManagedMemoryStateBackend;
import org.apache.flink.runtime.state.AsyncKeyedStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.ConfigurableStateBackend;
import org.apache.flink.runtime.state.DefaultOperatorStateBackendBuilder;
import org.apache.flink.runtime.state.OperatorStateBackend;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps keyed state in LSM trees whose SSTables are Parquet files: in memory and on local disk
 * while the job runs, on the checkpoint storage for recovery.
 *
 * <p>Only a description: making, configuring, serialising or loading one starts nothing. Values set
 * by {@link #set} win over the configuration. Safe for any thread, except that {@code set} must
 * come before the object is handed to a job.
 */
public final class LsmStateBackend extends AbstractManagedMemoryStateBackend
        implements ConfigurableStateBackend {

    private static final long serialVersionUID = 1L;

    private static final Logger LOG = LoggerFactory.getLogger(LsmStateBackend.class);

    // Immutable once the backend is handed over.
    private final Configuration options;

    // Made at first use on a TaskManager; null in a copy that came through serialisation.
    private transient volatile @Nullable AtomicInteger nextDirectory;

    public LsmStateBackend() {
        this.options = new Configuration();
    }

    /**
     * @param incremental whether checkpoints share files; as {@code
     *     execution.checkpointing.incremental}, over which it wins
     */
    public LsmStateBackend(boolean incremental) {
        this();
        set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, incremental);
    }

    private LsmStateBackend(LsmStateBackend original, ReadableConfig config) {
        this.options = new Configuration();
        for (OptionBounds<?> bounds : OptionBounds.all()) {
            // Read first: a wrong value is told with what is allowed.
            bounds.read(config);
            copyOption(config, bounds.option(), options);
        }
        config.toMap()
                .forEach(
                        (key, value) -> {
                            if (StateOptions.isHeeded(key)) {
                                options.setString(key, value);
                            }
                        });
        options.addAll(original.options);
        LsmBackendSettings.of(options);
        UnheededKeys.warning(config.toMap()).ifPresent(LOG::warn);
        latencyTrackingConfigBuilder = original.latencyTrackingConfigBuilder.configure(config);
        sizeTrackingConfigBuilder = original.sizeTrackingConfigBuilder.configure(config);
    }

    /**
     * Sets an option of {@link LsmBackendOptions} in code; it wins over the configuration.
     *
     * @throws IllegalConfigurationException if the value is not allowed, or the option is not one
     *     of this backend; nothing is changed then
     */
    public <T> LsmStateBackend set(ConfigOption<T> option, T value) {
        if (OptionBounds.all().stream().noneMatch(bounds -> bounds.option().equals(option))) {
            throw new IllegalConfigurationException(
                    "["
                            + option.key()
                            + "] not an option of this backend: value="
                            + value
                            + "; set one of LsmBackendOptions, or this one in the job's"
                            + " configuration.");
        }
        Configuration changed = new Configuration(options);
        changed.set(option, value);
        LsmBackendSettings.of(changed);
        options.set(option, value);
        return this;
    }

    /**
     * A new backend with the configuration's values where this one has none. Options that look like
     * this backend's and have no effect are named in the log.
     *
     * @throws IllegalConfigurationException if a value is not allowed
     */
    @Override
    public LsmStateBackend configure(ReadableConfig config, ClassLoader classLoader) {
        return new LsmStateBackend(this, config);
    }

    /** Canonical and native savepoints. */
    @Override
    public boolean supportsSavepointFormat(SavepointFormatType formatType) {
        return true;
    }

    /** True: a full checkpoint uploads every file anew and shares none with earlier ones. */
    @Override
    public boolean supportsNoClaimRestoreMode() {
        return true;
    }

    @Override
    public <K> AbstractKeyedStateBackend<K> createKeyedStateBackend(
            KeyedStateBackendParameters<K> parameters) throws IOException {
        return builder(parameters).build();
    }

    /** True: requests of State V2 are executed in batches, and files read by other threads. */
    @Override
    public boolean supportsAsyncKeyedStateBackend() {
        return true;
    }

    @Override
    public <K> AsyncKeyedStateBackend<K> createAsyncKeyedStateBackend(
            KeyedStateBackendParameters<K> parameters) throws IOException {
        return builder(parameters).buildAsync();
    }

    private <K> LsmKeyedStateBackendBuilder<K> builder(KeyedStateBackendParameters<K> parameters) {
        return new LsmKeyedStateBackendBuilder<>(
                        parameters,
                        settings(),
                        turn(),
                        latencyTrackingConfigBuilder
                                .setMetricGroup(parameters.getMetricGroup())
                                .build(),
                        sizeTrackingConfigBuilder
                                .setMetricGroup(parameters.getMetricGroup())
                                .build())
                .announcing(changedOptions());
    }

    @Override
    public OperatorStateBackend createOperatorStateBackend(
            OperatorStateBackendParameters parameters) throws BackendBuildingException {
        return new DefaultOperatorStateBackendBuilder(
                        parameters.getEnv().getUserCodeClassLoader().asClassLoader(),
                        parameters.getEnv().getExecutionConfig(),
                        true,
                        parameters.getStateHandles(),
                        parameters.getCancelStreamRegistry())
                .build();
    }

    LsmBackendSettings settings() {
        return LsmBackendSettings.of(options);
    }

    /** Those that are set to something else than their default, by key. */
    private Map<String, String> changedOptions() {
        Map<String, String> changed = new TreeMap<>();
        for (OptionBounds<?> bounds : OptionBounds.all()) {
            ConfigOption<?> option = bounds.option();
            options.getOptional(option)
                    .filter(value -> !value.equals(option.defaultValue()))
                    .ifPresent(
                            value ->
                                    changed.put(
                                            option.key(),
                                            String.valueOf(OptionBounds.told(value))));
        }
        return changed;
    }

    @Override
    public String toString() {
        return "LsmStateBackend" + options;
    }

    /**
     * Counts up from a random start, so that the tasks of a TaskManager spread over directories.
     */
    private int turn() {
        AtomicInteger counter = nextDirectory;
        if (counter == null) {
            synchronized (this) {
                counter = nextDirectory;
                if (counter == null) {
                    counter = new AtomicInteger(ThreadLocalRandom.current().nextInt(1 << 16));
                    nextDirectory = counter;
                }
            }
        }
        return counter.getAndIncrement();
    }

    private static <T> void copyOption(
            ReadableConfig from, ConfigOption<T> option, Configuration to) {
        from.getOptional(option).ifPresent(value -> to.set(option, value));
    }
}
