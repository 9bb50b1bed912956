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
package io.flinklsm.statebackend.restore;

import static io.flinklsm.statebackend.testing.StateSample.KEY_SERIALIZER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.BackendHarness;
import io.flinklsm.statebackend.testing.StateSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.BackendBuildingException;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.util.StateMigrationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that are not ours, or not what they were: refused with what to do, never misread. */
class ForeignSnapshotsTest {

    private static final int KEYS = 60;

    @TempDir Path root;
    private BackendHarness harness;

    @BeforeEach
    void open() throws Exception {
        harness = new BackendHarness(root, 8);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    /** Its handles are of the class that canonical savepoints have, too. */
    @Test
    void checkpointOfTheHashMapBackendIsNotMisread() throws Exception {
        KeyedStateHandle handle = checkpointOf(new HashMapStateBackend());

        assertThat(handle.getClass()).isEqualTo(KeyGroupsStateHandle.class);
        assertThatThrownBy(() -> restore(handle))
                .isInstanceOf(BackendBuildingException.class)
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("canonical savepoint");
        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void incrementalCheckpointOfRocksDbIsRefused() throws Exception {
        KeyedStateHandle handle = checkpointOf(new EmbeddedRocksDBStateBackend(true));

        assertThatThrownBy(() -> restore(handle))
                .isInstanceOf(BackendBuildingException.class)
                .hasMessageContaining("not taken by flink-lsm")
                .hasMessageContaining("take a canonical savepoint");
    }

    @Test
    void damagedSavepointIsNeverWorseThanAnError() throws Exception {
        AbstractKeyedStateBackend<String> backend =
                harness.create(new LsmStateBackend(), KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyGroupsStateHandle savepoint =
                (KeyGroupsStateHandle) harness.canonicalSavepoint(backend, 1);
        harness.dispose(backend);
        Path file =
                Path.of(
                        ((FileStateHandle) savepoint.getDelegateStateHandle())
                                .getFilePath()
                                .getPath());
        byte[] content = Files.readAllBytes(file);
        long firstRow = savepoint.getOffsetForKeyGroup(0);

        for (int cut : new int[] {0, 10, (int) firstRow, content.length / 2, content.length - 1}) {
            Files.write(file, Arrays.copyOf(content, cut));
            assertThat(catchThrowable(() -> restore(savepoint)))
                    .as("cut to %s", cut)
                    .isInstanceOf(BackendBuildingException.class)
                    .hasMessageContaining(file.getFileName().toString());
        }
        // The first row's length and key group; the format has nothing that guards the rest of it.
        for (int offset : new int[] {2, 3, 6}) {
            for (int bit = 0; bit < 7; bit++) {
                byte[] damaged = content.clone();
                damaged[(int) firstRow + offset] ^= (byte) (1 << bit);
                Files.write(file, damaged);
                String damage = "bit " + bit + " of byte " + offset;
                assertThat(catchThrowable(() -> restore(savepoint)))
                        .as(damage)
                        .isInstanceOf(BackendBuildingException.class)
                        .hasMessageContaining(file.getFileName().toString());
            }
        }
        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    @Test
    void otherTypeOfKeyIsRefusedAndLeavesNothing() throws Exception {
        KeyedStateHandle handle = checkpointOf(new LsmStateBackend());

        assertThatThrownBy(
                        () ->
                                harness.restore(
                                        new LsmStateBackend(),
                                        LongSerializer.INSTANCE,
                                        harness.allKeyGroups(),
                                        List.of(handle)))
                .isInstanceOf(BackendBuildingException.class)
                .hasCauseInstanceOf(StateMigrationException.class);
        assertThat(harness.localDirectory()).isEmptyDirectory();
    }

    private KeyedStateHandle checkpointOf(StateBackend stateBackend) throws Exception {
        AbstractKeyedStateBackend<String> backend = harness.create(stateBackend, KEY_SERIALIZER);
        new StateSample(backend).write(KEYS, 0);
        KeyedStateHandle handle = harness.checkpoint(backend, 1);
        harness.dispose(backend);
        return handle;
    }

    private AbstractKeyedStateBackend<String> restore(KeyedStateHandle handle) throws Exception {
        return harness.restore(
                new LsmStateBackend(), KEY_SERIALIZER, harness.allKeyGroups(), List.of(handle));
    }
}
