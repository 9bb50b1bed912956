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
package io.flinklsm.inspect.command;

import io.flinklsm.inspect.cli.InspectCommand;
import io.flinklsm.inspect.print.Console;
import io.flinklsm.inspect.source.InspectException;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code flink-lsm completion}: a script for the shell. */
@Command(
        name = "completion",
        description =
                "Prints a script that lets a shell complete commands and options of flink-lsm:"
                        + " \"source <(flink-lsm completion bash)\" reads it.",
        footer = {"", "Examples:", "  flink-lsm completion bash", "  flink-lsm completion zsh"})
public final class CompletionCommand extends InspectCommand {

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
    String shell = "";

    public CompletionCommand(Console console) {
        super(console);
    }

    @Override
    protected int run(Console to) {
        if (!shell.equals("bash") && !shell.equals("zsh")) {
            throw InspectException.usage("completion is for bash and zsh: given=" + shell + ".");
        }
        // zsh reads the script of bash, which begins with what it needs for that.
        to.out().print(AutoComplete.bash("flink-lsm", spec.root().commandLine()));
        return InspectException.OK;
    }
}
