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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.CompactionStyle;
import io.flinklsm.core.LsmStoreOptions;
import io.flinklsm.core.sstable.SstableCodec;
import io.flinklsm.core.sstable.SstableOptions.LevelCodecs;
import io.flinklsm.core.sstable.ValueColumns;
import io.flinklsm.core.storage.FileReads;
import io.flinklsm.statebackend.memory.ThreadRequest;
import io.flinklsm.statebackend.metrics.MetricScope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.StateBackendLoader;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LsmStateBackendTest {

    private static final ClassLoader LOADER = LsmStateBackendTest.class.getClassLoader();

    @Test
    void configurationLoadsTheBackendByTheNameOfItsFactory() throws Exception {
        Configuration config = new Configuration();
        config.set(StateBackendOptions.STATE_BACKEND, LsmStateBackendFactory.class.getName());

        StateBackend backend = StateBackendLoader.loadStateBackendFromConfig(config, LOADER, null);

        assertThat(backend).isInstanceOf(LsmStateBackend.class);
        assertThat(backend.useManagedMemory()).isTrue();
        assertThat(backend.supportsNoClaimRestoreMode()).isTrue();
        assertThat(SavepointFormatType.values()).allMatch(backend::supportsSavepointFormat);
    }

    @Test
    void everyOptionReachesTheSettings() {
        Configuration config = new Configuration();
        config.setString("state.backend.lsm.memtable-size", "1mb");
        config.setString("state.backend.lsm.compaction.style", "size-tiered");
        config.setString("state.backend.lsm.profile", "object-store");
        config.setString("state.backend.lsm.compaction.level0-trigger", "2");
        config.setString("state.backend.lsm.compaction.target-file-size", "3mb");
        config.setString("state.backend.lsm.sstable.block-size", "4kb");
        config.setString("state.backend.lsm.sstable.bloom-bits-per-key", "0");
        config.setString("state.backend.lsm.sstable.codec", "none");
        config.setString("state.backend.lsm.sstable.bottom-codec", "zstd");
        config.setString("state.backend.lsm.sstable.value-columns", "binary");
        config.setString("state.backend.lsm.local-directories", "/one, /two/./three");
        config.setString("state.backend.lsm.background-threads", "5");
        config.setString("state.backend.lsm.background-threads-per-tm", "8");
        config.setString("state.backend.lsm.async.read-threads-per-tm", "9");
        config.setString("state.backend.lsm.transfer-threads", "6");
        config.setString("state.backend.lsm.memory.fixed-per-slot", "70mb");
        config.setString("state.backend.lsm.memory.fixed-per-tm", "80mb");
        config.setString("state.backend.lsm.compat-identifier", "rocksdb");
        config.setString("state.backend.lsm.restore", "eager");
        config.setString("state.backend.lsm.placement", "remote");
        config.setString("state.backend.lsm.local-cache.size", "9mb");
        config.setString("state.backend.lsm.remote.request-timeout", "3 s");
        config.setString("state.backend.lsm.remote.retry-deadline", "4 min");
        config.setString("state.backend.lsm.async.read-threads", "7");
        config.setString("state.backend.lsm.metrics", "state");
        config.setString("state.backend.lsm.memory-mapped-files", "never");
        config.setString("state.backend.lsm.compaction.level1-size", "5mb");
        config.setString("state.backend.lsm.open-files", "40");
        config.setString("state.backend.lsm.memory.memtable-share", "0.25");
        config.setString("state.backend.lsm.timers.cache-size", "50");
        config.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);

        assertThat(LsmBackendSettings.of(config))
                .isEqualTo(
                        new LsmBackendSettings(
                                new LsmBackendSettings.Store(
                                        1 << 20,
                                        2,
                                        3 << 20,
                                        5 << 20,
                                        40,
                                        50,
                                        new StateOptions(
                                                CompactionStyle.SIZE_TIERED,
                                                4 << 10,
                                                0,
                                                new LevelCodecs(
                                                        List.of(SstableCodec.UNCOMPRESSED),
                                                        SstableCodec.ZSTD),
                                                ValueColumns.BINARY),
                                        Map.of()),
                                new LsmBackendSettings.Memory(70L << 20, 80L << 20, 0.25),
                                new LsmBackendSettings.Threads(new ThreadRequest(5, 8, 9), 6, 7),
                                new LsmBackendSettings.Local(
                                        List.of("/one", "/two/three"), FileReads.PLAIN),
                                new LsmBackendSettings.Remote(
                                        Duration.ofSeconds(3),
                                        Duration.ofMinutes(4),
                                        false,
                                        9L << 20),
                                "rocksdb",
                                true,
                                MetricScope.STATE));
        assertThat(config.keySet())
                .containsAll(LsmBackendOptions.all().stream().map(o -> o.key()).toList());
    }

    @Test
    void defaultsAreNotIncrementalAndUseManagedMemory() {
        LsmBackendSettings settings = LsmBackendSettings.of(new Configuration());

        assertThat(settings.incremental()).isFalse();
        assertThat(settings.memory().slotBytes()).isZero();
        assertThat(settings.memory().taskManagerBytes()).isZero();
        assertThat(settings.compatIdentifier()).isEqualTo("lsm");
        assertThat(settings.local().directories()).isEmpty();
        assertThat(settings.remote().lazyRestore()).isTrue();
        assertThat(settings.remote().localCacheBytes()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "state.backend.lsm.memtable-size | 1kb",
                "state.backend.lsm.memtable-size | much",
                "state.backend.lsm.compaction.style | universal",
                "state.backend.lsm.sstable.value-columns | both",
                "state.backend.lsm.compaction.level0-trigger | 1",
                "state.backend.lsm.compaction.level0-trigger | 1001",
                "state.backend.lsm.compaction.level0-trigger | two",
                "state.backend.lsm.compaction.target-file-size | 1b",
                "state.backend.lsm.sstable.block-size | 1gb",
                "state.backend.lsm.sstable.bloom-bits-per-key | -1",
                "state.backend.lsm.sstable.bloom-bits-per-key | NaN",
                "state.backend.lsm.sstable.codec | zip",
                "state.backend.lsm.sstable.codec | lz4;zstd",
                "state.backend.lsm.sstable.bottom-codec | lz4,zstd",
                "state.backend.lsm.local-directories | relative/path",
                "state.backend.lsm.local-directories | /one,,/two",
                "state.backend.lsm.background-threads | 0",
                "state.backend.lsm.transfer-threads | -3",
                "state.backend.lsm.memory.fixed-per-slot | 1mb",
                "state.backend.lsm.memory.fixed-per-tm | 1mb",
                "state.backend.lsm.memory.fixed-per-tm | -5",
                "state.backend.lsm.memory.memtable-share | 0.95",
                "state.backend.lsm.memory.memtable-share | NaN",
                "state.backend.lsm.timers.cache-size | 0",
                "state.backend.lsm.restore | later",
                "state.backend.lsm.placement | both",
                "state.backend.lsm.local-cache.size | 1mb",
                "state.backend.lsm.remote.request-timeout | 0 ms",
                "state.backend.lsm.remote.retry-deadline | 25 h",
                "state.backend.lsm.remote.retry-deadline | soon",
                "execution.checkpointing.incremental | maybe",
                "state.backend.lsm.compat-identifier | ' '",
            })
    void wrongValueIsRefusedByNameWithWhatIsAllowed(String key, String value) {
        Configuration config = new Configuration();
        config.setString(key, value);

        assertThatThrownBy(() -> new LsmStateBackendFactory().createFromConfig(config, LOADER))
                .isInstanceOf(IllegalConfigurationException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("value=")
                .hasMessageContaining("; allowed: ")
                .hasMessageContaining("; set one of these, or remove the option")
                .message()
                .matches(message -> message.replace(" ", "").contains(value.replace(" ", "")));
    }

    @Test
    void blockLargerThanAFileIsRefusedWithBothOptions() {
        Configuration config = new Configuration();
        config.setString("state.backend.lsm.sstable.block-size", "512kb");
        config.setString("state.backend.lsm.compaction.target-file-size", "256kb");

        assertThatThrownBy(() -> new LsmStateBackendFactory().createFromConfig(config, LOADER))
                .isInstanceOf(IllegalConfigurationException.class)
                .hasMessage(
                        "[state.backend.lsm.sstable.block-size] a block is larger than a file:"
                            + " value=512 kb, state.backend.lsm.compaction.target-file-size=256 kb;"
                            + " set a smaller block or a larger file.");
    }

    @Test
    void valuesOfCodeAndConfigurationAreCheckedTogether() {
        Configuration config = new Configuration();
        config.setString("state.backend.lsm.compaction.target-file-size", "256kb");
        LsmStateBackend inCode =
                new LsmStateBackend().set(LsmBackendOptions.BLOCK_SIZE, MemorySize.parse("512kb"));

        assertThatThrownBy(() -> inCode.configure(config, LOADER))
                .isInstanceOf(IllegalConfigurationException.class)
                .hasMessageContaining("state.backend.lsm.sstable.block-size");
    }

    @Test
    void optionOfAnotherBackendIsRefusedInCode() {
        assertThatThrownBy(() -> new LsmStateBackend().set(RocksDBOptions.LOCAL_DIRECTORIES, "/a"))
                .isInstanceOf(IllegalConfigurationException.class)
                .hasMessageContaining("[state.backend.rocksdb.localdir]")
                .hasMessageContaining("LsmBackendOptions");
    }

    @Test
    void valueSetInCodeWinsOverTheConfiguration() {
        Configuration config = new Configuration();
        config.setString("state.backend.lsm.memtable-size", "1mb");
        config.setString("state.backend.lsm.background-threads", "7");
        LsmStateBackend inCode =
                new LsmStateBackend(true)
                        .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.ofMebiBytes(3));

        LsmBackendSettings settings = inCode.configure(config, LOADER).settings();

        assertThat(settings.store().memtableBytes()).isEqualTo(3 << 20);
        assertThat(settings.threads().request().compactionsOfSlot()).isEqualTo(7);
        assertThat(settings.incremental()).isTrue();
    }

    @Test
    void wrongValueInCodeIsRefusedAtOnceAndLeavesTheBackendAsItWas() {
        LsmStateBackend backend = new LsmStateBackend();

        assertThatThrownBy(() -> backend.set(LsmBackendOptions.BACKGROUND_THREADS, 0))
                .isInstanceOf(IllegalConfigurationException.class)
                .hasMessageContaining("state.backend.lsm.background-threads");
        assertThat(backend.settings()).isEqualTo(new LsmStateBackend().settings());
    }

    @Test
    void backendKeepsItsOptionsThroughSerialisation() throws Exception {
        LsmStateBackend backend =
                new LsmStateBackend(true).set(LsmBackendOptions.BACKGROUND_THREADS, 9);

        LsmStateBackend copy = InstantiationUtil.clone(backend);

        assertThat(copy.settings()).isEqualTo(backend.settings());
    }

    @Test
    void smallPoolMakesSmallMemtables() {
        LsmBackendSettings settings = LsmBackendSettings.of(new Configuration());

        assertThat(settings.storeOptions(8L << 20, 1).memtableBytes()).isEqualTo(2 << 20);
        assertThat(settings.storeOptions(8L << 20, 1).sstable().rowGroupBytes())
                .isEqualTo(256 << 10);
        assertThat(settings.storeOptions(4L << 30, 2).memtableBytes()).isEqualTo(256 << 20);
        assertThat(settings.storeOptions(4L << 30, 2).sstable().keyGroupBytes()).isEqualTo(2);
    }

    @Test
    void sizeOfLevel1AndOpenFilesReachTheStore() {
        Configuration config = new Configuration();
        config.set(LsmBackendOptions.TARGET_FILE_SIZE, MemorySize.ofMebiBytes(3));

        LsmStoreOptions byDefault = LsmBackendSettings.of(config).storeOptions(64L << 20, 1);
        config.set(LsmBackendOptions.LEVEL1_SIZE, MemorySize.ofMebiBytes(5));
        config.set(LsmBackendOptions.OPEN_FILES, 40);
        LsmStoreOptions set = LsmBackendSettings.of(config).storeOptions(64L << 20, 1);

        assertThat(byDefault.compaction().levelBaseBytes()).isEqualTo(12 << 20);
        assertThat(set.compaction().levelBaseBytes()).isEqualTo(5 << 20);
        assertThat(byDefault.maxOpenFiles()).isEqualTo(5000);
        assertThat(set.maxOpenFiles()).isEqualTo(40);
    }
}
