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

import io.flinklsm.core.check.Cleanup;
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
 * <p>A process that is killed leaves its directories behind. Flink wipes what a TaskManager of the
 * same name left in its own working directory, but by default a TaskManager has a new name each
 * time, and nothing wipes directories that users configure. So each instance holds a lock as long
 * as it lives, and {@link LocalDirectories} sweeps away what no process holds a lock for.
 */
public final class WorkingDirectory implements Closeable {

    /** A file name may have 255 bytes on every file system in use. */
    private static final int MAX_OPERATOR_CHARS = 100;

    private static final int MAX_ATTEMPTS = 10;

    /** What a new directory must be able to hold: two of the largest chunks in use. */
    private static final int PROBE_BYTES = 128 << 10;

    private final Path path;
    private final InstanceLock lock;

    private WorkingDirectory(Path path, InstanceLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * A new directory in the parent, which is made if it is not there.
     *
     * @throws IOException if the parent is no directory, or cannot be written to, or is full
     */
    static WorkingDirectory create(Path parent, JobID job, String operator) throws IOException {
        Files.createDirectories(parent);
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            Path path = parent.resolve(name(job, operator));
            InstanceLock lock = InstanceLock.tryHold(path);
            if (lock != null) {
                try {
                    Files.createDirectory(path);
                    checkWritable(path);
                    return new WorkingDirectory(path.toAbsolutePath(), lock);
                } catch (Throwable failure) {
                    Cleanup.undo(failure, () -> deleteTree(path), lock);
                    throw failure;
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

    /** A full disk may still have room for a directory, but not for what is to be in it. */
    private static void checkWritable(Path directory) throws IOException {
        Path probe = directory.resolve("probe");
        Files.write(probe, new byte[PROBE_BYTES]);
        Files.delete(probe);
    }

    public Path path() {
        return path;
    }

    /** Deletes the directory with all that is in it. Idempotent. */
    @Override
    public void close() throws IOException {
        try {
            deleteTree(path);
        } catch (Throwable failure) {
            Cleanup.undo(failure, lock::abandon);
            throw failure;
        }
        lock.close();
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
                        // Another process deleted it first.
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
