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
package io.flinklsm.benchmarks.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TwoCheckpointsTest {

    @TempDir Path directory;

    @Test
    void bothAreWrittenAsFlinkReadsThem() throws Exception {
        TwoCheckpoints checkpoints = new TwoCheckpoints(directory, 4000, 20);

        checkpoints.write();

        assertThat(checkpoints.changed()).isEqualTo(2);
        for (Path one : new Path[] {checkpoints.before(), checkpoints.after()}) {
            CheckpointMetadata metadata;
            try (DataInputStream in =
                    new DataInputStream(Files.newInputStream(one.resolve("_metadata")))) {
                metadata =
                        Checkpoints.loadCheckpointMetadata(
                                in, getClass().getClassLoader(), one.toUri().toString());
            }
            assertThat(one).endsWith(Path.of("chk-" + metadata.getCheckpointId()));
            assertThat(metadata.getOperatorStates())
                    .singleElement()
                    .satisfies(state -> assertThat(state.getStateSize()).isGreaterThan(4000 * 20));
        }
    }

    @Test
    void whatIsThereIsNotWrittenAgain() throws Exception {
        TwoCheckpoints checkpoints = new TwoCheckpoints(directory, 4000, 20);
        checkpoints.write();
        Path metadata = checkpoints.after().resolve("_metadata");
        Files.setLastModifiedTime(metadata, FileTime.fromMillis(1000));

        checkpoints.write();

        assertThat(Files.getLastModifiedTime(metadata)).isEqualTo(FileTime.fromMillis(1000));
    }
}
