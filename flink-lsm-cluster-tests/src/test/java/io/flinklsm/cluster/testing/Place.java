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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where a job's checkpoints go, with the server that it takes. */
public interface Place extends AutoCloseable {

    /** The directory of checkpoints, as Flink is told. */
    String checkpoints();

    /** What Flink is told to reach it. */
    Map<String, String> settings();

    /** How exact the place tells when a file was written. */
    long clockMillis();

    @Override
    void close() throws Exception;

    /** The local disk. */
    static Place disk(Path directory) throws IOException {
        Files.createDirectories(directory);
        return new Place() {
            @Override
            public String checkpoints() {
                return directory.toUri().toString();
            }

            @Override
            public Map<String, String> settings() {
                return Map.of();
            }

            @Override
            public long clockMillis() {
                return 1;
            }

            @Override
            public void close() {}
        };
    }
}
