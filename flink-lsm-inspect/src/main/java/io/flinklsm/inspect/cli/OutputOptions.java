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

import io.flinklsm.inspect.source.TimeLimit;
import picocli.CommandLine.Option;

/** Options that every command has. Filled by picocli. */
public final class OutputOptions {

    @Option(
            names = "--json",
            description = "Print JSON with a versioned schema field instead of a table.")
    private boolean json;

    @Option(
            names = "--no-color",
            description = "No colours; so do NO_COLOR and TERM=dumb in the environment.")
    boolean noColor;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress and no notes on stderr.")
    private boolean quiet;

    @Option(names = "--progress", description = "Progress on stderr even when that is no terminal.")
    private boolean progress;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description =
                    "How long a file system may take to answer; ${DEFAULT-VALUE} if not given.",
            defaultValue = "" + TimeLimit.DEFAULT_SECONDS)
    int timeoutSeconds = TimeLimit.DEFAULT_SECONDS;

    @Option(names = "--debug", description = "Show where an error comes from: the stack trace.")
    boolean debug;

    public boolean json() {
        return json;
    }

    public boolean quiet() {
        return quiet;
    }

    public boolean progress() {
        return progress;
    }

    /** How long something outside of this process may take. */
    public int timeoutSeconds() {
        return timeoutSeconds;
    }
}
