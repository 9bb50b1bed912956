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
 * What the benchmarks do to state, whatever the backend: how large it is, in which order its keys
 * come, and what stands under them.
 *
 * <p>In comes a scale and a seed; out come keys, values, and the check of an answer. Invariant: the
 * same seed gives the same keys in the same order, and every value can be told from its key and
 * version alone. Read {@link io.flinklsm.benchmarks.workload.Scale} first.
 */
@NullMarked
package io.flinklsm.benchmarks.workload;

import org.jspecify.annotations.NullMarked;
