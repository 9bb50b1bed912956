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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.run.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a group of cases works with in its JVM.
 *
 * @param peer the backend under measurement
 * @param directory an existing directory, to be filled as the group likes; deleted after it
 * @param managedBytes managed memory of the slot
 * @param options of the command line
 */
public record Workbench(Peer peer, Path directory, long managedBytes, CaseOptions options) {

    /** An empty backend with all of the managed memory, in a directory of its own. */
    BenchmarkedBackend open(String name) throws Exception {
        return BenchmarkedBackend.open(
                peer, Files.createDirectories(directory.resolve(name)), managedBytes);
    }

    /** A slot with all of the managed memory, in a directory of its own. */
    BackendSlot slot(String name, Map<String, String> options) throws Exception {
        return slot(name, managedBytes, options);
    }

    /** A slot with some of the managed memory, in a directory of its own. */
    BackendSlot slot(String name, long bytes, Map<String, String> options) throws Exception {
        return BackendSlot.open(peer, directory.resolve(name), bytes, options);
    }
}
