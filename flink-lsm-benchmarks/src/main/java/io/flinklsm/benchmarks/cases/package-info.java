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
 * The cases of the state benchmark, in groups that share a JVM.
 *
 * <p>In comes a {@link io.flinklsm.benchmarks.cases.Workbench}; out go samples, through the meter.
 * Invariant: every answer of a backend is checked where it arrives. Read {@link
 * io.flinklsm.benchmarks.cases.CaseGroup} first, which says how to add cases.
 */
@NullMarked
package io.flinklsm.benchmarks.cases;

import org.jspecify.annotations.NullMarked;
