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

import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.sql.SqlSession;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What all commands take that start the SQL engine. */
public final class EngineOptions {

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,3})?(KB|MB|GB|TB)");

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "What the engine may take beside the Java heap; 512MB.")
    private String memory = SqlSession.DEFAULT_MEMORY;

    /**
     * What the engine may take, as the engine reads it.
     *
     * @throws InspectException if what was typed is no size
     */
    public String memory() {
        if (!SIZE.matcher(memory).matches()) {
            throw InspectException.usage(
                    "--memory takes a number and KB, MB, GB or TB, like 512MB: given="
                            + memory
                            + ".");
        }
        return memory;
    }
}
