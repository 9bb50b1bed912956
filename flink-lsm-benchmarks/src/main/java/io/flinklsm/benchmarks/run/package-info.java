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
/**
 * What every program of the benchmarks shares: options, JVMs one after the other, results, report.
 *
 * <p>In come {@link io.flinklsm.benchmarks.run.Step}s, each a JVM to be started; out go a directory
 * of results and a report. Invariant: a step that fails ends no run, and is named in the results.
 * Read {@link io.flinklsm.benchmarks.run.BenchmarkRun} first.
 */
@NullMarked
package io.flinklsm.benchmarks.run;

import org.jspecify.annotations.NullMarked;
