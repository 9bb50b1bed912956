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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.testing.SqlRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that Flink keeps inside its metadata as a whole becomes files for everyone. */
final class FilesCopyTest {

    @TempDir static Path root;
    @TempDir Path target;

    private static SampleCheckpoint sample;
    private static String checkpoint;

    @BeforeAll
    static void takeACheckpointOfTwoRoundsInsideTheMetadata() throws Exception {
        sample = new SampleCheckpoint(root).inlineThreshold(1 << 20);
        sample.write(10, 0).take(1);
        checkpoint = sample.write(10, 1).take(2).toString();
        assertThat(names(Path.of(checkpoint))).containsExactly("_metadata");
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    @Test
    void copiesAreReadBySqlAloneAndNameTheOperator() throws Exception {
        Path copies = target.resolve("copies");

        Run run = Run.of("files", "--copy-to", copies.toString(), checkpoint);

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("wrote").contains("SSTables").contains("2 manifests to");
        assertThat(run.out()).isEqualTo(Run.of("files", checkpoint).out());
        try (SqlRecipe sql = new SqlRecipe(copies + "/*.manifest", copies + "/*.parquet")) {
            sql.readRows("kv/count");
            assertThat(sql.query("SELECT key || ' ' || value FROM current_rows ORDER BY key"))
                    .containsExactly(
                            "k1 10", "k2 21", "k3 30", "k4 41", "k5 50", "k6 61", "k7 70", "k8 81",
                            "k9 90");
            sql.readLists("kv/visits");
            assertThat(sql.query("SELECT value FROM current_lists WHERE key = 'k4'"))
                    .containsExactly("[4, 0, 4, 1]");
            assertThat(sql.query("SELECT DISTINCT operator FROM listed"))
                    .containsExactly(SampleCheckpoint.OPERATOR.toHexString());
        }
    }

    @Test
    void oneStateIsCopiedAlone() throws Exception {
        Run run = Run.of("files", "--state", "count", "--copy-to", target.toString(), checkpoint);

        assertThat(run.exitCode()).isZero();
        assertThat(names(target))
                .filteredOn(name -> name.endsWith(".parquet"))
                .hasSize((int) run.out().lines().count() - 1)
                .allMatch(name -> name.startsWith("kv_count-"));
        try (SqlRecipe sql = new SqlRecipe(target + "/*.manifest", target + "/*.parquet")) {
            sql.readRows("kv/count");
            assertThatThrownBy(() -> sql.readRows("kv/tags"))
                    .hasMessageContaining("SSTables are not among the files");
        }
    }

    @Test
    void manifestsInsideTheMetadataNameWhatIsMissing() throws Exception {
        Path one = Files.createDirectory(target.resolve("one"));
        Run.of("files", "--state", "tags", "--copy-to", one.toString(), checkpoint);

        try (SqlRecipe sql = new SqlRecipe(checkpoint + "/*", one + "/*.parquet")) {
            sql.readRows("kv/tags");
            assertThatThrownBy(() -> sql.readRows("kv/count"))
                    .hasMessageContaining("missing=3 of 3, names=kv_count-")
                    .hasMessageContaining(
                            "write them out with \"bin/flink-lsm files --copy-to DIR CHECKPOINT\"");
            // A client that goes on finds nothing of the state before.
            assertThatThrownBy(() -> sql.query("FROM sources"))
                    .hasMessageContaining("sources does not exist");
        }
    }

    @Test
    void aDirectoryWithFilesInItIsRefused() throws Exception {
        Path file = Files.createFile(target.resolve("file"));

        for (Path refused : List.of(target, file)) {
            Run run = Run.of("files", "--copy-to", refused.toString(), checkpoint);
            assertThat(run.exitCode()).isEqualTo(InspectException.USAGE);
            assertThat(run.err()).contains("[" + refused + "]").contains("new or empty");
            assertThat(run.out()).isEmpty();
        }
        assertThat(names(target)).containsExactly("file");
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
