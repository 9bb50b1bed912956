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

import io.flinklsm.inspect.testing.Child;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A value of many megabytes in the heap that the program has without being given more. */
final class LargeValueTest {

    private static final int LENGTH = 50 << 20;

    @TempDir static Path root;

    private static String checkpoint = "";

    @BeforeAll
    static void takeCheckpoint() throws Exception {
        var descriptor = new ValueStateDescriptor<>("text", Types.STRING);
        try (var sample = new SampleCheckpoint(root)) {
            sample.with(
                    "k",
                    backend ->
                            SampleCheckpoint.state(backend, descriptor).update("v".repeat(LENGTH)));
            checkpoint = sample.take(1).toString();
        }
    }

    private static Child run(String line) throws Exception {
        List<String> arguments = new ArrayList<>();
        for (String word : line.split(" ")) {
            arguments.add(word.equals("CKPT") ? checkpoint : word.replace('_', ' '));
        }
        return Child.of(root, "\"$@\"", arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "show CKPT",
                "verify CKPT",
                "top CKPT",
                "top --exact CKPT",
                "health CKPT",
                "scan --count --state text CKPT",
                "sql CKPT select_key,length(value)_from_text"
            })
    void whatDoesNotPrintItNeedsNoMore(String line) throws Exception {
        Child child = run(line);

        // Health says that the key is large.
        assertThat(child.exitCode()).as(child.err()).isEqualTo(line.startsWith("health") ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "scan --state text CKPT",
                "get --json --state text --key k CKPT",
                "sql CKPT select_value_from_text",
                "export --format json --state text CKPT",
                "export --format csv --state text CKPT"
            })
    void whatPrintsItSaysThatItNeedsMore(String line) throws Exception {
        Child child = run(line);

        assertThat(child.exitCode()).as(child.err()).isEqualTo(3);
        assertThat(child.err())
                .contains("needs more memory than there is", "FLINK_LSM_JAVA_OPTS=-Xmx1g")
                .doesNotContain("bug of flink-lsm");
    }
}
