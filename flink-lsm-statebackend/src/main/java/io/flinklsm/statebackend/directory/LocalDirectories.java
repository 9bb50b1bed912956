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

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.JobID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories that backends of this machine put their own into. Before a backend gets one, what
 * dead processes left there is deleted. Safe for any thread, and for several processes.
 *
 * @param directories at least one, taken in turn
 * @param leftovers where else processes like this one may have left something
 * @param remedy what errors advise
 */
public record LocalDirectories(List<Path> directories, Set<Path> leftovers, String remedy) {

    private static final Logger LOG = LoggerFactory.getLogger(LocalDirectories.class);

    /** How Flink names the working directory of a TaskManager, and the part of it for our use. */
    private static final String TASK_MANAGER_PATTERN = "tm_*";

    private static final String TASK_MANAGER_TMP = "tmp";

    public LocalDirectories {
        directories = List.copyOf(directories);
        leftovers = Set.copyOf(leftovers);
    }

    /** Those that the user named. */
    public static LocalDirectories configured(List<Path> directories) {
        return new LocalDirectories(
                directories,
                Set.of(),
                "mend them, or name others in state.backend.lsm.local-directories");
    }

    /**
     * The one that Flink gives a TaskManager, {@code <base>/tm_<name>/tmp}. Others of this machine
     * are, or were, beside it, or in another of the temporary directories, one of which is taken by
     * chance.
     */
    public static LocalDirectories ofTaskManager(
            Path workingDirectory, Collection<Path> temporaryDirectories) {
        Path directory = workingDirectory.toAbsolutePath().normalize();
        Set<Path> bases = new LinkedHashSet<>();
        Path taskManager = directory.getParent();
        if (taskManager != null && isOfTaskManager(directory, taskManager)) {
            Path base = taskManager.getParent();
            if (base != null) {
                bases.add(base);
            }
            temporaryDirectories.forEach(path -> bases.add(path.toAbsolutePath().normalize()));
        }
        return new LocalDirectories(
                List.of(directory),
                bases,
                "mend it, or set process.working-dir or state.backend.lsm.local-directories");
    }

    private static boolean isOfTaskManager(Path directory, Path taskManager) {
        return directory.endsWith(TASK_MANAGER_TMP)
                && taskManager.getFileName() != null
                && taskManager.getFileName().toString().startsWith("tm_");
    }

    /**
     * A new directory for one backend. One that cannot be used is passed over with a warning.
     *
     * @param turn which is tried first, counted round
     * @throws IOException if none can be used; tells why of each
     */
    public WorkingDirectory create(int turn, JobID job, String operator) throws IOException {
        leftovers.forEach(LocalDirectories::sweepTaskManagers);
        List<IOException> failures = new ArrayList<>();
        StringBuilder reasons = new StringBuilder();
        for (int i = 0; i < directories.size(); i++) {
            Path directory = directories.get(Math.floorMod(turn + i, directories.size()));
            InstanceLock.sweep(directory);
            try {
                WorkingDirectory created = WorkingDirectory.create(directory, job, operator);
                if (!failures.isEmpty()) {
                    LOG.warn(
                            "[{}] this local directory is used, for others cannot be:{}; {}.",
                            directory,
                            reasons,
                            remedy);
                }
                return created;
            } catch (IOException e) {
                failures.add(e);
                reasons.append(failures.size() > 1 ? ", " : " ")
                        .append(directory)
                        .append(" (")
                        .append(e.getClass().getSimpleName())
                        .append(": ")
                        .append(e.getMessage())
                        .append(')');
            }
        }
        IOException failure =
                new IOException(
                        "["
                                + operator
                                + "] no local directory can be used: tried="
                                + directories.size()
                                + ","
                                + reasons
                                + "; "
                                + remedy
                                + ".",
                        failures.get(0));
        failures.subList(1, failures.size()).forEach(failure::addSuppressed);
        throw failure;
    }

    /** Sweeps what TaskManagers left whose working directories are, or were, in here. */
    private static void sweepTaskManagers(Path base) {
        if (!Files.isDirectory(base)) {
            return;
        }
        try (DirectoryStream<Path> taskManagers =
                Files.newDirectoryStream(base, TASK_MANAGER_PATTERN)) {
            for (Path taskManager : taskManagers) {
                Path directory = taskManager.resolve(TASK_MANAGER_TMP);
                if (Files.isDirectory(taskManager, LinkOption.NOFOLLOW_LINKS)
                        && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                    InstanceLock.sweep(directory);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("[{}] no other TaskManagers could be looked for", base, e);
        }
    }
}
