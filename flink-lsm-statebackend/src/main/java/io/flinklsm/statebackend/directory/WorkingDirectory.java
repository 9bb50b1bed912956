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
package io.flinklsm.statebackend.directory;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.UUID;
import org.apache.flink.api.common.JobID;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one backend, {@code job_<id>_op_<id>_uuid_<uuid>}, made empty and deleted by
 * {@link #close}. Confined to one thread at a time.
 *
 * <p>Flink wipes a TaskManager's own working directory when it starts anew, but not directories
 * that users configure: there each instance holds a lock as long as it lives, and whoever comes
 * next sweeps away what nobody holds a lock for.
 */
public final class WorkingDirectory implements Closeable {

    /** A file name may have 255 bytes on every file system in use. */
    private static final int MAX_OPERATOR_CHARS = 100;

    private static final int MAX_ATTEMPTS = 10;

    private final Path path;
    private final @Nullable InstanceLock lock;

    private WorkingDirectory(Path path, @Nullable InstanceLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** A new directory in a directory that Flink wipes after a crash. */
    public static WorkingDirectory createInWiped(Path parent, JobID job, String operator)
            throws IOException {
        return new WorkingDirectory(
                Files.createDirectories(parent.resolve(name(job, operator))).toAbsolutePath(),
                null);
    }

    /** A new directory in one that only we look after; sweeps it first. */
    public static WorkingDirectory createInShared(Path parent, JobID job, String operator)
            throws IOException {
        Files.createDirectories(parent);
        InstanceLock.sweep(parent);
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            Path path = parent.resolve(name(job, operator));
            InstanceLock lock = InstanceLock.tryHold(path);
            if (lock != null) {
                try {
                    Files.createDirectory(path);
                    return new WorkingDirectory(path.toAbsolutePath(), lock);
                } catch (IOException e) {
                    lock.close();
                    throw e;
                }
            }
        }
        throw new IOException(
                "["
                        + parent
                        + "] no lock file could be kept there: attempts="
                        + MAX_ATTEMPTS
                        + "; choose a local directory that nothing else cleans.");
    }

    public Path path() {
        return path;
    }

    /** Deletes the directory with all that is in it. Idempotent. */
    @Override
    public void close() throws IOException {
        try {
            deleteTree(path);
        } finally {
            if (lock != null) {
                lock.close();
            }
        }
    }

    private static String name(JobID job, String operator) {
        String legal = operator.replaceAll("[^a-zA-Z0-9\\-]", "_");
        if (legal.length() > MAX_OPERATOR_CHARS) {
            legal = legal.substring(0, MAX_OPERATOR_CHARS);
        }
        return "job_" + job + "_op_" + legal + "_uuid_" + UUID.randomUUID();
    }

    /** Whether a file name is one that this class gives. */
    static boolean isName(String fileName) {
        return fileName.matches("job_[0-9a-f]{32}_op_[a-zA-Z0-9_\\-]*_uuid_[0-9a-f\\-]{36}");
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException failure) {
                        // Somebody else deleted it first.
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @Nullable IOException failure) throws IOException {
                        Files.deleteIfExists(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
