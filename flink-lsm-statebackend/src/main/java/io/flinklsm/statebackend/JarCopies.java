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

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds out whether a job can see the backend twice: in Flink's {@code lib/} and in its own jar, or
 * in two versions. Which of them runs is then for the class loaders to say.
 */
final class JarCopies {

    private static final String CLASS_FILE =
            LsmStateBackend.class.getName().replace('.', '/') + ".class";

    private JarCopies() {}

    /** One line that names the places; empty if there is one alone. */
    static Optional<String> warning(ClassLoader userClassLoader) {
        Set<String> places = new TreeSet<>();
        try {
            for (URL url : Collections.list(userClassLoader.getResources(CLASS_FILE))) {
                places.add(place(url));
            }
        } catch (IOException e) {
            // No task is to fail for a warning.
            return Optional.empty();
        }
        URL ours =
                LsmStateBackend.class.getResource(LsmStateBackend.class.getSimpleName() + ".class");
        if (ours != null) {
            places.add(place(ours));
        }
        return places.size() < 2
                ? Optional.empty()
                : Optional.of(
                        "[state backend] there is more than one copy of flink-lsm: running="
                                + (ours == null ? "unknown" : place(ours))
                                + ", all="
                                + places
                                + "; leave one of them, best that in Flink's lib/, and take it out"
                                + " of the job's jar.");
    }

    private static String place(URL url) {
        String text = url.toString();
        return text.endsWith(CLASS_FILE)
                ? text.substring(0, text.length() - CLASS_FILE.length())
                : text;
    }
}
