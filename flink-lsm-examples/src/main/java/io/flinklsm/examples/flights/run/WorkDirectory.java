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
package io.flinklsm.examples.flights.run;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A temporary directory that is deleted with all it holds when closed, or when the JVM ends. */
public final class WorkDirectory implements AutoCloseable {

    private final Path path;
    private final Thread atExit;

    private WorkDirectory(Path path) {
        this.path = path;
        this.atExit = new Thread(() -> deleteQuietly(path), "delete-work-directory");
    }

    public static WorkDirectory create() throws IOException {
        var directory = new WorkDirectory(Files.createTempDirectory("flink-lsm-flights-"));
        Runtime.getRuntime().addShutdownHook(directory.atExit);
        return directory;
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        delete(path);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is already ending: the hook finds nothing left.
            return;
        }
    }

    /** At the JVM's end a cluster may still be writing: what cannot be deleted then stays. */
    private static void deleteQuietly(Path directory) {
        try {
            delete(directory);
        } catch (IOException e) {
            System.err.println("warning: left behind: directory=" + directory);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        Files.deleteIfExists(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
