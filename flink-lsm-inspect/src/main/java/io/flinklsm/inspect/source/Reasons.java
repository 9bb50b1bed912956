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

import java.io.EOFException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;

/** Why something failed, in words: many exceptions have no message, or only a path. */
public final class Reasons {

    private static final String NO_DESCRIPTORS = "Too many open files";

    private Reasons() {}

    /** Never empty, and never {@code null} in letters. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (message == null || message.isEmpty() || message.equals("null")) {
            return failure instanceof EOFException
                    ? "it ends too early"
                    : failure.getClass().getSimpleName();
        }
        if (failure instanceof FileSystemException file && file.getReason() == null) {
            return failure.getClass().getSimpleName() + ": " + message;
        }
        return message.contains(NO_DESCRIPTORS)
                ? message + " (\"ulimit -n\" says how many this process may have)"
                : message;
    }
}
