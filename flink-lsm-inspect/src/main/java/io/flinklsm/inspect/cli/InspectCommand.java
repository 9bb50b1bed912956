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

import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.TimeLimit;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What all commands share: the options for output and the console. A command does its work in
 * {@link #run} and gives the exit code back; whatever it throws becomes a sentence on stderr and
 * the code that belongs to it.
 */
public abstract class InspectCommand implements Callable<Integer> {

    @Mixin protected OutputOptions output = new OutputOptions();

    @Spec protected CommandSpec spec = CommandSpec.create();

    private final Console console;

    protected InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public final Integer call() throws IOException {
        if (output.timeoutSeconds <= 0) {
            throw InspectException.usage(
                    "--timeout takes a number of seconds above 0: given="
                            + output.timeoutSeconds
                            + ".");
        }
        TimeLimit.set(Duration.ofSeconds(output.timeoutSeconds));
        return run(output.noColor ? console.withoutColour() : console);
    }

    /** Gives the exit code. */
    protected abstract int run(Console to) throws IOException;

    /** Whether the user wants the stack trace of an error. */
    public final boolean isDebug() {
        return output.debug;
    }
}
