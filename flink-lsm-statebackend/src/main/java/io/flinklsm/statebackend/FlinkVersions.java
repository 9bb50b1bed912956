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
package io.flinklsm.statebackend;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * On which versions of Flink the backend runs: on others a class or method that it uses is not
 * there, which would end in a linkage error that does not tell so.
 */
final class FlinkVersions {

    private static final int MAJOR = 2;
    private static final int OLDEST_MINOR = 1;

    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})\\b.*");

    private FlinkVersions() {}

    /**
     * Lets pass what is not known to be too old.
     *
     * @param version what Flink says of itself
     * @throws UnsupportedOperationException if it is too old
     */
    static void check(String version) {
        Matcher numbers = NUMBERS.matcher(version);
        if (!numbers.matches()) {
            return;
        }
        int major = Integer.parseInt(numbers.group(1));
        int minor = Integer.parseInt(numbers.group(2));
        if (major < MAJOR || (major == MAJOR && minor < OLDEST_MINOR)) {
            throw new UnsupportedOperationException(
                    "[state.backend.type] flink-lsm does not run on this Flink: version="
                            + version
                            + ", oldest="
                            + MAJOR
                            + "."
                            + OLDEST_MINOR
                            + "; use a newer Flink, or another state backend.");
        }
    }
}
