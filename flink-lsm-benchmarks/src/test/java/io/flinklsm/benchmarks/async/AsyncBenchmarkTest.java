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
package io.flinklsm.benchmarks.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class AsyncBenchmarkTest {

    @Test
    void everyCaseRunsAndAnswersRightly() {
        StringWriter out = new StringWriter();
        int code =
                new CommandLine(new AsyncBenchmark())
                        .setOut(new PrintWriter(out))
                        .execute(
                                "--keys=4000", "--rounds=1", "--warm-up=0", "--backends=lsm,forst");

        assertThat(code).as(out.toString()).isZero();
        for (AsyncCase each : AsyncCase.values()) {
            assertThat(out.toString().lines().filter(line -> line.contains(each.title())))
                    .as("rows of %s", each)
                    .hasSize(each.isRemote() ? 1 : 2)
                    .allSatisfy(
                            line -> {
                                if (each.bar() > 0) {
                                    assertThat(line).matches(".* (met|missed)");
                                }
                            });
        }
    }
}
