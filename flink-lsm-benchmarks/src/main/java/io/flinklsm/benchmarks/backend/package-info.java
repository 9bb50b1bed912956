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
 * A keyed backend of any peer, opened as a task opens it, and its checkpoints.
 *
 * <p>In comes the name of a peer, what the slot has, and handles to restore; out come states,
 * timers and checkpoints. Invariant: every backend is loaded by name through Flink's own loader and
 * gets the same managed memory. Read {@link io.flinklsm.benchmarks.backend.BackendSlot} first.
 */
@NullMarked
package io.flinklsm.benchmarks.backend;

import org.jspecify.annotations.NullMarked;
