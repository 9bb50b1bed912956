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
package io.flinklsm.examples.flights.run;

import java.util.Locale;

/** The state backends that the job can run on. */
public enum Backend {
    LSM("io.flinklsm.statebackend.LsmStateBackendFactory", true),
    HASHMAP("hashmap", false),
    ROCKSDB("rocksdb", true);

    private final String type;
    private final boolean incremental;

    Backend(String type, boolean incremental) {
        this.type = type;
        this.incremental = incremental;
    }

    /** Value of Flink's {@code state.backend.type}. */
    public String type() {
        return type;
    }

    /** Whether its checkpoints can be incremental. */
    public boolean isIncremental() {
        return incremental;
    }

    /** Whether its classes are on the class path; RocksDB is not a dependency of this module. */
    public boolean isPresent() {
        return switch (this) {
            case LSM, HASHMAP -> true;
            case ROCKSDB ->
                    Backend.class
                                    .getClassLoader()
                                    .getResource(
                                            "org/apache/flink/state/rocksdb/EmbeddedRocksDBStateBackend.class")
                            != null;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
