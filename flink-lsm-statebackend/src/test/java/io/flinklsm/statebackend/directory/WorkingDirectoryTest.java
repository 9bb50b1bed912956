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
package io.flinklsm.statebackend.directory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkingDirectoryTest {

    private static final JobID JOB = new JobID(1, 2);

    @TempDir Path parent;

    @Test
    void nameTellsJobAndOperatorAndIsLegal() throws Exception {
        try (WorkingDirectory directory =
                WorkingDirectory.create(parent, JOB, "Map(a/../b: ü)_(1/2)")) {
            assertThat(directory.path().getFileName().toString())
                    .startsWith("job_" + JOB + "_op_Map_a____b____")
                    .matches("[a-zA-Z0-9_\\-]+");
            assertThat(directory.path()).isDirectory().hasParent(parent);
        }
    }

    /** FLINK-5670. */
    @Test
    void longOperatorNameMakesNoLongPath() throws Exception {
        try (WorkingDirectory directory = WorkingDirectory.create(parent, JOB, "x".repeat(5000))) {
            assertThat(directory.path().getFileName().toString()).hasSizeLessThan(230);
            assertThat(names()).allMatch(name -> name.length() < 255).hasSize(2);
        }
    }

    /** FLINK-12296. */
    @Test
    void twoOperatorsOfATaskNeverShareADirectory() throws Exception {
        try (WorkingDirectory one = WorkingDirectory.create(parent, JOB, "op");
                WorkingDirectory two = WorkingDirectory.create(parent, JOB, "op")) {
            assertThat(one.path()).isNotEqualTo(two.path());
        }
    }

    @Test
    void closingLeavesNothing() throws Exception {
        WorkingDirectory directory = WorkingDirectory.create(parent, JOB, "op");
        Files.createDirectories(directory.path().resolve("deep/deeper"));
        Files.writeString(directory.path().resolve("deep/deeper/file"), "x");

        directory.close();
        directory.close();

        assertThat(names()).isEmpty();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(parent)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        }
    }
}
