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
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.inspect.gc.Audit;
import io.flinklsm.inspect.gc.AuditOptions;
import io.flinklsm.inspect.gc.Deletion;
import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.FailingFileSystem;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What gc calls unneeded, and what it never touches. */
final class GcCommandTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Ages are told from {@link Run#NOW_MILLIS}, which is later than the checkpoints of a test. */
    private static final Instant NOW = Instant.ofEpochMilli(Run.NOW_MILLIS);

    @TempDir Path root;

    private Path job;

    @BeforeEach
    void takeTwoCheckpoints() throws Exception {
        job = takeTwoCheckpoints(root, incremental());
    }

    private static Path takeTwoCheckpoints(Path root, StateBackend backend) throws Exception {
        try (var sample = new SampleCheckpoint(root, backend)) {
            sample.write(10, 0).take(1);
            sample.write(10, 1).take(2);
            completedAt(sample.jobDirectory().resolve("chk-1"), Duration.ofDays(9));
            completedAt(sample.jobDirectory().resolve("chk-2"), Duration.ofDays(8));
            return sample.jobDirectory();
        }
    }

    private static StateBackend incremental() {
        var configuration = new Configuration();
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        return new LsmStateBackend().configure(configuration, GcCommandTest.class.getClassLoader());
    }

    private static void completedAt(Path checkpoint, Duration age) throws IOException {
        modified(checkpoint.resolve("_metadata"), age);
    }

