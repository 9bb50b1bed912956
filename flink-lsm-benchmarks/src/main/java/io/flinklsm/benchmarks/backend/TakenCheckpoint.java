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
package io.flinklsm.benchmarks.backend;

import org.apache.flink.runtime.state.KeyedStateHandle;

/**
 * A checkpoint of a backend and what it cost.
 *
 * @param handle what a backend is restored from
 * @param syncNanos the synchronous part, on the task thread
 * @param asyncNanos the asynchronous part, which ran on the same thread after it
 * @param uploadedBytes what this checkpoint wrote to the checkpoint directory, as the backend tells
 *     Flink
 * @param stateBytes all that the handle refers to
 */
public record TakenCheckpoint(
        KeyedStateHandle handle,
        long syncNanos,
        long asyncNanos,
        long uploadedBytes,
        long stateBytes) {}
