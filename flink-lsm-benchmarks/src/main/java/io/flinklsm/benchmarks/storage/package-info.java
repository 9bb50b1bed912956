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
 * State on remote storage: what a restore and a rescale cost when each request takes its time.
 *
 * <p>In come a backend and sizes, out go figures. Invariant: all backends read and write through
 * the same {@link io.flinklsm.benchmarks.storage.SlowFileSystem}, which alone knows what a request
 * is. Read {@link io.flinklsm.benchmarks.storage.StorageBenchmark} first.
 */
@NullMarked
package io.flinklsm.benchmarks.storage;

import org.jspecify.annotations.NullMarked;
