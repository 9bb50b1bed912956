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

import java.io.IOException;

/** Reads of files for some requests; for one thread, which is not the task's. */
interface ReadJob {

    /** Whether it takes a processor's time, and waits for no other machine; before it is run. */
    boolean isAtHand();

    /** Reads, and completes the requests' futures. */
    void run() throws IOException;

    /** Fails the futures that are not completed. */
    void reject(Throwable cause);

    /** Gives back what the job holds; called once, last. */
    void release();

    /** Puts what was read into memory, where the next request finds it; task thread. */
    void keep() throws IOException;
}
