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
 * State V2 beside one request at a time: what a task gains, and what it pays, for reads that do not
 * wait for each other.
 *
 * <p>In come backends and keys, out go times. Invariant: both sides of a comparison have the same
 * state and are asked for the same keys, in turn, in one process; every answer is checked. Read
 * {@link io.flinklsm.benchmarks.async.AsyncBenchmark} first.
 */
@NullMarked
package io.flinklsm.benchmarks.async;

import org.jspecify.annotations.NullMarked;
