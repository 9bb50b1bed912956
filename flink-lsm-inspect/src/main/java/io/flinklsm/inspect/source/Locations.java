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
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigConstants;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.plugin.PluginUtils;
import org.jspecify.annotations.Nullable;

/** Locations as the user writes them: local paths, and URIs of any file system that Flink knows. */
public final class Locations {

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:.*");

    /**
     * User-info in front of a host. With a colon in it, up to the last at sign, since secrets may
     * have slashes and at signs themselves; a port is no secret.
     */
    private static final Pattern USER_INFO =
            Pattern.compile("//(?![^/@\\s:]*:[0-9]{1,5}/)(?:[^/@\\s:]*:\\S*|[^/@\\s:]*)@");

    /** What stands there in the URIs of Azure's storage: a container is no secret. */
    private static final Pattern CONTAINER =
            Pattern.compile("(?:abfss?|wasbs?)://[^/@\\s:]*@", Pattern.CASE_INSENSITIVE);

    /** Everything that a URI says behind its path: signatures and tokens travel there. */
    private static final Pattern QUERY =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+://[^\\s?]*)\\?\\S*");

    private Locations() {}

    /**
     * A path or URI; a path without a scheme is a local one. What stands in a URI is its path as it
     * is, by Flink's rule; where only that is there, as other programs write it, with {@code %20}.
     */
    public static Path parse(String text) {
        if (text.isEmpty()) {
            throw InspectException.usage("an empty location; give a path or a URI.");
        }
        try {
            Path path =
                    SCHEME.matcher(text).matches()
                            ? new Path(text)
                            : new Path(
                                    "file",
                                    null,
                                    java.nio.file.Path.of(text)
                                            .toAbsolutePath()
                                            .normalize()
                                            .toString());
            if (isLocal(path)) {
                return decoded(path, java.nio.file.Path.of(path.getPath()));
            }
            return path;
        } catch (IllegalArgumentException e) {
            throw InspectException.usage(
                    "[" + redact(text) + "] is no path and no URI: give one of them.");
        }
    }

    private static Path decoded(Path path, java.nio.file.Path literal) {
        if (Files.exists(literal) || path.getPath().indexOf('%') < 0) {
            return path;
        }
        java.nio.file.Path decoded;
        try {
            decoded = java.nio.file.Path.of(URI.create("file://" + path.getPath()));
        } catch (IllegalArgumentException e) {
            // Percent signs of its own.
            return path;
        }
        boolean isTarget = !hasParent(literal) && hasParent(decoded);
        return Files.exists(decoded) || isTarget
                ? new Path("file", null, decoded.toString())
                : path;
    }

    private static boolean hasParent(java.nio.file.Path path) {
        java.nio.file.Path parent = path.getParent();
        return parent != null && Files.exists(parent);
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
        StringBuilder withoutUser = new StringBuilder(text.length());
        Matcher user = USER_INFO.matcher(text);
        while (user.find()) {
            user.appendReplacement(withoutUser, isContainer(text, user) ? "$0" : "//***@");
        }
        user.appendTail(withoutUser);
        return QUERY.matcher(withoutUser).replaceAll("$1?***");
    }

    private static boolean isContainer(String text, Matcher user) {
        Matcher container = CONTAINER.matcher(text).region(0, user.end());
        while (container.find()) {
            if (container.end() == user.end()) {
                return true;
            }
        }
        return false;
    }

    public static boolean isLocal(Path path) {
        String scheme = path.toUri().getScheme();
        return scheme == null || scheme.equals("file");
    }

    /** Whether both are in the same file system: scheme, host and bucket are equal. */
    public static boolean sameOrigin(Path a, Path b) {
        if (isLocal(a) || isLocal(b)) {
            return isLocal(a) && isLocal(b);
        }
        return Objects.equals(a.toUri().getScheme(), b.toUri().getScheme())
                && Objects.equals(a.toUri().getAuthority(), b.toUri().getAuthority());
    }

    /**
     * Its status, or null if there is no such file.
     *
     * @throws InspectException if it is there but must not be read, is neither a file nor a
     *     directory, or its file system is unknown or does not answer
     */
    public static @Nullable FileStatus status(Path path) throws IOException {
        FileSystem fileSystem = fileSystem(path);
        return TimeLimit.call(
                        display(path),
                        () -> {
                            if (isLocal(path)) {
                                checkLocal(path);
                            }
                            return find(fileSystem, path);
                        })
                .orElse(null);
    }

