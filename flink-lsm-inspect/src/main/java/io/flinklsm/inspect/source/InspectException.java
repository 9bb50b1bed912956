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
package io.flinklsm.inspect.source;

import org.jspecify.annotations.Nullable;

/** What the user asked for cannot be done: one sentence for them, and the exit code. */
public final class InspectException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The program's exit codes: scripts rely on them, never renumber. */
    public static final int OK = 0;

    public static final int FINDING = 1;
    public static final int USAGE = 2;
    public static final int UNREADABLE = 3;
    public static final int CORRUPT = 4;

    private final int exitCode;

    public InspectException(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Missing, forbidden, or not what this program reads. */
    public static InspectException unreadable(String message) {
        return new InspectException(UNREADABLE, message, null);
    }

    public static InspectException unreadable(String message, Throwable cause) {
        return new InspectException(UNREADABLE, message, cause);
    }

    /** There, but damaged. */
    public static InspectException corrupt(String message, @Nullable Throwable cause) {
        return new InspectException(CORRUPT, message, cause);
    }

    /** The command line asks for something that is not there. */
    public static InspectException usage(String message) {
        return new InspectException(USAGE, message, null);
    }

    public int exitCode() {
        return exitCode;
    }
}
