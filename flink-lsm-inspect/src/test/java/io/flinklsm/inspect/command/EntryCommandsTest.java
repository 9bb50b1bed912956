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

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EntryCommandsTest {
    @TempDir static Path root;

    @Test
    void print() throws Exception {
        try (var sample = new SampleCheckpoint(root)) {
            sample.write(10, 0).take(1);
            String chk = sample.write(10, 1).take(2).toString();
            for (String[] args :
                    new String[][] {
                        {"show", chk},
                        {"show", "--json", chk},
                        {"scan", "--state", "count", chk},
                        {"scan", "--state", "visits", "-n", "2", chk},
                        {"scan", "--state", "tags", "-n", "2", "--json", chk},
                        {"scan", "--state", "timers", "-n", "2", chk},
                        {"scan", "--state", "tags", "--count", chk},
                        {"scan", "--state", "count", "--key-group", "8-9", chk},
                        {"get", "--state", "count", "--key-hex", "00036b38", chk},
                        {"get", "--state", "count", "--key-hex", "77", chk},
                        {"get", "--state", "count", "--key", "k7", chk},
                        {"get", "--state", "count", chk},
                        {"scan", chk},
                    }) {
                Run run = Run.of(args);
                System.out.println("$ " + String.join(" ", args) + "   -> " + run.exitCode());
                System.out.println(run.golden(root) + run.err());
            }
        }
    }
}
