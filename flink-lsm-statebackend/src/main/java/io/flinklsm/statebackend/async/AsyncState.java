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
package io.flinklsm.statebackend.async;

import org.apache.flink.runtime.asyncprocessing.StateRequest;

/** A state of the V2 interface, as the executor knows it. */
interface AsyncState {

    /**
     * Does what is asked for, and completes the request's future; or leaves a read of files to the
     * executor, which completes it. Task thread.
     *
     * @throws Exception then the future is not completed, and the executor does no more
     */
    void execute(StateRequest<?, ?, ?, ?> request) throws Exception;
}
