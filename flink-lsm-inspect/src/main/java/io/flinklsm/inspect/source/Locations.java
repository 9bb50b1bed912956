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
package io.flinklsm.inspect.source;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.plugin.PluginUtils;
import org.jspecify.annotations.Nullable;

/** Locations as the user writes them: local paths, and URIs of any file system that Flink knows. */
public final class Locations {

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*");

    /** User-info in front of a host. */
    private static final Pattern USER_INFO = Pattern.compile("(//)[^/@\\s]*@");

    /** Everything that a URI says behind its path: signatures and tokens travel there. */
    private static final Pattern QUERY =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+://[^\\s?]*)\\?\\S*");

    private Locations() {}

    /** A path or URI; a path without a scheme is a local one. */
    public static Path parse(String text) {
        if (text.isEmpty()) {
            throw InspectException.usage("an empty location; give a path or a URI.");
        }
        try {
            return SCHEME.matcher(text).matches()
                    ? new Path(text)
                    : new Path(
                            "file",
                            null,
                            java.nio.file.Path.of(text).toAbsolutePath().normalize().toString());
        } catch (IllegalArgumentException e) {
            throw InspectException.usage(
                    "[" + redact(text) + "] is no path and no URI: give one of them.");
        }
    }

    /** What output and errors call it: local paths without a scheme, URIs without secrets. */
    public static String display(Path path) {
        String text = isLocal(path) ? path.getPath() : redact(path.toString());
        return text.length() > 1 && text.endsWith("/")
                ? text.substring(0, text.length() - 1)
                : text;
    }

    /** The text without user-info and queries of URIs in it. */
    public static String redact(String text) {
        String withoutUser = USER_INFO.matcher(text).replaceAll("$1***@");
        return QUERY.matcher(withoutUser).replaceAll("$1?***");
    }

    public static boolean isLocal(Path path) {
        String scheme = path.toUri().getScheme();
        return scheme == null || scheme.equals("file");
    }

    /** Whether both are in the same file system: scheme, host and bucket are equal. */
    static boolean sameOrigin(Path a, Path b) {
        if (isLocal(a) || isLocal(b)) {
            return isLocal(a) && isLocal(b);
        }
        return Objects.equals(a.toUri().getScheme(), b.toUri().getScheme())
                && Objects.equals(a.toUri().getAuthority(), b.toUri().getAuthority());
    }

    /**
     * Its status, or null if there is no such file.
     *
     * @throws InspectException if it is there but must not be read, or its file system is unknown
     */
    public static @Nullable FileStatus status(Path path) throws IOException {
        if (isLocal(path)) {
            checkReadable(path);
        }
        try {
            return fileSystem(path).getFileStatus(path);
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    private static void checkReadable(Path path) {
        try {
            java.nio.file.Path local = java.nio.file.Path.of(path.getPath());
            if (Files.exists(local) && !Files.isReadable(local)) {
                throw InspectException.unreadable(
                        "["
                                + display(path)
                                + "] must not be read: permission denied; run as a user who may, or"
                                + " change its permissions.");
            }
        } catch (InvalidPathException e) {
            throw InspectException.usage(
                    "[" + display(path) + "] is no local path: " + e.getReason());
        }
    }

    /** The children of a directory. */
    public static FileStatus[] list(Path directory) throws IOException {
        if (isLocal(directory)) {
            checkReadable(directory);
        }
        FileStatus[] children = fileSystem(directory).listStatus(directory);
        return children == null ? new FileStatus[0] : children;
    }

    /** The file system of a path; loads Flink's plugins when the first remote path comes. */
    public static FileSystem fileSystem(Path path) throws IOException {
        if (!isLocal(path)) {
            Plugins.load();
        }
        try {
            return path.getFileSystem();
        } catch (IOException | RuntimeException e) {
            throw InspectException.unreadable(
                    "["
                            + display(path)
                            + "] no file system for this location: "
                            + redact(String.valueOf(e.getMessage()))
                            + "; set HADOOP_CLASSPATH, or FLINK_HOME to a Flink whose plugins"
                            + " directory has the file system.",
                    e);
        }
    }

    /** Flink's file system plugins and its configuration (credentials are there), loaded once. */
    private static final class Plugins {

        private static final boolean LOADED = init();

        private Plugins() {}

        static void load() {
            if (!LOADED) {
                throw new AssertionError("plugins were not loaded");
            }
        }

        private static boolean init() {
            Map<String, String> environment = System.getenv();
            String conf = environment.get("FLINK_CONF_DIR");
            Configuration configuration =
                    conf == null
                            ? new Configuration()
                            : GlobalConfiguration.loadConfiguration(conf);
            FileSystem.initialize(
                    configuration, PluginUtils.createPluginManagerFromRootFolder(configuration));
            return true;
        }
    }
}
