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
package io.flinklsm.examples.flights.run;

import java.util.regex.Pattern;
import org.apache.flink.util.SerializedThrowable;

/** The job failed for good; the cause is Flink's. */
public final class RunFailedException extends Exception {

    private static final long serialVersionUID = 1L;
    private static final Pattern PACKAGE = Pattern.compile("^(?:[a-z_0-9]+\\.)+");

    RunFailedException(Backend backend, Throwable cause) {
        super("[flights on " + backend + "] failed: " + rootMessage(cause), cause);
    }

    /** Flink sends failures between processes as their text, class name first. */
    static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root instanceof SerializedThrowable
                ? PACKAGE.matcher(String.valueOf(root.getMessage())).replaceFirst("")
                : root.getClass().getSimpleName() + ": " + root.getMessage();
    }
}
