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
 * What the inspection program takes to answer, on checkpoints of a size that is worth asking about.
 *
 * <p>In comes a number of entries, out goes a table with a bar beside each figure. Invariant: each
 * question is asked of the program as a user starts it, in a process of its own, and its answer is
 * checked against what was written. Read {@link io.flinklsm.benchmarks.inspect.InspectBenchmark}
 * first.
 */
@NullMarked
package io.flinklsm.benchmarks.inspect;

import org.jspecify.annotations.NullMarked;
