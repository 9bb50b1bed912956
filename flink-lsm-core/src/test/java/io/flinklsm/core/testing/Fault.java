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
package io.flinklsm.core.testing;

import java.io.IOException;

/** What can go wrong at a step, besides what the step declares. */
public enum Fault {
    IO_EXCEPTION,
    RUNTIME_EXCEPTION,
    /** What a plug-in or a user's class throws whose dependency is missing. */
    LINKAGE_ERROR,
    /** A bug, or an assertion of foreign code. */
    ASSERTION_ERROR,
    /** The step itself works, but its thread is interrupted from then on. */
    INTERRUPT;

    void strike(String where) throws IOException {
        String message = "[" + where + "] " + Faults.INJECTED;
        switch (this) {
            case IO_EXCEPTION -> throw new IOException(message);
            case RUNTIME_EXCEPTION -> throw new IllegalArgumentException(message);
            case LINKAGE_ERROR -> throw new NoClassDefFoundError(message);
            case ASSERTION_ERROR -> throw new AssertionError(message);
            case INTERRUPT -> Thread.currentThread().interrupt();
        }
    }
}
