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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locations on a file system that only Hadoop knows; see core-site.xml beside the tests. */
final class HadoopLocationsTest {

    @TempDir Path root;

    private String checkpoint;

    @BeforeEach
    void takeCheckpoint() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = "viewfs://local" + sample.write(10, 0).take(1);
        }
    }

    @Test
    void checkpointsAreReadOverHadoopsFileSystems() {
        assertThat(Run.of("ls", checkpoint.replace("/chk-1", "")).out()).contains("chk-1");
        assertThat(Run.of("files", checkpoint).out()).contains("count").contains(root.toString());
        assertThat(Run.of("verify", checkpoint).out()).contains(": ok\n");
        assertThat(Run.of("scan", "--state", "count", "--count", checkpoint).out())
                .isEqualTo("10\n");
    }

    @Test
    void whatIsMissingThereIsToldByName() {
        Run run = Run.of("show", checkpoint + "0");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("[" + checkpoint + "0] there is no such file or directory");
    }

    @Test
    void aHostThatNobodyKnowsIsNoBug() {
        Run run = Run.of("show", "hdfs://no-such-host.invalid/chk-1");

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("hdfs://no-such-host.invalid/chk-1").doesNotContain("bug");
    }
}
