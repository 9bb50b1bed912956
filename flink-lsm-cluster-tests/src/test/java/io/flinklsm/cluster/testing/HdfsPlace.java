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
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** HDFS: one NameNode and two DataNodes in this process. */
public final class HdfsPlace implements Place {

    private final MiniDFSCluster cluster;

    public HdfsPlace(Path directory) throws IOException {
        Configuration configuration = new Configuration();
        configuration.set("dfs.replication", "2");
        configuration.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
        cluster =
                new MiniDFSCluster.Builder(configuration, directory.toFile())
                        .numDataNodes(2)
                        .build();
        cluster.waitActive();
    }

    /** For tests of a lost DataNode. */
    public MiniDFSCluster cluster() {
        return cluster;
    }

    @Override
    public String checkpoints() {
        return "hdfs://127.0.0.1:" + cluster.getNameNodePort() + "/checkpoints";
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("flink.hadoop.dfs.replication", "2");
    }

    @Override
    public long clockMillis() {
        return 1;
    }

    @Override
    public void close() {
        cluster.shutdown(true);
    }
}
