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
package io.flinklsm.benchmarks.run;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;

/** A state backend under measurement, configured as a user would configure it. */
public enum Peer {
    HASHMAP("hashmap", "hashmap"),
    ROCKSDB("rocksdb", "rocksdb"),
    /** RocksDB as one would run it with state larger than memory. */
    ROCKSDB_TUNED("rocksdb-tuned", "rocksdb"),
    /** Flink's newer RocksDB descendant, through the same synchronous state API. */
    FORST("forst", "forst"),
    LSM("lsm", "io.flinklsm.statebackend.LsmStateBackendFactory");

    private final String label;
    private final String backendType;

    Peer(String label, String backendType) {
        this.label = label;
        this.backendType = backendType;
    }

    /** The name on the command line and in the table. */
    public String label() {
        return label;
    }

    /** A fresh configuration that selects this backend and leaves the rest at its defaults. */
    public Configuration configuration() {
        Configuration configuration = new Configuration();
        configuration.set(StateBackendOptions.STATE_BACKEND, backendType);
        if (this == ROCKSDB_TUNED) {
            configuration.setString(
                    "state.backend.rocksdb.memory.partitioned-index-filters", "true");
            configuration.setString("state.backend.rocksdb.use-bloom-filter", "true");
        }
        return configuration;
    }

    @Override
    public String toString() {
        return label;
    }

    /**
     * The peer of a label.
     *
     * @throws IllegalArgumentException if no peer has it
     */
    public static Peer ofLabel(String label) {
        for (Peer peer : values()) {
            if (peer.label.equals(label)) {
                return peer;
            }
        }
        throw new IllegalArgumentException(
                "[peers] unknown backend: name="
                        + label
                        + "; use hashmap, rocksdb, rocksdb-tuned, forst or lsm");
    }
}