    private static Optional<FileStatus> find(FileSystem fileSystem, Path path) throws IOException {
        try {
            return Optional.of(fileSystem.getFileStatus(path));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    /** Opening a pipe would wait for ever, reading some devices never ends. */
    private static void checkLocal(Path path) {
        java.nio.file.Path local;
        BasicFileAttributes attributes;
        try {
            local = java.nio.file.Path.of(path.getPath());
            attributes = Files.readAttributes(local, BasicFileAttributes.class);
        } catch (InvalidPathException e) {
            // What the caller gave was parsed before: this one is named by a file.
            throw InspectException.corrupt(
                    "["
                            + display(path)
                            + "] is no local path: "
                            + e.getReason()
                            + "; the metadata that names it is damaged, take another checkpoint.",
                    e);
        } catch (AccessDeniedException e) {
            throw forbidden(path);
        } catch (IOException e) {
            // It is missing, and Flink's file system says so.
            return;
        }
        if (attributes.isOther()) {
            throw InspectException.unreadable(
                    "["
                            + display(path)
                            + "] is a pipe, a socket or a device, and only regular files are"
                            + " opened; put the file there that the checkpoint was written with.");
        }
        if (!Files.isReadable(local)) {
            throw forbidden(path);
        }
    }

    private static InspectException forbidden(Path path) {
        return InspectException.unreadable(
                "["
                        + display(path)
                        + "] must not be read: permission denied; run as a user who may, or"
                        + " change its permissions.");
    }

    /**
     * Opens a file.
     *
     * @param file its status as {@link #status} gives it
     * @throws InspectException if it is a directory
     */
    static FSDataInputStream open(FileStatus file) throws IOException {
        Path path = file.getPath();
        if (file.isDir()) {
            throw InspectException.unreadable(
                    "["
                            + display(path)
                            + "] is a directory, and a file is expected there; put the file there"
                            + " that the checkpoint was written with.");
        }
        FileSystem fileSystem = fileSystem(path);
        try {
            return TimeLimit.call(display(path), () -> fileSystem.open(path));
        } catch (FileNotFoundException e) {
            if (status(path) == null) {
                throw e;
            }
            // Java says this of every file that does not open, also if there are too many open.
            throw InspectException.unreadable(
                    "[" + display(path) + "] cannot be opened: " + Reasons.of(e) + ".", e);
        }
    }

    /** The children of a directory; a link to nothing is none. */
    public static List<FileStatus> list(Path directory) throws IOException {
        FileSystem fileSystem = fileSystem(directory);
        return TimeLimit.call(
                display(directory),
                () -> {
                    if (isLocal(directory)) {
                        checkLocal(directory);
                        return listLocal(fileSystem, directory);
                    }
                    FileStatus[] children = fileSystem.listStatus(directory);
                    return children == null ? List.of() : List.of(children);
                });
    }

    /**
     * Like {@link #list}, for a directory that another listing has told of: if it has gone
     * meanwhile, as that of a checkpoint that was subsumed, it has no children.
     */
    public static List<FileStatus> listIfThere(Path directory) throws IOException {
        try {
            return list(directory);
        } catch (FileNotFoundException | NoSuchFileException e) {
            if (status(directory) == null) {
                return List.of();
            }
            throw e;
        }
    }

    /** One by one: Flink's own listing fails as a whole for one child that it cannot look at. */
    private static List<FileStatus> listLocal(FileSystem fileSystem, Path directory)
            throws IOException {
        List<FileStatus> children = new ArrayList<>();
        try (DirectoryStream<java.nio.file.Path> paths =
                Files.newDirectoryStream(java.nio.file.Path.of(directory.getPath()))) {
            for (java.nio.file.Path path : paths) {
                find(fileSystem, new Path(path.toUri())).ifPresent(children::add);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return children;
    }

    /**
     * Deletes a file, or a directory that is empty; no failure if there is none.
     *
     * @throws IOException if it is still there, for whatever reason
     */
    public static void delete(Path path) throws IOException {
        FileSystem fileSystem = fileSystem(path);
        TimeLimit.run(
                display(path),
                () -> {
                    if (!fileSystem.delete(path, false) && fileSystem.exists(path)) {
                        throw new IOException(
                                "[" + display(path) + "] its file system did not delete it");
                    }
                });
    }

    /** The file system of a path; loads Flink's plugins when the first remote path comes. */
    public static FileSystem fileSystem(Path path) throws IOException {
        if (!isLocal(path)) {
            Plugins.load();
        }
        try {
            // Some ask their server already when they are made.
            return TimeLimit.call(display(path), path::getFileSystem);
        } catch (InspectException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw InspectException.unreadable(
                    "["
                            + display(path)
                            + "] no file system for this location: "
                            + redact(Reasons.of(e))
                            + "; set HADOOP_CLASSPATH, or FLINK_HOME to a Flink whose plugins"
                            + " directory has the file system.",
                    e);
        }
    }

    /**
     * Flink's file system plugins and its configuration (credentials are there), loaded once. Where
     * there are neither, Flink's file systems stay as they are: a program that uses these classes
     * may have set them up.
     */
    private static final class Plugins {

        private static final String DIRECTORY = "plugins";

        private static final boolean LOADED = init();

        private Plugins() {}

        static void load() {
            if (!LOADED) {
                throw new AssertionError("plugins were not loaded");
            }
        }

        private static boolean init() {
            Map<String, String> environment = System.getenv();
            String conf = environment.get(ConfigConstants.ENV_FLINK_CONF_DIR);
            String plugins =
                    environment.getOrDefault(ConfigConstants.ENV_FLINK_PLUGINS_DIR, DIRECTORY);
            if (conf != null || Files.isDirectory(java.nio.file.Path.of(plugins))) {
                Configuration configuration =
                        conf == null
                                ? new Configuration()
                                : GlobalConfiguration.loadConfiguration(conf);
                FileSystem.initialize(
                        configuration,
                        PluginUtils.createPluginManagerFromRootFolder(configuration));
            }
            return true;
        }
    }
}
