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
package io.flinklsm.benchmarks.report;

import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes {@code benchmarks.md} and its plots from the results of a run. */
public final class BenchmarkReport {

    private BenchmarkReport() {}

    /**
     * Writes the report of {@code results} into {@code docs}, over an earlier one.
     *
     * @return the Markdown file
     * @throws IOException if a result cannot be read or the report not be written
     */
    public static Path write(RunDirectory results, Path docs) throws IOException {
        Files.createDirectories(docs);
        return Files.writeString(docs.resolve("benchmarks.md"), tables(results));
    }

    /** The tables of the report alone, for a terminal. */
    public static String tables(RunDirectory results) throws IOException {
        ResultTable table = new ResultTable(new Measurements(results.jvmRuns()));
        return String.join(
                "\n",
                table.throughput(),
                table.figures(),
                table.garbage(),
                table.writes(),
                table.memory());
    }
}
