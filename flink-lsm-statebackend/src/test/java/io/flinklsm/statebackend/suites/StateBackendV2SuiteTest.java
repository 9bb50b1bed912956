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
package io.flinklsm.statebackend.suites;

import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.state.CheckpointStorage;
import org.apache.flink.runtime.state.ConfigurableStateBackend;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.runtime.state.storage.JobManagerCheckpointStorage;
import org.apache.flink.runtime.state.v2.StateBackendTestV2Base;
import org.apache.flink.testutils.junit.extensions.parameterized.Parameter;
import org.apache.flink.testutils.junit.extensions.parameterized.ParameterizedTestExtension;
import org.apache.flink.testutils.junit.extensions.parameterized.Parameters;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Flink's suite for keyed state backends of State V2, over both kinds of checkpoint storage. */
@ExtendWith(ParameterizedTestExtension.class)
class StateBackendV2SuiteTest extends StateBackendTestV2Base<LsmStateBackend> {

    @TempDir private static Path checkpointDirectory;

    @Parameter public Variant variant;

    @Parameter(1)
    public boolean onFileSystem;

    @Parameters(name = "{0}, onFileSystem={1}")
    public static List<Object[]> parameters() {
        List<Object[]> parameters = new ArrayList<>();
        for (Variant variant : Variant.values()) {
            parameters.add(new Object[] {variant, false});
            parameters.add(new Object[] {variant, true});
        }
        return parameters;
    }

    @Override
    protected ConfigurableStateBackend getStateBackend() {
        return variant.newBackend();
    }

    @Override
    protected CheckpointStorage getCheckpointStorage() throws IOException {
        return onFileSystem
                ? new FileSystemCheckpointStorage(checkpointDirectory.toUri())
                : new JobManagerCheckpointStorage();
    }

    /** Nothing: that is for backends whose checkpoints a job has to be restored with. */
    @Override
    protected void restoreJob() {}
}
