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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on HDFS: one NameNode and a DataNode in this process. */
@Timeout(240)
final class HdfsIT {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir private static Path root;

    private static MiniDFSCluster cluster;
    private static Path local;

    @BeforeAll
    static void takeCheckpoints() throws Exception {
        try (var sample = SampleCheckpoint.ofTwoRounds(root.resolve("job"))) {
            local = sample.last();
        }
        cluster =
                new MiniDFSCluster.Builder(new Configuration(false), root.resolve("hdfs").toFile())
                        .numDataNodes(1)
                        .build();
        cluster.waitActive();
    }

    @AfterAll
    static void stop() {
        cluster.shutdown(true);
    }

    private static String uri(String path) throws IOException {
        return cluster.getURI() + path;
    }

    /** The job's two checkpoints, whose files are all their own. */
    private static String upload(String name) throws IOException {
        FileSystem hdfs = cluster.getFileSystem();
        var target = new org.apache.hadoop.fs.Path("/" + name);
        hdfs.copyFromLocalFile(new org.apache.hadoop.fs.Path(local.getParent().toString()), target);
        return uri("/" + name);
    }

    private static void put(String path, int byteCount) throws IOException {
        try (OutputStream out =
                cluster.getFileSystem().create(new org.apache.hadoop.fs.Path(path))) {
            out.write(new byte[byteCount]);
        }
    }

    private static boolean exists(String path) throws IOException {
        return cluster.getFileSystem().exists(new org.apache.hadoop.fs.Path(path));
    }

    private static JsonNode json(String... arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return MAPPER.readTree(run.out());
    }

    @Test
    void checkpointsAreReadAndFollowed() throws Exception {
        String job = upload("read");

        assertThat(Run.of("ls", job).out()).contains("chk-1", "chk-2");
        assertThat(Run.of("verify", job + "/chk-2").out()).contains(": ok\n");
        assertThat(Run.of("watch", "--count", "2", job).out().lines()).hasSize(3);
        assertThat(Run.of("scan", "--state", "tags", "-n", "0", job + "/chk-2").out())
                .isEqualTo(Run.of("scan", "--state", "tags", "-n", "0", local.toString()).out());
    }

    @Test
    void gcDeletesWhatNothingNeedsAndNothingElse() throws Exception {
        String job = upload("jobs/gc");
        put("/jobs/gc/shared/orphan", 100);
        put("/jobs/gc/chk-7/part", 100);

        JsonNode before = json("gc", "--json", "--job-ended", job);
        JsonNode deleted = json("gc", "--json", "--job-ended", "--delete", "--yes", job);

        assertThat(before.get("deletable_files").asInt()).isEqualTo(2);
        assertThat(before.get("missing")).isEmpty();
        assertThat(deleted.get("deleted_files").asInt()).isEqualTo(2);
        assertThat(exists("/jobs/gc/shared/orphan")).isFalse();
        assertThat(exists("/jobs/gc/chk-7")).isFalse();
        assertThat(Run.of("verify", job + "/chk-1").out()).contains(": ok\n");
        assertThat(Run.of("verify", job + "/chk-2").out()).contains(": ok\n");
    }

    @Test
    void compactReadsAndWritesThere() throws Exception {
        String source = upload("compact") + "/chk-2";
        String into = uri("/archive/2");

        json("compact", "--json", "--into", into, source);
        Path back = root.resolve("back");
        json("compact", "--json", "--into", back.toString(), into);
        Run again = Run.of("compact", "--into", into, source);

        assertThat(Run.of("verify", into).out()).contains(": ok\n");
        for (String state : new String[] {"count", "visits", "tags", "timers"}) {
            String expected = Run.of("scan", "--state", state, "-n", "0", local.toString()).out();
            assertThat(Run.of("scan", "--state", state, "-n", "0", into).out()).isEqualTo(expected);
            assertThat(Run.of("scan", "--state", state, "-n", "0", back.toString()).out())
                    .isEqualTo(expected);
        }
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.err()).contains("[" + into + "] is not empty: it has a checkpoint");
        assertThat(exists("/archive/2/_compacting")).isFalse();
    }

    @Test
    void whatAKilledRunLeftThereGoesFirst() throws Exception {
        String source = upload("killed") + "/chk-2";
        put("/archive/killed/_compacting", 10);
        put("/archive/killed/" + "0".repeat(32) + "-0-1.manifest", 10);

        json("compact", "--json", "--into", uri("/archive/killed"), source);

        assertThat(Run.of("verify", uri("/archive/killed")).out()).contains(": ok\n");
        assertThat(exists("/archive/killed/" + "0".repeat(32) + "-0-1.manifest")).isFalse();
    }
}
