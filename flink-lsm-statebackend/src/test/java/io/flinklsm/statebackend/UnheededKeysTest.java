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

import io.flinklsm.statebackend.testing.LogLines;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBNativeMetricOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.junit.jupiter.api.Test;

class UnheededKeysTest {

    private static final String ROCKSDB = "state.backend.rocksdb.";

    @Test
    void misspelledKeysAndThoseOfOtherBackendsAreNamedInOneLine() {
        List<String> warnings =
                warnings(
                        "state.backend.lsm.memtable_size",
                        "state.backend.lsm.compaction.level0-triger",
                        "state.backend.rocksdb.localdir",
                        "state.backend.rocksdb.no-such-option",
                        "state.backend.forst.writebuffer.size",
                        "state.backend.lsm.transfer-threads",
                        "state.backend.type",
                        "taskmanager.numberOfTaskSlots");

        assertThat(warnings)
                .singleElement()
                .isEqualTo(
                        "[state backend] options without effect on this backend:"
                                + " state.backend.forst.writebuffer.size"
                                + " (here: state.backend.lsm.memtable-size),"
                                + " state.backend.lsm.compaction.level0-triger (no such option;"
                                + " did you mean state.backend.lsm.compaction.level0-trigger?),"
                                + " state.backend.lsm.memtable_size (no such option;"
                                + " did you mean state.backend.lsm.memtable-size?),"
                                + " state.backend.rocksdb.localdir"
                                + " (here: state.backend.lsm.local-directories),"
                                + " state.backend.rocksdb.no-such-option (of another backend);"
                                + " correct or remove them, docs/configuration.md lists all"
                                + " options.");
    }

    @Test
    void configurationWithoutSuchKeysIsQuiet() {
        List<String> ours = LsmBackendOptions.all().stream().map(option -> option.key()).toList();

        assertThat(ours).hasSizeGreaterThan(10);
        assertThat(UnheededKeys.warning(valuesOf(ours.toArray(String[]::new)).toMap())).isEmpty();
        assertThat(warnings("state.backend.type", "execution.checkpointing.dir")).isEmpty();
    }

    @Test
    void everyOptionOfFlinksRocksDbBackendHasAnEquivalent() throws Exception {
        List<String> keys = keysOfFlinksOptions();

        assertThat(keys).hasSizeGreaterThan(60).allMatch(key -> key.startsWith(ROCKSDB));
        assertThat(keys)
                .allSatisfy(
                        key ->
                                assertThat(
                                                RocksDbEquivalents.instead(
                                                        key.substring(ROCKSDB.length())))
                                        .as(key)
                                        .isPresent());
    }

    @Test
    void everyEquivalentCoversAnOptionOfFlinks() throws Exception {
        List<String> suffixes =
                keysOfFlinksOptions().stream().map(key -> key.substring(ROCKSDB.length())).toList();

        assertThat(RocksDbEquivalents.table())
                .allSatisfy(
                        row ->
                                assertThat(suffixes)
                                        .as(row.key())
                                        .anyMatch(
                                                suffix ->
                                                        row.key().endsWith(".")
                                                                ? suffix.startsWith(row.key())
                                                                : suffix.equals(row.key())));
    }

    private static List<String> keysOfFlinksOptions() throws IllegalAccessException {
        List<String> keys = new ArrayList<>();
        for (Class<?> options :
                List.of(
                        RocksDBOptions.class,
                        RocksDBConfigurableOptions.class,
                        RocksDBNativeMetricOptions.class)) {
            for (Field field : options.getFields()) {
                if (field.get(null) instanceof ConfigOption<?> option) {
                    keys.add(option.key());
                }
            }
        }
        return keys;
    }

    private static List<String> warnings(String... keys) {
        try (LogLines log = LogLines.of(LsmStateBackend.class)) {
            new LsmStateBackendFactory()
                    .createFromConfig(valuesOf(keys), UnheededKeysTest.class.getClassLoader());
            return log.warnings();
        }
    }

    private static Configuration valuesOf(String... keys) {
        Configuration config = new Configuration();
        for (String key : keys) {
            config.setString(key, "1");
        }
        return config;
    }
}
