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
package io.flinklsm.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a storage on HDFS: one NameNode and two DataNodes in this process. */
@Timeout(240)
final class HdfsStorageIT extends StorageContractTest {

    @TempDir private static File directory;

    private static MiniDFSCluster cluster;
    private static int stores;

    @BeforeAll
    static void start() throws IOException {
        var configuration = new Configuration();
        configuration.set("dfs.replication", "2");
        // Two are all there are: a block goes on with the one that is left.
        configuration.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
        configuration.set("dfs.client.retry.window.base", "50");
        cluster = new MiniDFSCluster.Builder(configuration, directory).numDataNodes(2).build();
        cluster.waitActive();
    }

    @AfterAll
    static void stop() {
        cluster.shutdown(true);
    }

    private static FileSystem fileSystem() throws IOException {
        return cluster.getFileSystem();
    }

    @Override
    protected Storage createStorage() throws IOException {
        return new HadoopStorage(fileSystem(), new Path("/stores/" + stores++));
    }

    @Test
    void aDescriptionIsAUri() throws IOException {
        assertThat(createStorage().describe("x.parquet"))
                .matches("hdfs://[^/]+/stores/[0-9]+/x\\.parquet");
    }

    @Test
    void aDirectoryInTheStorageIsNoFile() throws IOException {
        Storage storage = createStorage();
        fileSystem().mkdirs(new Path("/stores/" + (stores - 1) + "/directory"));

        assertThat(storage.exists("directory")).isFalse();
        assertThat(storage.list()).isEmpty();
        assertThatThrownBy(() -> storage.open("directory")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aFileThatGoesWhileItIsReadIsNamed() throws IOException {
        Storage storage = createStorage();
        write(storage, "gone", new byte[100]);

        try (StorageInput input = storage.open("gone")) {
            storage.delete("gone");
            assertThat(storage.exists("gone")).isFalse();
            assertThatThrownBy(() -> storage.open("gone"))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining("gone");
            assertThat(input.size()).isEqualTo(100);
        }
    }

    @Test
    void filesAreReadAndWrittenWhileADataNodeIsDown() throws Exception {
        Storage storage = createStorage();
        byte[] bytes = new byte[1 << 20];
        new Random(3).nextBytes(bytes);
        write(storage, "before", bytes);
        StorageOutput begun = storage.create("during");
        begun.write(bytes, 0, bytes.length / 2);
        MiniDFSCluster.DataNodeProperties stopped = cluster.stopDataNode(0);
        try {
            begun.write(bytes, bytes.length / 2, bytes.length / 2);
            begun.finish();
            write(storage, "after", bytes);

            for (String name : new String[] {"before", "during", "after"}) {
                assertThat(read(storage, name)).as(name).isEqualTo(bytes);
            }
        } finally {
            cluster.restartDataNode(stopped, true);
            cluster.waitActive();
        }
    }

    private static void write(Storage storage, String name, byte[] bytes) throws IOException {
        try (StorageOutput output = storage.create(name)) {
            output.write(bytes, 0, bytes.length);
            output.finish();
        }
    }

    private static byte[] read(Storage storage, String name) throws IOException {
        try (StorageInput input = storage.open(name)) {
            byte[] bytes = new byte[Math.toIntExact(input.size())];
            input.readFully(0, bytes, 0, bytes.length);
            return bytes;
        }
    }
}
