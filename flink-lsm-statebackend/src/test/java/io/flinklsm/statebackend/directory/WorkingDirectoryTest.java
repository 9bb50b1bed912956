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
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
                WorkingDirectory.createInWiped(parent, JOB, "Map(a/../b: ü)_(1/2)")) {
            assertThat(directory.path().getFileName().toString())
                    .startsWith("job_" + JOB + "_op_Map_a____b____")
                    .matches("[a-zA-Z0-9_\\-]+");
            assertThat(directory.path()).isDirectory().hasParent(parent);
        }
    }

    /** FLINK-5670. */
    @Test
    void longOperatorNameMakesNoLongPath() throws Exception {
        try (WorkingDirectory directory =
                WorkingDirectory.createInShared(parent, JOB, "x".repeat(5000))) {
            assertThat(directory.path().getFileName().toString()).hasSizeLessThan(230);
            assertThat(names()).allMatch(name -> name.length() < 255).hasSize(2);
        }
    }

    /** FLINK-12296. */
    @Test
    void twoOperatorsOfATaskNeverShareADirectory() throws Exception {
        try (WorkingDirectory one = WorkingDirectory.createInShared(parent, JOB, "op");
                WorkingDirectory two = WorkingDirectory.createInShared(parent, JOB, "op")) {
            assertThat(one.path()).isNotEqualTo(two.path());
        }
    }

    @Test
    void closingLeavesNothing() throws Exception {
        WorkingDirectory directory = WorkingDirectory.createInShared(parent, JOB, "op");
        Files.createDirectories(directory.path().resolve("deep/deeper"));
        Files.writeString(directory.path().resolve("deep/deeper/file"), "x");

        directory.close();
        directory.close();

        assertThat(names()).isEmpty();
    }

    @Test
    void leftoverOfADeadProcessIsSweptAway() throws Exception {
        Path dead = leftover("host_1_777");

        try (WorkingDirectory directory = WorkingDirectory.createInShared(parent, JOB, "op")) {
            assertThat(dead).doesNotExist();
            assertThat(names()).hasSize(2);
        }
    }

    @Test
    void directoriesOfThisProcessAreNotSwept() throws Exception {
        try (WorkingDirectory live = WorkingDirectory.createInShared(parent, JOB, "op")) {
            Files.writeString(live.path().resolve("file"), "x");

            WorkingDirectory.createInShared(parent, JOB, "op").close();

            assertThat(live.path().resolve("file")).exists();
            assertThat(names()).hasSize(2);
        }
    }

    @Test
    void directoryThatSomebodyHoldsIsNotSwept() throws Exception {
        Path held = leftover("host_1_777");
        Path lockFile = held.resolveSibling(held.getFileName() + ".host_1_777.lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            WorkingDirectory.createInShared(parent, JOB, "op").close();

            assertThat(held).exists();
        }
    }

    @Test
    void filesOfOthersAreNotTouched() throws Exception {
        Path foreign = Files.writeString(parent.resolve("foreign.host_1_777.lock"), "x");
        Path data = Files.createDirectory(parent.resolve("foreign"));

        WorkingDirectory.createInShared(parent, JOB, "op").close();

        assertThat(foreign).exists();
        assertThat(data).exists();
    }

    private Path leftover(String process) throws IOException {
        String name = "job_" + JOB + "_op_x_uuid_00000000-0000-0000-0000-000000000001";
        Path directory = Files.createDirectory(parent.resolve(name));
        Files.writeString(directory.resolve("file"), "x");
        Files.createFile(parent.resolve(name + "." + process + ".lock"));
        return directory;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(parent)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        }
    }
}
