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
package io.flinklsm.inspect.gc;

import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.MetadataFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * The files of one job, as Flink lays them out. Links are not followed: what they lead to may
 * belong to another program.
 *
 * <pre>
 * JOB/chk-42/_metadata  JOB/chk-42/x      of one checkpoint
 * JOB/shared/x                            of any number of checkpoints
 * JOB/shared/job_1_op_2_0_4/x             several files merged into one
 * JOB/taskowned/x                         of the job's own state
 * JOB/taskowned/job_1_tm_3/x              several files merged into one
 * </pre>
 *
 * @param path of the job's directory
 * @param files in the order of their names
 * @param passedOver what is not of this layout, which is left alone
 */
record JobDirectory(Path path, List<Listed> files, List<Path> passedOver) {

    private static final String SHARED = "shared";
    private static final String TASK_OWNED = "taskowned";
    private static final Pattern CHECKPOINT = Pattern.compile("chk-[0-9]+");

    /** Where a file lies, which says who may use it. */
    enum Place {
        CHECKPOINT,
        EMPTY_CHECKPOINT,
        SHARED,
        MERGED,
        TASK_OWNED
    }

    /**
     * A file, or the directory of a checkpoint with nothing in it.
     *
     * @param directory that it lies in
     * @param modifiedMillis 0 if the file system does not know
     */
    record Listed(Path path, Path directory, Place place, long bytes, long modifiedMillis) {

        boolean isDirectory() {
            return place == Place.EMPTY_CHECKPOINT;
        }
    }

    JobDirectory {
        files = List.copyOf(files);
        passedOver = List.copyOf(passedOver);
    }

    /** Whether these are the children of a job's directory. */
    static boolean isOne(List<FileStatus> children) {
        return children.stream().anyMatch(JobDirectory::isOfLayout);
    }

    private static boolean isOfLayout(FileStatus child) {
        String name = child.getPath().getName();
        return child.isDir()
                && (name.equals(SHARED)
                        || name.equals(TASK_OWNED)
                        || CHECKPOINT.matcher(name).matches());
    }

    /** Lists all that is in it. */
    static JobDirectory list(Path path) throws IOException {
        List<Listed> files = new ArrayList<>();
        List<Path> passedOver = new ArrayList<>();
        for (FileStatus child : Locations.listIfThere(path)) {
            Path childPath = child.getPath();
            if (!isOfLayout(child) || isLink(childPath)) {
                passedOver.add(childPath);
                continue;
            }
            switch (childPath.getName()) {
                case SHARED -> addAll(childPath, Place.SHARED, Place.MERGED, files, passedOver);
                case TASK_OWNED ->
                        addAll(childPath, Place.TASK_OWNED, Place.MERGED, files, passedOver);
                default -> addCheckpoint(child, path, files, passedOver);
            }
        }
        files.sort(Comparator.comparing(file -> file.path().toString()));
        passedOver.sort(Comparator.comparing(Path::toString));
        return new JobDirectory(path, files, passedOver);
    }

    /** Flink makes the directory when the checkpoint begins, and leaves it if no task wrote. */
    private static void addCheckpoint(
            FileStatus checkpoint, Path job, List<Listed> files, List<Path> passedOver)
            throws IOException {
        Path path = checkpoint.getPath();
        int before = files.size() + passedOver.size();
        addAll(path, Place.CHECKPOINT, Place.CHECKPOINT, files, passedOver);
        if (files.size() + passedOver.size() == before) {
            files.add(
                    new Listed(
                            path,
                            job,
                            Place.EMPTY_CHECKPOINT,
                            0,
                            checkpoint.getModificationTime()));
        }
    }

    private static void addAll(
            Path directory, Place place, Place deeper, List<Listed> files, List<Path> passedOver)
            throws IOException {
        for (FileStatus child : Locations.listIfThere(directory)) {
            Path path = child.getPath();
            if (isLink(path)) {
                passedOver.add(path);
            } else if (!child.isDir()) {
                files.add(
                        new Listed(
                                path,
                                directory,
                                place,
                                child.getLen(),
                                child.getModificationTime()));
            } else if (place == Place.MERGED || place == Place.CHECKPOINT) {
                // Flink does not go deeper.
                passedOver.add(path);
            } else {
                addAll(path, deeper, deeper, files, passedOver);
            }
        }
    }

    private static boolean isLink(Path path) {
        return Locations.isLocal(path)
                && Files.isSymbolicLink(java.nio.file.Path.of(path.getPath()));
    }

    /** Whether a path is inside, by its name alone. */
    boolean holds(Path other) {
        return Locations.sameOrigin(path, other)
                && other.getPath().startsWith(path.getPath() + Path.SEPARATOR);
    }

    /** What the directory's checkpoints are called. */
    boolean isMetadata(Listed file) {
        return file.place() == Place.CHECKPOINT && file.path().getName().equals(MetadataFile.NAME);
    }
}