    private static void modified(Path file, Duration age) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    }

    /** A file of 1,000 bytes that nothing refers to. */
    private Path put(String name, Duration age) throws IOException {
        Path file = job.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[1000]);
        modified(file, age);
        return file;
    }

    private static List<Path> filesBelow(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static JsonNode json(Run run) throws IOException {
        assertThat(run.out()).as(run.err()).startsWith("{\n  \"schema\" : \"flink-lsm/gc/1\",\n");
        return MAPPER.readTree(run.out());
    }

    private static List<String> names(JsonNode audit, boolean mayGo) {
        List<String> names = new ArrayList<>();
        for (JsonNode file : audit.get("unneeded")) {
            if (file.get("may_go").asBoolean() == mayGo) {
                names.add(file.get("name").asText());
            }
        }
        return names;
    }

    // -------------------------------------------------------------------------------------- output

    @Test
    void whatNothingNeedsIsListedWithItsReasonAndStays() throws Exception {
        put("shared/orphan", Duration.ofDays(20));
        put("shared/uploading", Duration.ofHours(3));
        put("shared/later", Duration.ofDays(3));
        put("shared/job_1_op_2_0_4/merged", Duration.ofDays(20));
        put("taskowned/pending", Duration.ofDays(20));
        put("chk-1/left", Duration.ofDays(20));
        put("chk-9/part", Duration.ofDays(20));
        put("notes.txt", Duration.ofDays(20));
        List<Path> before = filesBelow(root);

        Run run = Run.of("gc", job.toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        file  size  modified  age  why  may go
                        chk-1/left  SIZE  TIME  AGE  its checkpoint does not list it  yes
                        chk-9/part  SIZE  TIME  AGE  its checkpoint is not complete  yes
                        shared/job_1_op_2_0_4/merged  SIZE  TIME  AGE  no checkpoint lists a part of it  no: the job may add to it (--job-ended)
                        shared/later  SIZE  TIME  AGE  no checkpoint lists it  no: not older than the newest checkpoint (--job-ended)
                        shared/orphan  SIZE  TIME  AGE  no checkpoint lists it  yes
                        shared/uploading  SIZE  TIME  AGE  no checkpoint lists it  no: younger than 24h (--older-than)
                        taskowned/pending  SIZE  TIME  AGE  no checkpoint lists it  no: the job's state may name it (--task-owned)

                        2 checkpoints need 30 files, SIZE; 3 files, SIZE, may go, 4 unneeded stay; 0 are missing
                        not covered: 1 name is not Flink's, or a link, such as notes.txt: left alone
                        """);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(filesBelow(root)).isEqualTo(before);
    }

    /** Flink makes the directory of a checkpoint when it begins. */
    private Path putEmpty(String name, Duration age) throws IOException {
        Path directory = Files.createDirectories(job.resolve(name));
        modified(directory, age);
        return directory;
    }

    @Test
    void emptyDirectoriesOfCheckpointsAreListed() throws Exception {
        putEmpty("chk-7", Duration.ofDays(20));
        putEmpty("chk-8", Duration.ofDays(3));
        putEmpty("chk-9", Duration.ofHours(3));
        // Not empty, although no file of Flink's is there.
        putEmpty("chk-10/nested", Duration.ofDays(20));

        Run run = Run.of("gc", job.toString());
        JsonNode audit = json(Run.of("gc", "--json", job.toString()));

        assertThat(run.golden(root))
                .isEqualTo(
                        """
                        file  size  modified  age  why  may go
                        chk-7/  SIZE  TIME  AGE  an empty directory: its checkpoint is not complete  yes
                        chk-8/  SIZE  TIME  AGE  an empty directory: its checkpoint is not complete  no: not older than the newest checkpoint (--job-ended)
                        chk-9/  SIZE  TIME  AGE  an empty directory: its checkpoint is not complete  no: younger than 24h (--older-than)

                        2 checkpoints need 30 files, SIZE; 0 files, SIZE, and 1 empty directory, may go, 2 unneeded stay; 0 are missing
                        not covered: 1 name is not Flink's, or a link, such as chk-10/nested: left alone
                        """);
        assertThat(run.exitCode()).isZero();
        assertThat(audit.get("deletable_files").asInt()).isZero();
        assertThat(audit.get("deletable_directories").asInt()).isEqualTo(1);
        assertThat(audit.get("unneeded").get(0).get("directory").asBoolean()).isTrue();
        assertThat(job.resolve("chk-7")).isEmptyDirectory();
    }

    @Test
    void emptyDirectoriesAreDeletedByTheRulesOfFiles() throws Exception {
        List<Path> needed = filesBelow(root);
        Path old = putEmpty("chk-7", Duration.ofDays(20));
        Path young = putEmpty("chk-9", Duration.ofHours(3));
        put("shared/orphan", Duration.ofDays(20));

        Run run = Run.of("gc", "--delete", "--yes", job.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err())
                .isEqualTo("flink-lsm: deleted 1 file, 1000 B, and 1 empty directory.\n");
        assertThat(old).doesNotExist();
        assertThat(young).isEmptyDirectory();
        assertThat(filesBelow(root)).isEqualTo(needed);
        Run ended =
                Run.of(
                        "gc",
                        "--delete",
                        "--yes",
                        "--json",
                        "--job-ended",
                        "--older-than",
                        "0s",
                        job.toString());
        assertThat(json(ended).get("deleted_directories").asInt()).isEqualTo(1);
        assertThat(young).doesNotExist();
    }

    /** A task may begin to write between the look and the deletion. */
    @Test
    void aDirectoryThatGetsAFileStays() throws Exception {
        Path directory = putEmpty("chk-7", Duration.ofDays(20));
        AuditOptions options =
                new AuditOptions(
                        Duration.ofDays(1),
                        Run.NOW_MILLIS,
                        false,
                        false,
                        false,
                        List.of(),
                        Duration.ZERO);
        Audit audit = Audit.of(job.toString(), options);
        Path file = put("chk-7/part", Duration.ofHours(1));

        Deletion deletion = Deletion.of(audit, options);

        assertThat(deletion.directories()).isZero();
        assertThat(directory).isDirectoryContaining(file::equals);
    }

    @Test
    void aDirectoryInOrderIsOneLine() {
        Run run = Run.of("gc", job.toString());

        assertThat(run.golden(root))
                .isEqualTo(
                        "2 checkpoints need 30 files, SIZE; 0 files, SIZE, may go, 0 unneeded stay;"
                                + " 0 are missing\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void jsonTellsTheSame() throws Exception {
        put("shared/orphan", Duration.ofDays(20));

        JsonNode audit = json(Run.of("gc", "--json", job.toString()));

        assertThat(audit.get("location").asText()).isEqualTo(job.toString());
        assertThat(audit.get("needed_files").asInt()).isEqualTo(30);
        assertThat(audit.get("deletable_files").asInt()).isEqualTo(1);
        assertThat(audit.get("deletable_bytes").asInt()).isEqualTo(1000);
        assertThat(audit.get("deleted_files").asInt()).isZero();
        assertThat(audit.get("checkpoints")).hasSize(2);
        assertThat(audit.get("checkpoints").get(0).get("id").asInt()).isEqualTo(1);
        assertThat(audit.get("unneeded").get(0).get("location").asText())
                .isEqualTo(job.resolve("shared/orphan").toString());
        assertThat(audit.get("missing")).isEmpty();
    }

    // ------------------------------------------------------------------------------------ deletion

    @Test
    void deleteTakesWhatMayGoAndNothingElse() throws Exception {
        List<Path> needed = filesBelow(root);
        put("shared/orphan", Duration.ofDays(20));
        put("chk-9/part", Duration.ofDays(20));
        Path young = put("shared/uploading", Duration.ofHours(3));

        Run run = Run.of("gc", "--delete", "--yes", job.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEqualTo("flink-lsm: deleted 2 files, 2.0 KiB.\n");
        assertThat(filesBelow(root))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(needed.stream(), Stream.of(young)).toList());
        assertThat(job.resolve("chk-9")).doesNotExist();
        assertThat(Run.of("verify", job.resolve("chk-1").toString()).exitCode()).isZero();
        assertThat(Run.of("verify", job.resolve("chk-2").toString()).exitCode()).isZero();
    }

    @Test
    void withoutYesItAsksAndAnythingButYesIsNo() throws Exception {
        Path orphan = put("shared/orphan", Duration.ofDays(400));
        completedAt(job.resolve("chk-2"), Duration.ofDays(399));
        List<String> delete = List.of("gc", "--delete", "--job-ended", job.toString());

        Child refused = Child.of(root, "echo y | \"$@\"", delete);
        Child silent = Child.of(root, "\"$@\" </dev/null", delete);
        assertThat(orphan).exists();
        Child agreed = Child.of(root, "echo yes | \"$@\"", delete);

        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .contains("delete 1 file, 1000 B, for ever? Type yes: ")
                .contains("nothing was deleted");
        assertThat(silent.exitCode()).isEqualTo(2);
        assertThat(silent.err()).contains("give --yes");
        assertThat(agreed.exitCode()).as(agreed.err()).isZero();
        assertThat(orphan).doesNotExist();
    }

    @Test
    void whatCannotBeDeletedIsToldAndTheRestGoes() throws Exception {
        assumeTrue(!System.getProperty("user.name").equals("root"), "root may delete everything");
        put("shared/orphan", Duration.ofDays(20));
        Path other = put("chk-9/part", Duration.ofDays(20));
        Path shared = job.resolve("shared");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            Run run = Run.of("gc", "--delete", "--yes", job.toString());

            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err()).contains("deletedFiles=1, leftFiles=1", "orphan");
            assertThat(other).doesNotExist();
        } finally {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void aLinkIsNeitherFollowedNorDeleted() throws Exception {
        Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
        Path precious = Files.write(elsewhere.resolve("precious"), new byte[10]);
        modified(precious, Duration.ofDays(20));
        Files.createSymbolicLink(job.resolve("shared/job_1_op_2_0_4"), elsewhere);
        Files.createSymbolicLink(job.resolve("shared/link"), precious);

        Run run = Run.of("gc", "--delete", "--yes", "--job-ended", job.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("not covered: 2 names are not Flink's, or a link");
        assertThat(precious).exists();
        assertThat(job.resolve("shared/link")).isSymbolicLink();
    }

    // --------------------------------------------------------------------------------------- rules

    @Test
    void jobEndedTaskOwnedAndOlderThanLetMoreGo() throws Exception {
        put("shared/uploading", Duration.ofHours(3));
        put("shared/later", Duration.ofDays(3));
        put("shared/job_1_op_2_0_4/merged", Duration.ofDays(20));
        put("taskowned/pending", Duration.ofDays(20));

        JsonNode careful = json(Run.of("gc", "--json", job.toString()));
        JsonNode ended = json(Run.of("gc", "--json", "--job-ended", job.toString()));
        JsonNode all =
                json(
                        Run.of(
                                "gc",
                                "--json",
                                "--job-ended",
                                "--task-owned",
                                "--older-than",
                                "0s",
                                job.toString()));

        assertThat(names(careful, true)).isEmpty();
        assertThat(names(ended, true))
                .containsExactly("shared/job_1_op_2_0_4/merged", "shared/later");
        assertThat(names(all, false)).isEmpty();
        assertThat(names(all, true)).hasSize(4);
    }

    @Test
    void aJobWithoutCheckpointsKeepsAllUntilItHasEnded() throws Exception {
        Files.delete(job.resolve("chk-1/_metadata"));
        Files.delete(job.resolve("chk-2/_metadata"));

        JsonNode running = json(Run.of("gc", "--json", job.toString()));
        JsonNode ended = json(Run.of("gc", "--json", "--job-ended", job.toString()));

        assertThat(names(running, true)).isEmpty();
        assertThat(names(running, false)).hasSize(28);
        assertThat(names(ended, true)).hasSize(28);
    }

    @Test
    void filesThatOnlyAnOlderCheckpointNeedsGoWithIt() throws Exception {
        Files.delete(job.resolve("chk-1/_metadata"));
        for (Path file : filesBelow(job)) {
            if (!file.endsWith("_metadata")) {
                modified(file, Duration.ofDays(9));
            }
        }

        Run run = Run.of("gc", "--delete", "--yes", job.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("deleted ");
        assertThat(job.resolve("chk-1")).doesNotExist();
        assertThat(Run.of("verify", job.resolve("chk-2").toString()).out()).contains(": ok\n");
        assertThat(json(Run.of("gc", "--json", job.toString())).get("unneeded")).isEmpty();
    }

    @Test
    void aJobBesideItThatClaimedACheckpointKeepsItsFiles() throws Exception {
        Path heir = Files.createDirectories(root.resolve("heir/chk-7"));
        Files.move(job.resolve("chk-1/_metadata"), heir.resolve("_metadata"));
        Files.delete(job.resolve("chk-2/_metadata"));

        JsonNode audit = json(Run.of("gc", "--json", "--job-ended", job.toString()));
        JsonNode alone = json(Run.of("gc", "--json", "--job-ended", "--alone", job.toString()));

        assertThat(audit.get("checkpoints").get(0).get("location").asText())
                .isEqualTo(heir.toString());
        assertThat(audit.get("needed_files").asInt()).isEqualTo(12);
        assertThat(names(audit, true)).hasSize(16);
        assertThat(alone.get("needed_files").asInt()).isZero();
    }

    @Test
    void aJobElsewhereIsLookedAtIfItIsNamed() throws Exception {
        Path heir = Files.createDirectories(root.resolve("far/away/heir/chk-7"));
        Files.move(job.resolve("chk-1/_metadata"), heir.resolve("_metadata"));
        Files.delete(job.resolve("chk-2/_metadata"));

        for (String also : new String[] {"far/away/heir/chk-7", "far/away/heir", "far/away"}) {
            JsonNode audit =
                    json(
                            Run.of(
                                    "gc",
                                    "--json",
                                    "--job-ended",
                                    "--also",
                                    root.resolve(also).toString(),
                                    job.toString()));
            assertThat(audit.get("needed_files").asInt()).as(also).isEqualTo(12);
        }
    }

    @Test
    void aDirectoryOfSeveralJobsIsOneAudit() throws Exception {
        put("shared/orphan", Duration.ofDays(20));
        Path second = takeTwoCheckpoints(root.resolve("second"), incremental());
        Files.move(second, root.resolve("other"));

        JsonNode audit = json(Run.of("gc", "--json", root.toString()));

        assertThat(audit.get("checkpoints")).hasSize(4);
        assertThat(audit.get("needed_files").asInt()).isEqualTo(60);
        assertThat(names(audit, true)).containsExactly("checkpoints/shared/orphan");
    }

    @Test
    void nothingOfACopiedDirectoryLooksUnneeded() throws Exception {
        Path copy = Files.move(job, Files.createDirectory(root.resolve("new")).resolve("place"));

        JsonNode audit = json(Run.of("gc", "--json", "--job-ended", copy.toString()));

        assertThat(audit.get("unneeded")).isEmpty();
        assertThat(audit.get("missing")).isEmpty();
        assertThat(audit.get("elsewhere_files").asInt()).isZero();
    }

    @Test
    void filesOutsideOfTheDirectoryAreToldNotSearched() throws Exception {
        // As entropy in the paths of an object store does it to shared files.
        Path clean = Files.createDirectories(root.resolve("clean/job"));
        Files.move(job.resolve("chk-1"), clean.resolve("chk-1"));
        Files.move(job.resolve("chk-2"), clean.resolve("chk-2"));
        Path lost = filesBelow(job.resolve("shared")).get(0);
        Files.delete(lost);

        Run run = Run.of("gc", "--job-ended", clean.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("missing  [" + lost + "] is missing")
                .contains("2 checkpoints need 10 files")
                .contains(
                        "not covered: 20 files of these checkpoints lie outside of this directory")
                .contains("such as in " + job.resolve("shared"));
    }

    @Test
    void foreignBackendsAreAuditedLikeOurs() throws Exception {
        Path foreign = takeTwoCheckpoints(root.resolve("heap"), new HashMapStateBackend());
        Files.createDirectories(foreign.resolve("shared"));
        Files.write(foreign.resolve("shared/orphan"), new byte[10]);

        JsonNode audit = json(Run.of("gc", "--json", "--job-ended", foreign.toString()));

        assertThat(audit.get("needed_files").asInt()).isPositive();
        assertThat(audit.get("missing")).isEmpty();
        assertThat(names(audit, true)).containsExactly("shared/orphan");
    }

    // -------------------------------------------------------------------------------------
    // findings

    @Test
    void whatACheckpointNeedsAndIsNotThereIsAFinding() throws Exception {
        List<Path> shared = filesBelow(job.resolve("shared"));
        Files.delete(shared.get(0));
        Files.write(shared.get(1), new byte[3]);

        Run run = Run.of("gc", "--job-ended", job.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("missing  [" + shared.get(0) + "] is missing: neededBy=" + job)
                .contains("missing  [" + shared.get(1) + "] is too short: bytes=3, needed=")
                .contains("2 are missing\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoints/chk-1", "heir/chk-7", "savepoint-1"})
    void oneMetadataThatCannotBeReadStopsAll(String where) throws Exception {
        Path orphan = put("shared/orphan", Duration.ofDays(20));
        Path damaged = Files.createDirectories(root.resolve(where)).resolve("_metadata");
        Files.write(damaged, new byte[] {1, 2, 3});

        Run run = Run.of("gc", "--delete", "--yes", job.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains("[" + damaged + "]")
                .contains("nothing is deleted: which files it needs is unknown");
        assertThat(orphan).exists();
    }

    @Test
    void bytesBehindAMetadataStopAll() throws Exception {
        Path orphan = put("shared/orphan", Duration.ofDays(20));
        Path metadata = job.resolve("chk-1/_metadata");
        byte[] whole = Files.readAllBytes(metadata);
        Files.write(metadata, java.util.Arrays.copyOf(whole, whole.length + 1));

        Run run = Run.of("gc", "--delete", "--yes", job.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("says more than can be understood");
        assertThat(orphan).exists();
    }

    // ---------------------------------------------------------------------------------------
    // errors

    @Test
    void aCheckpointThatIsSubsumedMeanwhileStopsNothing() throws Exception {
        FailingFileSystem.vanish("chk-1");
        JsonNode audit;
        try {
            audit = json(Run.of("gc", "--json", "fails:" + job));
        } finally {
            FailingFileSystem.reset();
        }

        assertThat(audit.get("checkpoints")).hasSize(1);
        assertThat(audit.get("checkpoints").get(0).get("id").asInt()).isEqualTo(2);
        assertThat(audit.get("missing")).isEmpty();
    }

    @Test
    void aCheckpointThatReplacesAnotherMeanwhileIsFound() throws Exception {
        FailingFileSystem.replace("chk-1/_metadata", "chk-2");
        JsonNode audit;
        try {
            // Nothing beside it is listed, which would be a second look.
            audit = json(Run.of("gc", "--json", "--alone", "fails:" + job));
        } finally {
            FailingFileSystem.reset();
        }

        assertThat(audit.get("checkpoints")).hasSize(1);
        assertThat(audit.get("checkpoints").get(0).get("id").asInt()).isEqualTo(2);
    }

    @Test
    void aFileThatGrewSinceItWasListedIsNotTooShort() throws Exception {
        FailingFileSystem.grow("/shared/");
        Run run;
        try {
            run = Run.of("gc", "fails:" + job);
        } finally {
            FailingFileSystem.reset();
        }

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out()).contains("0 are missing\n");
    }

    @Test
    void aCheckpointWhoseFilesGoFirstIsNotDamaged() throws Exception {
        // What only the older checkpoint needs is not what it was before its metadata goes.
        FailingFileSystem.reset();
        Run.of("gc", "fails:" + job);
        int callsOfAnAudit = FailingFileSystem.calls();
        List<Path> kept = neededBy("chk-2");
        List<Path> shared = filesBelow(job.resolve("shared"));
        assertThat(shared).hasSizeGreaterThan(kept.size());
        for (Path file : shared) {
            if (!kept.contains(file)) {
                Files.write(file, new byte[1]);
            }
        }
        assertThat(Run.of("gc", "--job-ended", job.toString()).out()).contains("is too short");

        FailingFileSystem.vanishFrom("chk-1", 2 * callsOfAnAudit);
        Run run;
        try {
            run = Run.of("gc", "fails:" + job);
            assertThat(FailingFileSystem.hasVanished()).isTrue();
        } finally {
            FailingFileSystem.reset();
        }

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out()).contains("0 are missing\n");
    }

    private List<Path> neededBy(String checkpoint) throws IOException {
        JsonNode files =
                MAPPER.readTree(
                        Run.of("files", "--json", job.resolve(checkpoint).toString()).out());
        List<Path> needed = new ArrayList<>();
        files.findValuesAsText("location").forEach(location -> needed.add(Path.of(location)));
        return needed;
    }

    @Test
    void aSingleCheckpointIsNoRoot() {
        Run run = Run.of("gc", job.resolve("chk-2").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("is a single checkpoint", "the one above");
    }

    @Test
    void aDirectoryWithoutCheckpointsAndAMissingOneAreTold() throws Exception {
        Path empty = Files.createDirectory(root.resolve("empty"));

        Run none = Run.of("gc", empty.toString());
        Run missing = Run.of("gc", root.resolve("nowhere").toString());

        assertThat(none.exitCode()).isEqualTo(3);
        assertThat(none.err()).contains("has no checkpoints of a job in it");
        assertThat(missing.exitCode()).isEqualTo(3);
        assertThat(missing.err()).contains("there is no such directory");
    }

    @Test
    void optionsThatDoNotFitAreErrorsOfUsage() throws Exception {
        Path empty = Files.createDirectory(root.resolve("empty"));
        String at = job.toString();
        List<Run> runs =
                List.of(
                        Run.of("gc", "--older-than", "1y", at),
                        Run.of("gc", "--yes", at),
                        Run.of("gc", "--json", "--delete", at),
                        Run.of("gc", "--also", empty.toString(), at));

        assertThat(runs).allMatch(run -> run.exitCode() == 2 && run.out().isEmpty());
        assertThat(runs.get(0).err()).contains("like 12h: given=1y");
        assertThat(runs.get(3).err()).contains("has no checkpoint in it");
    }
}
