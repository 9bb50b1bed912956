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
package io.flinklsm.inspect.sql;

import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Reasons;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.apache.arrow.c.jni.JniLoader;

/**
 * The native libraries of the SQL engine and of Arrow. Each copies itself out of its jar into the
 * directory of temporary files before it is loaded, and goes when the process ends; here it also
 * goes when that fails half-way.
 */
final class NativeLibraries {

    private static final String ENGINE = "org.duckdb.DuckDBNative";

    /** What the engine calls its library in the directory of temporary files. */
    private static final String ENGINE_FILES = "libduckdb_java*.so";

    private NativeLibraries() {}

    /**
     * Loads them, the first time.
     *
     * @throws InspectException if they cannot be unpacked or loaded
     */
    static void load() {
        String setting = System.getProperty("java.io.tmpdir", "");
        Set<Path> before = engineFiles(setting);
        try {
            Class.forName(ENGINE);
            JniLoader.get().ensureLoaded();
        } catch (ClassNotFoundException | LinkageError | RuntimeException e) {
            Set<Path> left = engineFiles(setting);
            left.removeAll(before);
            // Several may be those of other processes, which are about to load them.
            if (left.size() == 1) {
                left.iterator().next().toFile().delete();
            }
            throw InspectException.unreadable(
                    "["
                            + setting
                            + "] the SQL engine's native library cannot be unpacked there or"
                            + " loaded: "
                            + reason(e)
                            + "; it needs 60 MB in a directory that may hold programs, name one"
                            + " with FLINK_LSM_JAVA_OPTS=-Djava.io.tmpdir=DIRECTORY.",
                    e);
        }
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return Reasons.of(root);
    }

    private static Set<Path> engineFiles(String directory) {
        Set<Path> found = new HashSet<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(Path.of(directory), ENGINE_FILES)) {
            files.forEach(found::add);
            return found;
        } catch (IOException | InvalidPathException e) {
            // Where nothing can be listed the engine cannot unpack, and says so itself.
            return new HashSet<>();
        }
    }
}
