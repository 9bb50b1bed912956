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

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.testutils.logging.LoggerAuditingExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

/** Which directory a backend gets, and what becomes of those of dead processes. */
@Timeout(120)
class LocalDirectoriesTest {

    private static final JobID JOB = new JobID(1, 2);

    @RegisterExtension
    final LoggerAuditingExtension log =
            new LoggerAuditingExtension(LocalDirectories.class, Level.WARN);

    @TempDir Path root;

    // ------------------------------------------------------------------------ which directory

    @Test
    void severalDirectoriesAreTakenInTurn() throws Exception {
        Path one = root.resolve("one");
        Path two = root.resolve("not there yet/two");
        LocalDirectories directories = LocalDirectories.configured(List.of(one, two));

        for (int turn = -3; turn < 4; turn++) {
            try (WorkingDirectory directory = directories.create(turn, JOB, "op")) {
                assertThat(directory.path()).hasParent(turn % 2 == 0 ? one : two);
            }
        }
    }

    @Test
    void aFileInThePlaceOfADirectoryIsPassedOver() throws Exception {
        assertPassedOver(Files.writeString(root.resolve("bad"), "a file"));
    }

    @Test
    void aDirectoryThatCannotBeMadeIsPassedOver() throws Exception {
        assertPassedOver(Files.writeString(root.resolve("bad"), "a file").resolve("below"));
    }

    @Test
    void aReadOnlyDirectoryIsPassedOver() throws Exception {
        Path readOnly = Files.createDirectory(root.resolve("bad"));
        Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeTrue(!Files.isWritable(readOnly), "for the superuser nothing is read-only");
        assertPassedOver(readOnly);
    }

    /** Read-only for the superuser, too. */
    @Test
    void aDirectoryOfTheSystemIsPassedOver() throws Exception {
        Path system = Path.of("/proc");
        assumeTrue(Files.isDirectory(system.resolve("self")), "no such file system here");
        assertPassedOver(system);
    }

    /** A disk that is full may still take a directory and an empty lock file. */
    @Test
    void aDiskWithoutRoomForAByteIsRefusedWithItsReasonAndNothingStaysThere() throws Exception {
        Path full = Files.createDirectory(root.resolve("full"));
        Process process = OtherTaskManager.processWithoutRoom(full, "1");

        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isEqualTo(1);
        assertThat(output)
                .contains("no local directory can be used: tried=1, " + full + " (")
                .contains("File too large");
        assertThat(names(full)).isEmpty();
    }

    private void assertPassedOver(Path bad) throws IOException {
        Path usable = root.resolve("usable");
        LocalDirectories directories = LocalDirectories.configured(List.of(bad, usable));

        for (int turn = 0; turn < 2; turn++) {
            try (WorkingDirectory directory = directories.create(turn, JOB, "op")) {
                assertThat(directory.path()).hasParent(usable);
                assertThat(names(usable)).hasSize(2);
            }
        }
        assertThat(names(usable)).isEmpty();
        // In the second turn, the usable one comes first.
        assertThat(log.getMessages())
                .singleElement()
                .asString()
                .startsWith("[" + usable + "] this local directory is used")
                .contains("cannot be: " + bad + " (")
                .endsWith("in state.backend.lsm.local-directories.");
    }

