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

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.sstable.SstableIdentity;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.CheckpointRetentionPolicy;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.filemerging.LogicalFile;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeOffsets;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.filesystem.RelativeFileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that somebody wrote to do harm: see docs/inspection.md#untrusted-files. */
final class HostileSourcesTest {

    private static final String ESCAPE = "\u001b[31mred\u202eder";

    @TempDir Path root;

    /** A class that does harm when it comes out of a file. */
    private static final class BoobyTrap implements Serializable {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger SPRUNG = new AtomicInteger();

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            SPRUNG.incrementAndGet();
        }
    }

    @Test
    void noClassThatTheMetadataNamesIsInstantiated() throws Exception {
        Path checkpoint;
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(3, 0).take(1);
        }
        Path metadata = checkpoint.resolve("_metadata");
        byte[] bytes = Files.readAllBytes(metadata);
        var trapped = new ByteArrayOutputStream();
        trapped.write(bytes, 0, indexOfObjectStream(bytes));
        new ObjectOutputStream(trapped).writeObject(new BoobyTrap());
        Files.write(metadata, trapped.toByteArray());

        Run run = Run.of("show", checkpoint.toString());

        assertThat(BoobyTrap.SPRUNG).hasValue(0);
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("REJECTED");
    }

    /** The location is damaged, not the command line. */
    @Test
    void aNameThatIsNoPathIsDamage() throws Exception {
        Path checkpoint;
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(3, 0).take(1);
        }
        Path metadata = checkpoint.resolve("_metadata");
        String text = Files.readString(metadata, StandardCharsets.ISO_8859_1);
        // Files of this checkpoint are named by a UUID alone.
        String changed = text.replaceAll("([0-9a-f]{8}-[0-9a-f]{4})-([0-9a-f]{4}-)", "$1\0$2");
        assertThat(changed).isNotEqualTo(text);
        Files.writeString(metadata, changed, StandardCharsets.ISO_8859_1);

        Run run = Run.of("files", checkpoint.toString());

        assertThat(run.exitCode()).as(run.err()).isEqualTo(4);
        assertThat(run.err()).contains("is no local path", "take another checkpoint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"show", "verify", "files"})
    void propertiesWithoutAFieldAreDamage(String command) throws Exception {
        Path checkpoint;
        try (var sample = new SampleCheckpoint(root)) {
            checkpoint = sample.write(3, 0).take(1);
        }
        Path metadata = checkpoint.resolve("_metadata");
        String text = Files.readString(metadata, StandardCharsets.ISO_8859_1);
        String changed = text.replace("checkpointType", "checkpointTypf");
        assertThat(changed).isNotEqualTo(text);
        Files.writeString(metadata, changed, StandardCharsets.ISO_8859_1);

        Run run = Run.of(command, checkpoint.toString());

        assertThat(run.exitCode()).as(run.err()).isEqualTo(4);
        assertThat(run.err()).contains("its properties have no type of checkpoint");
        // Of several checkpoints the others are listed.
        assertThat(Run.of("ls", checkpoint.getParent().toString()).err())
                .contains("skipped", "its properties have no type of checkpoint");
    }

    private static int indexOfObjectStream(byte[] bytes) {
        for (int i = bytes.length - 4; i >= 0; i--) {
            if (Arrays.equals(
                    Arrays.copyOfRange(bytes, i, i + 4),
                    new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5})) {
                return i;
            }
        }
        throw new AssertionError("metadata without serialised properties");
    }

    @Test
    void metadataThatDeclaresMoreThanThereIsMemoryIsDamaged() throws Exception {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(0x4960672d);
        out.writeInt(3);
        out.writeLong(1);
        out.writeInt(1);
        out.writeInt(0xc96b1696);
        out.writeInt(Integer.MAX_VALUE);
        Files.write(root.resolve("_metadata"), bytes.toByteArray());

        Run run = Run.of("show", root.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("cannot be parsed as the metadata");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../secret", "..", "a/b", "file:///etc/passwd", "a\\b"})
    void filesOutsideOfTheSavepointAreNotOpened(String relativePath) throws Exception {
        byte[] manifest = ManifestCodec.encode(new CheckpointImage(1, 0, List.of()));
        Files.write(root.resolve("secret"), manifest);
        writeMetadata(
                new RelativeFileStateHandle(
                        new org.apache.flink.core.fs.Path(root.toUri()),
                        relativePath,
                        manifest.length));

        Run run = Run.of("show", root.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).containsAnyOf("leads out of its directory", "cannot be parsed");
    }

    @Test
    void aManifestThatNamesAPathIsDamaged() throws Exception {
        writeMetadata(new ByteStreamStateHandle("manifest", manifestThatNames("../../x.parquet")));

        Run run = Run.of("files", root.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("names a file outside of its own directory");
    }

    @Test
    void otherHostsThanThatOfTheCheckpointAreNeverAsked() throws Exception {
        // No such file system is there: asking for it would be an error of its own.
        writeMetadata(
                new FileStateHandle(
                        new org.apache.flink.core.fs.Path("evil://attacker/manifest"), 10));

        Run run = Run.of("show", root.toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err())
                .contains("evil://attacker/manifest", "manifest is missing")
                .doesNotContain("no file system");
    }

    @Test
    void handlesInsideOfOthersLeadNowhereElse() throws Exception {
        var evil = new org.apache.flink.core.fs.Path("evil://attacker/manifest");
        for (StreamStateHandle handle :
                List.of(
                        new KeyGroupsStateHandle(
                                new KeyGroupRangeOffsets(0, 15), new FileStateHandle(evil, 10)),
                        new SegmentFileStateHandle(
                                evil,
                                0,
                                10,
                                CheckpointedStateScope.EXCLUSIVE,
                                new LogicalFile.LogicalFileId("file")))) {
            writeMetadata(handle);

            Run run = Run.of("show", root.toString());

            assertThat(run.exitCode()).isEqualTo(4);
            assertThat(run.err())
                    .contains("evil://attacker/manifest", "manifest is missing")
                    .doesNotContain("no file system");
        }
    }

    @Test
    void aPartOfAFileIsReadAndNoMore() throws Exception {
        byte[] manifest = ManifestCodec.encode(new CheckpointImage(1, 0, List.of()));
        byte[] file = new byte[manifest.length + 200];
        System.arraycopy(manifest, 0, file, 100, manifest.length);
        Path merged = Files.write(root.resolve("merged"), file);
        writeMetadata(
                new SegmentFileStateHandle(
                        new org.apache.flink.core.fs.Path(merged.toUri()),
                        100,
                        manifest.length,
                        CheckpointedStateScope.EXCLUSIVE,
                        new LogicalFile.LogicalFileId("file")));

        assertThat(Run.of("show", root.toString()).exitCode()).isZero();

        Files.write(merged, Arrays.copyOf(file, 100 + manifest.length - 1));

        assertThat(Run.of("show", root.toString()).exitCode()).isEqualTo(4);
    }

    @Test
    void escapeSequencesInNamesDoNotReachTheTerminal() throws Exception {
        Path checkpoint;
        try (var sample = new SampleCheckpoint(root).operatorName(ESCAPE)) {
            checkpoint = sample.write(ESCAPE, 1, 0).write(3, 0).take(1);
        }

        for (String[] command :
                new String[][] {
                    {"ls", sampleDirectory(checkpoint)},
                    {"show", checkpoint.toString()},
                    {"show", "--json", checkpoint.toString()},
                    {"files", checkpoint.toString()},
                    {"files", "--json", checkpoint.toString()},
                    {"scan", "--state", "count", checkpoint.toString()},
                    {"scan", "--state", "tags", checkpoint.toString()},
                    {"scan", "--state", "tags", "--json", checkpoint.toString()},
                    {"scan", "--state", ESCAPE, checkpoint.toString()},
                    {"top", checkpoint.toString()},
                    {"top", "--json", checkpoint.toString()},
                    {"top", "--exact", "--of", "map-keys", checkpoint.toString()},
                    {"health", "--min-bytes", "1", checkpoint.toString()},
                    {"health", "--min-bytes", "1", "--json", checkpoint.toString()},
                    {"diff", "--explain", checkpoint.toString(), checkpoint.toString()},
                    {"diff", "--json", checkpoint.toString(), checkpoint.toString()},
                    {"sql", checkpoint.toString(), "select * from lsm_top_keys"},
                    {"sql", checkpoint.toString(), "select * from count"},
                    {"sql", checkpoint.toString(), "select * from count", "--csv"},
                    {"export", checkpoint.toString(), "count", "--format", "csv"},
                    {"export", checkpoint.toString(), "count", "--format", "json"},
                }) {
            Run run = Run.of(200, false, command);

            assertThat(run.out() + run.err())
                    .as(String.join(" ", command))
                    .isNotEmpty()
                    .doesNotContain("\u001b", "\u202e");
        }
        // What reads a file gets what is there.
        assertThat(Run.of("export", checkpoint.toString(), "count", "--format", "csv").out())
                .contains(ESCAPE);
    }

    private static String sampleDirectory(Path checkpoint) {
        return checkpoint.getParent().toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ls", "show", "files", "verify", "scan", "top", "health"})
    void secretsInLocationsAreNotPrinted(String command) {
        FileSystem.getDefaultFsUri();
        for (String location :
                List.of(
                        "s3://AKIA:PLANTED@bucket/chk-1",
                        "s3://AKIA:PLANTED/PLANTED@bucket/chk-1",
                        "s3://AKIA:x/PLANTED@bucket/chk-1",
                        "s3://bucket/chk-1?X-Amz-Signature=PLANTED",
                        "nosuch://user:PLANTED@host/x?token=PLANTED#PLANTED")) {
            for (String option : List.of("--json", "--debug")) {
                Run run = Run.of(command, option, location);

                assertThat(run.out() + run.err()).doesNotContain("PLANTED");
                assertThat(run.exitCode()).isEqualTo(3);
            }
        }
    }

    /** A checkpoint of one subtask with this manifest. */
    private void writeMetadata(StreamStateHandle manifest) throws Exception {
        var handle =
                new IncrementalRemoteKeyedStateHandle(
                        new UUID(1, 2),
                        KeyGroupRange.of(0, 15),
                        1,
                        List.of(),
                        List.of(HandleAndLocalPath.of(manifest, "MANIFEST")),
                        new ByteStreamStateHandle("meta", new byte[10]));
        var operator = new OperatorState("operator", "uid", SampleCheckpoint.OPERATOR, 1, 16);
        operator.putState(0, OperatorSubtaskState.builder().setManagedKeyedState(handle).build());
        SampleCheckpoint.writeMetadata(
                root,
                new CheckpointMetadata(
                        1,
                        List.of(operator),
                        List.of(),
                        CheckpointProperties.forCheckpoint(
                                CheckpointRetentionPolicy.RETAIN_ON_CANCELLATION)));
    }

    private static byte[] manifestThatNames(String fileName) {
        OwnedSlice key = OwnedSlice.ofText("k");
        var meta =
                new SstableMeta(
                        new SstableIdentity(fileName, "kv/a", 1, 0, 1),
                        new SstableMeta.Extent(100, 50, 1),
                        new SstableMeta.Content(1, 0, 0, key, key),
                        0,
                        null);
        return ManifestCodec.encode(
                new CheckpointImage(1, 0, List.of(new TreeImage("kv/a", List.of(meta)))));
    }
}
