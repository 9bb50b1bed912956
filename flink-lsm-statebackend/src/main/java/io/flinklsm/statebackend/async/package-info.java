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
 * State V2: requests that a task hands over in batches, and goes on while files are read for them.
 * Comes in: Flink's containers of requests. Goes out: each request's future, completed once.
 * Invariant: what the requests of one key see and leave behind is as if each had been done at once
 * when its turn came. Read {@link io.flinklsm.statebackend.async.BatchExecutor} first.
 */
@NullMarked
package io.flinklsm.statebackend.async;

import org.jspecify.annotations.NullMarked;