    @Test
    void noUsableDirectoryIsAnErrorThatNamesAllWithTheirReasons() throws Exception {
        Path one = Files.writeString(root.resolve("one"), "a file");
        Path two = Files.writeString(root.resolve("two"), "a file").resolve("below");

        assertThatThrownBy(
                        () ->
                                LocalDirectories.configured(List.of(one, two))
                                        .create(1, JOB, "an operator"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("[an operator] no local directory can be used: tried=2")
                .hasMessageContaining(one + " (FileAlreadyExistsException: ")
                .hasMessageContaining(two + " (")
                .hasMessageEndingWith(
                        "mend them, or name others in state.backend.lsm.local-directories.")
                .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
        assertThat(names(root)).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void anInterruptIsNoFaultOfTheDirectory() throws Exception {
        Path one = root.resolve("one");
        Path two = root.resolve("two");
        LocalDirectories directories = LocalDirectories.configured(List.of(one, two));

        Thread.currentThread().interrupt();
        try (WorkingDirectory directory = directories.create(0, JOB, "op")) {
            assertThat(directory.path()).hasParent(one);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }

        assertThat(names(one)).isEmpty();
        assertThat(two).doesNotExist();
    }

    // ------------------------------------------------------------------------------- the sweep

    @Test
    void leftoverOfADeadProcessIsSweptAway() throws Exception {
        Path dead = leftover(root);

        try (WorkingDirectory directory = configured().create(0, JOB, "op")) {
            assertThat(dead).doesNotExist();
            assertThat(names(root)).hasSize(2);
        }
    }

    /** A TaskManager has another name after each start, unless the user gives it one. */
    @Test
    void leftoversInWorkingDirectoriesOfOtherTaskManagersAreSweptAway() throws Exception {
        Path base = Files.createDirectories(root.resolve("base"));
        Path otherBase = Files.createDirectories(root.resolve("other"));
        Path beside = leftover(Files.createDirectories(base.resolve("tm_host:1-aaa/tmp")));
        Path elsewhere = leftover(Files.createDirectories(otherBase.resolve("tm_host:2-b/tmp")));
        Path sameName = leftover(Files.createDirectories(base.resolve("tm_me/tmp")));
        Path notATaskManagers = leftover(Files.createDirectories(base.resolve("jm_x/tmp")));
        LocalDirectories directories =
                LocalDirectories.ofTaskManager(
                        base.resolve("tm_me/tmp"), List.of(otherBase, root.resolve("missing")));

        try (WorkingDirectory directory = directories.create(0, JOB, "op")) {
            assertThat(directory.path()).hasParent(base.resolve("tm_me/tmp"));
            assertThat(beside).doesNotExist();
            assertThat(elsewhere).doesNotExist();
            assertThat(sameName).doesNotExist();
            assertThat(notATaskManagers).exists();
        }
        assertThat(names(base.resolve("tm_host:1-aaa/tmp"))).isEmpty();
        assertThat(names(base.resolve("tm_me/tmp"))).isEmpty();
    }

    @Test
    void onlyAWorkingDirectoryOfATaskManagerHasOthersBesideIt() throws Exception {
        Path beside = leftover(Files.createDirectories(root.resolve("tm_1/tmp")));

        LocalDirectories.ofTaskManager(root.resolve("somewhere"), List.of(root))
                .create(0, JOB, "op")
                .close();

        assertThat(beside).exists();
    }

    @Test
    void aLinkToAnotherPlaceIsNotFollowed() throws Exception {
        Path elsewhere = leftover(Files.createDirectories(root.resolve("elsewhere/tmp")));
        Path base = Files.createDirectory(root.resolve("base"));
        Files.createSymbolicLink(base.resolve("tm_link"), root.resolve("elsewhere"));
        Path linked = Files.createDirectories(base.resolve("tm_2/tmp"));
        Path target = Files.createDirectory(root.resolve("target"));
        Files.writeString(target.resolve("precious"), "x");
        String name = "job_" + JOB + "_op_x_uuid_00000000-0000-0000-0000-000000000009";
        Files.createSymbolicLink(linked.resolve(name), target);
        Files.createFile(linked.resolve(name + ".host_1_777.lock"));

        LocalDirectories.ofTaskManager(base.resolve("tm_me/tmp"), List.of())
                .create(0, JOB, "op")
                .close();

        assertThat(elsewhere).exists();
        assertThat(target.resolve("precious")).exists();
        assertThat(names(linked)).isEmpty();
    }

    /** Opening one to write would wait for a reader, for ever. */
    @Test
    void aPipeUnderTheNameOfALockFileIsLeftAlone() throws Exception {
        Path pipe = root.resolve(nameOfLeftover() + ".host_1_777.lock");
        Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assumeTrue(mkfifo.waitFor() == 0, "no pipes here");

        configured().create(0, JOB, "op").close();

        assertThat(names(root)).containsExactly(pipe.getFileName().toString());
    }

    @Test
    void directoriesOfThisProcessAreNotSwept() throws Exception {
        try (WorkingDirectory live = configured().create(0, JOB, "op")) {
            Files.writeString(live.path().resolve("file"), "x");

            configured().create(0, JOB, "op").close();

            assertThat(live.path().resolve("file")).exists();
            assertThat(names(root)).hasSize(2);
        }
    }

    @Test
    void directoryThatSomebodyHoldsIsNotSwept() throws Exception {
        Path held = leftover(root);
        Path lockFile = held.resolveSibling(held.getFileName() + ".host_1_777.lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            configured().create(0, JOB, "op").close();

            assertThat(held).exists();
        }
    }

    @Test
    void filesOfOthersAreNotTouched() throws Exception {
        Path foreign = Files.writeString(root.resolve("foreign.host_1_777.lock"), "x");
        Path data = Files.createDirectory(root.resolve("foreign"));
        Path unlocked = Files.createDirectory(root.resolve(nameOfLeftover()));

        configured().create(0, JOB, "op").close();

        assertThat(foreign).exists();
        assertThat(data).exists();
        assertThat(unlocked).exists();
    }

    /** What the lock files are for: the process has no chance to clean up. */
    @Test
    void directoryOfAProcessThatWasKilledIsSweptByTheNextAndOfOneThatLivesIsNot() throws Exception {
        Path base = root.resolve("base");
        try (OtherTaskManager killed = OtherTaskManager.start(base.resolve("tm_killed/tmp"));
                OtherTaskManager alive = OtherTaskManager.start(base.resolve("tm_alive/tmp"))) {
            LocalDirectories ours =
                    LocalDirectories.ofTaskManager(base.resolve("tm_ours/tmp"), List.of());
            ours.create(0, JOB, "op").close();
            assertThat(killed.directory()).isNotEmptyDirectory();

            killed.kill();
            ours.create(0, JOB, "op").close();

            assertThat(killed.directory()).doesNotExist();
            assertThat(names(base.resolve("tm_killed/tmp"))).isEmpty();
            assertThat(alive.directory()).isNotEmptyDirectory();
        }
    }

    /** Several processes start, end and sweep the same directory at once. */
    @Test
    void processesThatStartAtTheSameTimeDoNotSweepEachOther() throws Exception {
        Path shared = root.resolve("tm_same/tmp");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(OtherTaskManager.process(shared, "200"));
        }
        for (Process process : processes) {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue())
                    .as(new String(process.getInputStream().readAllBytes(), UTF_8))
                    .isZero();
        }
        assertThat(names(shared)).isEmpty();
    }

    private LocalDirectories configured() {
        return LocalDirectories.configured(List.of(root));
    }

    private static String nameOfLeftover() {
        return "job_" + JOB + "_op_x_uuid_00000000-0000-0000-0000-000000000001";
    }

    private static Path leftover(Path parent) throws IOException {
        Path directory = Files.createDirectory(parent.resolve(nameOfLeftover()));
        Files.writeString(directory.resolve("file"), "x");
        Files.createFile(parent.resolve(nameOfLeftover() + ".host_1_777.lock"));
        return directory;
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        }
    }
}
