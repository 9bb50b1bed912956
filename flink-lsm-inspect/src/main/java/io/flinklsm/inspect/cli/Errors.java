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
package io.flinklsm.inspect.cli;

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.errors.UnknownFormatException;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.print.OutputLostException;
import io.flinklsm.inspect.print.SafeText;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.Reasons;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Failures as exit codes and sentences: what, where, what to do; never a secret. */
public final class Errors {

    private Errors() {}

    public static int exitCode(Throwable thrown) {
        Throwable failure = unwrapped(thrown);
        if (failure instanceof InspectException known) {
            return known.exitCode();
        }
        if (failure instanceof OutputLostException lost && lost.isClosedPipe()) {
            return InspectException.OK;
        }
        return failure instanceof CorruptionException
                        && !(failure instanceof UnknownFormatException)
                ? InspectException.CORRUPT
                : InspectException.UNREADABLE;
    }

    /** What cursors and closing throw where Java's interfaces let no I/O failure through. */
    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof UncheckedIOException && cause != null ? cause : failure;
    }

    /** Prints the failure to stderr; one that is none, a reader that has gone, is silent. */
    public static void print(Throwable failure, Console console, boolean debug) {
        if (failure instanceof OutputLostException lost && lost.isClosedPipe()) {
            return;
        }
        try {
            console.out().flush();
        } catch (OutputLostException e) {
            // The failure that is told here came first, and is the reason that counts.
            failure.addSuppressed(e);
        }
        console.note("flink-lsm: " + SafeText.forTerminal(Locations.redact(sentence(failure))));
        if (debug) {
            for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
                console.note(
                        "  "
                                + SafeText.forTerminal(
                                        Locations.redact(String.valueOf(cause.toString()))));
                for (StackTraceElement frame : cause.getStackTrace()) {
                    console.note("    at " + SafeText.forTerminal(frame.toString()));
                }
            }
        }
    }

    private static String sentence(Throwable thrown) {
        Throwable failure = unwrapped(thrown);
        if (failure instanceof InspectException
                || failure instanceof CorruptionException
                || failure instanceof OutputLostException) {
            return String.valueOf(failure.getMessage());
        }
        if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
            return "["
                    + failure.getMessage()
                    + "] is missing; bring the file back, \"flink-lsm verify\" lists all that are.";
        }
        if (failure instanceof AccessDeniedException denied) {
            return "[" + denied.getFile() + "] must not be read: permission denied.";
        }
        String message = Reasons.of(failure);
        return failure instanceof IOException
                ? "cannot be read: " + message
                : failure.getClass().getSimpleName()
                        + ": "
                        + message
                        + "; this is a bug of flink-lsm, --debug shows where.";
    }
}
