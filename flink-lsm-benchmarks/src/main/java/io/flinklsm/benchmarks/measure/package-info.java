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
 * How operations are timed and counted, and when a process is at rest.
 *
 * <p>In come operations; out come samples with their figures. Invariant: what warms up or undoes is
 * off the clock. Read {@link io.flinklsm.benchmarks.measure.Meter} first.
 */
@NullMarked
package io.flinklsm.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
