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

import static io.flinklsm.statebackend.testing.StateSample.KEY_SERIALIZER;
import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every file of a checkpoint, damaged in every way: a restore gives the exact data, or an error
 * that names the file. Never other data.
 */
class DamagedCheckpointTest {

    private static final int KEYS = 25;
    private static final long SEED = 20260101;

    @TempDir Path root;
    private BackendHarness harness;
    private IncrementalRemoteKeyedStateHandle checkpoint;
    private int refused;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        harness = new BackendHarness(root, 4);
        AbstractKeyedStateBackend<String> backend = harness.create(backend(), KEY_SERIALIZER);
        StateSample sample = new StateSample(backend);
        sample.write(KEYS, 0);
        harness.checkpoint(backend, 1);
        sample.write(KEYS, 1);
        checkpoint = (IncrementalRemoteKeyedStateHandle) harness.checkpoint(backend, 2);
        harness.dispose(backend);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void undamagedCheckpointRestores() throws Exception {
        restoreAndCheck();
    }

    @Test
    void flippedBitInTheMetaFileIsRefused() throws Exception {
        int tried = flipEveryByte("meta", checkpoint.getMetaDataStateHandle(), 7);

        assertThat(refused).isEqualTo(tried);
    }

    @Test
    void flippedBitInTheManifestIsRefused() throws Exception {
        HandleAndLocalPath manifest = manifest();
        int tried = flipEveryByte("MANIFEST", manifest.getHandle(), 7);

        assertThat(refused).isEqualTo(tried);
    }

    @Test
    void flippedBitInAnSstableNeverGivesOtherData() throws Exception {
        Random random = new Random(SEED);
        for (HandleAndLocalPath sstable : checkpoint.getSharedState()) {
            Path file = path(sstable.getHandle());
            byte[] content = Files.readAllBytes(file);
            for (int i = 0; i < 40; i++) {
                byte[] damaged = content.clone();
                // Every other one in the tail, where the indexes are.
                int position =
                        i % 2 == 0
                                ? random.nextInt(content.length)
                                : content.length
                                        - 1
                                        - random.nextInt(Math.min(content.length, 600));
                damaged[position] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, damaged);
                check(sstable.getLocalPath(), "flip at " + position + " of " + content.length);
            }
            Files.write(file, content);
        }
        assertThat(refused).as("some of the flips must have been found").isGreaterThan(20);
    }

    @Test
    void truncatedFileIsRefused() throws Exception {
        int tried = 0;
        for (HandleAndLocalPath named : all()) {
            Path file = path(named.getHandle());
            byte[] content = Files.readAllBytes(file);
            for (int length : new int[] {0, 1, content.length / 2, content.length - 1}) {
                Files.write(file, Arrays.copyOf(content, length));
                check(named.getLocalPath(), "cut to " + length + " of " + content.length);
                tried++;
            }
            Files.write(file, content);
        }
        assertThat(refused).isEqualTo(tried);
    }

    @Test
    void missingFileIsRefused() throws Exception {
        int tried = 0;
        for (HandleAndLocalPath named : all()) {
            Path file = path(named.getHandle());
            byte[] content = Files.readAllBytes(file);
            Files.delete(file);
            check(named.getLocalPath(), "deleted");
            tried++;
            Files.write(file, content);
        }
        assertThat(refused).isEqualTo(tried);
    }

    @Test
    void sstableInThePlaceOfAnotherIsRefused() throws Exception {
        List<HandleAndLocalPath> sstables = checkpoint.getSharedState();
        Path one = path(sstables.get(0).getHandle());
        Path two = path(sstables.get(1).getHandle());
        Path swap = root.resolve("swap");
        Files.move(one, swap);
        Files.move(two, one);
        Files.move(swap, two);

        check(".parquet", "two SSTables exchanged");

        assertThat(refused).isEqualTo(1);
    }

    private int flipEveryByte(String name, StreamStateHandle handle, int step) throws Exception {
        Path file = path(handle);
        byte[] content = Files.readAllBytes(file);
        int tried = 0;
        for (int position = 0; position < content.length; position += step) {
            byte[] damaged = content.clone();
            damaged[position] ^= (byte) (1 << position % 8);
            Files.write(file, damaged);
            check(name, "flip at " + position + " of " + content.length);
            tried++;
        }
        Files.write(file, content);
        return tried;
    }

    /** Restores; an AssertionError means other data. */
    private void check(String fileName, String damage) throws Exception {
        try {
            restoreAndCheck();
        } catch (AssertionError wrong) {
            throw new AssertionError(fileName + ": " + damage + " gave other data", wrong);
        } catch (Exception e) {
            boolean typed =
                    ExceptionUtils.findThrowable(e, CorruptionException.class).isPresent()
                            || ExceptionUtils.findThrowable(e, IOException.class).isPresent();
            assertThat(typed).as("%s: %s: typed error, is %s", fileName, damage, e).isTrue();
            assertThat(ExceptionUtils.stringifyException(e))
                    .as("%s: %s", fileName, damage)
                    .contains(fileName);
            refused++;
        }
        assertThat(harness.localDirectory()).as(damage).isEmptyDirectory();
    }

    private void restoreAndCheck() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.restore(
                        backend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of(checkpoint));
        try {
            new StateSample(backend).check(KEYS, 1);
        } finally {
            harness.dispose(backend);
        }
    }

    private List<HandleAndLocalPath> all() {
        List<HandleAndLocalPath> files = new ArrayList<>(checkpoint.getSharedState());
        files.addAll(checkpoint.getPrivateState());
        files.add(HandleAndLocalPath.of(checkpoint.getMetaDataStateHandle(), "meta"));
        return files;
    }

    private HandleAndLocalPath manifest() {
        return checkpoint.getPrivateState().get(0);
    }

    private static Path path(StreamStateHandle handle) {
        return Path.of(((FileStateHandle) handle).getFilePath().getPath());
    }

    private static LsmStateBackend backend() {
        return new LsmStateBackend(true)
                .set(LsmBackendOptions.MEMTABLE_SIZE, MemorySize.parse("64kb"));
    }
}
