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
import picocli.CommandLine;

/** Makes the commands, each with the console that it writes to. */
public final class InspectFactory implements CommandLine.IFactory {

    private final Console console;

    public InspectFactory(Console console) {
        this.console = console;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        if (InspectCommand.class.isAssignableFrom(type)) {
            return type.getConstructor(Console.class).newInstance(console);
        }
        return CommandLine.defaultFactory().create(type);
    }

    /** Whether the command was asked for stack traces. */
    public static boolean isDebug(Object command) {
        return command instanceof InspectCommand inspect && inspect.isDebug();
    }
}
