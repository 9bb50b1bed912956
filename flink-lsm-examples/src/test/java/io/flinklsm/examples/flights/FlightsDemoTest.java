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
package io.flinklsm.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class FlightsDemoTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpNamesOptionsAndExitCodes() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("--input=FILE", "--backend=NAME", "Exit codes:");
    }

    @Test
    void aMissingInputIsAUsageErrorWithOneLine() {
        assertThat(run("--input", "none.csv")).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("error: [none.csv] not found: path=");
    }

    @Test
    void anImpossibleParallelismIsAUsageError() {
        assertThat(run("--parallelism", "0")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--parallelism has a wrong value: found=0, needed=1 to 64.");
    }

    @Test
    void anUnknownBackendIsAUsageErrorThatListsTheKnownOnes() {
        assertThat(run("--backend", "leveldb")).isEqualTo(2);
        assertThat(err.toString()).contains("leveldb", "lsm, hashmap, rocksdb");
    }

    @Test
    void rocksdbIsRefusedWhereItIsNotOnTheClassPath() {
        assertThat(run("--backend", "rocksdb")).isEqualTo(2);
        assertThat(err.toString()).contains("--backend rocksdb is not on the class path");
    }

    private int run(String... arguments) {
        return FlightsDemo.run(arguments, new PrintWriter(out), new PrintWriter(err, true));
    }
}
