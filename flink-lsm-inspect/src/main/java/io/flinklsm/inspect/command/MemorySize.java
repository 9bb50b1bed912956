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

import io.flinklsm.inspect.source.InspectException;
import java.util.regex.Pattern;

/** Sizes of memory, as options say them and the SQL engine takes them. */
final class MemorySize {

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,3})?(KB|MB|GB|TB)");

    private MemorySize() {}

    static void check(String text) {
        if (!SIZE.matcher(text).matches()) {
            throw InspectException.usage(
                    "--memory takes a number and KB, MB, GB or TB, like 512MB: given="
                            + text
                            + ".");
        }
    }
}
