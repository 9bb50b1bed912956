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
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What Flink's {@code lib/} would be: the runtime jar, Flink and its logging; nothing else of ours.
 */
final class FlinkLibLoader extends URLClassLoader {
    private static final List<String> LENT =
            List.of(
                    "org.apache.flink.",
                    "org.slf4j.",
                    "org.apache.logging.",
                    "org.apache.commons.");

    private final Set<String> absent;

    FlinkLibLoader(Path jar) throws IOException {
        this(jar, Set.of());
    }

    /**
     * @param absent classes that this Flink does not have
     */
    FlinkLibLoader(Path jar, Set<String> absent) throws IOException {
        super(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
        this.absent = absent;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (absent.contains(name)) {
            throw new ClassNotFoundException(name);
        }
        if (LENT.stream().anyMatch(name::startsWith)) {
            return FlinkLibLoader.class.getClassLoader().loadClass(name);
        }
        return super.findClass(name);
    }
}
