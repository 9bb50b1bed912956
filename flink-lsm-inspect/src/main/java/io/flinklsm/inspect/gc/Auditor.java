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

import io.flinklsm.inspect.gc.Audit.Missing;
import io.flinklsm.inspect.gc.Audit.Retained;
import io.flinklsm.inspect.gc.Audit.Unneeded;
import io.flinklsm.inspect.gc.JobDirectory.Listed;
import io.flinklsm.inspect.gc.JobDirectory.Place;
import io.flinklsm.inspect.print.Units;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.MetadataFile;
import io.flinklsm.inspect.source.Reasons;
import io.flinklsm.inspect.source.References;
import io.flinklsm.inspect.source.References.Reference;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Makes one audit; confined to one thread, used once.
 *
 * <ol>
 *   <li>The files of each job's directory are listed.
 *   <li>After that, so that a file of a checkpoint that completes meanwhile is known, the metadata
 *       of all checkpoints are read: of these jobs, of the jobs beside them, which may have claimed
 *       a checkpoint, and of what the user names.
 *   <li>A file is needed if any metadata names one that is called like it, wherever: names of
 *       checkpoint files are unique in the world, paths are not. So a directory that was copied, is
 *       reached by another URI, or has entropy in its paths loses nothing.
 *   <li>Of the others, those stay that may belong to something under way.
 * </ol>
 */
final class Auditor {

    /** A job that completes checkpoints faster than its directory is listed ends nothing. */
    private static final int LISTINGS_MAX = 10;

    private static final int PAUSE_MILLIS = 100;

    private final AuditOptions options;
    private final List<JobDirectory> jobs = new ArrayList<>();

    /** By the directory of their metadata, which may be found in more than one way. */
    private final Map<Path, References> checkpoints = new LinkedHashMap<>();

    Auditor(AuditOptions options) {
        this.options = options;
    }

    Audit audit(String location) throws IOException {
        Path root = directory(location);
        List<FileStatus> children = Locations.list(root);
        if (hasMetadata(root)) {
            throw InspectException.usage(
                    "["
                            + Locations.display(root)
                            + "] is a single checkpoint, whose files others may share; give the"
                            + " directory of its job, which is the one above.");
        }
        List<Path> around = new ArrayList<>();
        if (JobDirectory.isOne(children)) {
            jobs.add(JobDirectory.list(root));
            Path parent = root.getParent();
            if (parent != null && !options.alone()) {
                around.add(parent);
            }
        } else {
            for (FileStatus child : children) {
                if (child.isDir() && JobDirectory.isOne(children(child.getPath()))) {
                    jobs.add(JobDirectory.list(child.getPath()));
                }
            }
            around.add(root);
        }
        if (jobs.isEmpty()) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(root)
                            + "] has no checkpoints of a job in it: no chk-N, no shared, no"
                            + " taskowned; give the directory that execution.checkpointing.dir"
                            + " names, or a job's directory in it.");
        }
        readCheckpoints(around);
        return result(root);
    }

    private static Path directory(String location) throws IOException {
        Path path = Locations.parse(location);
        FileStatus status = Locations.status(path);
        if (status == null || !status.isDir()) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(path)
                            + "] there is no such directory; give the directory that"
                            + " execution.checkpointing.dir names, or a job's directory in it.");
        }
        // As listings say it, so that paths compare.
        return status.getPath();
    }

    // --------------------------------------------------------------------------------- checkpoints

    private void readCheckpoints(List<Path> around) throws IOException {
        for (JobDirectory job : jobs) {
            readBelow(job.path());
        }
        for (Path directory : around) {
            for (FileStatus child : children(directory)) {
                if (child.isDir()) {
                    readBelow(child.getPath());
                }
            }
        }
        for (String location : options.also()) {
            int before = checkpoints.size();
            Path directory = directory(location);
            readBelow(directory);
            if (checkpoints.size() == before && !checkpoints.containsKey(directory)) {
                for (FileStatus child : children(directory)) {
                    if (child.isDir()) {
                        readBelow(child.getPath());
                    }
                }
            }
            if (checkpoints.size() == before && !isKnown(directory)) {
                throw InspectException.usage(
                        "["
                                + Locations.display(directory)
                                + "] has no checkpoint in it; give with --also what may refer to"
                                + " the files in question.");
            }
        }
    }

    private boolean isKnown(Path directory) {
        return checkpoints.keySet().stream()
                .anyMatch(
                        known ->
                                (known.getPath() + Path.SEPARATOR)
                                        .startsWith(directory.getPath() + Path.SEPARATOR));
    }

    /**
     * A checkpoint or savepoint, or the directory of a job. Of a job that goes on, a checkpoint is
     * deleted when a newer one is complete, which the listing that named the older one may lack: so
     * the directory is listed again until that brings nothing new.
     */
    private void readBelow(Path directory) throws IOException {
        if (read(directory)) {
            return;
        }
        for (int listing = 0; listing < LISTINGS_MAX; listing++) {
            int before = checkpoints.size();
            for (FileStatus child : children(directory)) {
                if (child.isDir()) {
                    read(child.getPath());
                }
            }
            if (listing > 0 && checkpoints.size() == before) {
                return;
            }
        }
    }

    private static List<FileStatus> children(Path directory) throws IOException {
        try {
            return Locations.listIfThere(directory);
        } catch (IOException | InspectException e) {
            throw refused(directory, e);
        }
    }

    /** Whether there is metadata. */
    private boolean read(Path directory) throws IOException {
        if (checkpoints.containsKey(directory)) {
            return true;
        }
        Path path = new Path(directory, MetadataFile.NAME);
        FileStatus metadata;
        try {
            metadata = Locations.status(path);
        } catch (IOException | InspectException e) {
            throw refused(path, e);
        }
        if (metadata == null) {
            return false;
        }
        try {
            checkpoints.put(directory, References.read(metadata, directory));
            return true;
        } catch (IOException | InspectException e) {
            if (Locations.status(path) == null) {
                // The job has subsumed it in this moment.
                return false;
            }
            throw refused(path, e);
        }
    }

    private static boolean hasMetadata(Path directory) throws IOException {
        return Locations.status(new Path(directory, MetadataFile.NAME)) != null;
    }

    private static InspectException refused(Path path, Exception cause) {
        int exitCode =
                cause instanceof InspectException known
                        ? known.exitCode()
                        : InspectException.UNREADABLE;
        String reason = Reasons.of(cause);
        return new InspectException(
                exitCode,
                (reason.startsWith("[")
                                ? reason
                                : "[" + Locations.display(path) + "] cannot be read: " + reason)
                        + " Until then nothing is listed and nothing is deleted: which files it"
                        + " needs is unknown.",
                cause);
    }

    // -------------------------------------------------------------------------------------- result

    private Audit result(Path root) throws IOException {
        Set<String> neededNames = new HashSet<>();
        for (References checkpoint : checkpoints.values()) {
            checkpoint.files().forEach(file -> neededNames.add(file.path().getName()));
        }
        int neededFiles = 0;
        long neededBytes = 0;
        List<Unneeded> unneeded = new ArrayList<>();
        List<String> passedOver = new ArrayList<>();
        for (JobDirectory job : jobs) {
            job.passedOver().forEach(path -> passedOver.add(name(root, path)));
            long newest = newestCheckpoint(job);
            for (Listed file : job.files()) {
                if (file.isDirectory() && checkpoints.containsKey(file.path())) {
                    // It has completed since it was listed.
                    continue;
                }
                boolean isNeeded =
                        (!file.isDirectory() && neededNames.contains(file.path().getName()))
                                || (job.isMetadata(file)
                                        && checkpoints.containsKey(file.directory()));
                if (isNeeded) {
                    neededFiles++;
                    neededBytes += file.bytes();
                } else {
                    unneeded.add(
                            new Unneeded(
                                    file.path(),
                                    name(root, file.path()) + (file.isDirectory() ? "/" : ""),
                                    file.isDirectory(),
                                    file.bytes(),
                                    file.modifiedMillis(),
                                    why(file),
                                    keptBecause(file, newest)));
                }
            }
        }
        var own = new Own();
        return new Audit(
                Locations.display(root),
                retained(),
                neededFiles,
                neededBytes,
                unneeded,
                own.missing,
                new Audit.Elsewhere(own.seenElsewhere.size(), own.elsewhere),
                passedOver);
    }

    private List<Retained> retained() {
        List<Retained> retained = new ArrayList<>();
        for (References checkpoint : checkpoints.values()) {
            boolean isOwn = isOwn(checkpoint);
            if (isOwn || checkpoint.files().stream().anyMatch(file -> isInside(file.path()))) {
                retained.add(
                        new Retained(
                                Locations.display(checkpoint.directory()),
                                checkpoint.id(),
                                checkpoint.completedMillis(),
                                checkpoint.isSavepoint(),
                                checkpoint.files().size(),
                                isOwn));
            }
        }
        retained.sort(
                Comparator.comparingLong(Retained::completedMillis)
                        .thenComparing(Retained::location));
        return retained;
    }

    private boolean isOwn(References checkpoint) {
        return isInside(checkpoint.directory());
    }

    private boolean isInside(Path path) {
        return jobs.stream().anyMatch(job -> job.holds(path));
    }

    /** When the job's newest checkpoint was complete; -1 if it has none. */
    private long newestCheckpoint(JobDirectory job) {
        long newest = -1;
        for (References checkpoint : checkpoints.values()) {
            if (!checkpoint.isSavepoint() && job.holds(checkpoint.directory())) {
                newest = Math.max(newest, checkpoint.completedMillis());
            }
        }
        return newest;
    }

    private String why(Listed file) {
        return switch (file.place()) {
            case SHARED, TASK_OWNED -> "no checkpoint lists it";
            case MERGED -> "no checkpoint lists a part of it";
            case CHECKPOINT ->
                    checkpoints.containsKey(file.directory())
                            ? "its checkpoint does not list it"
                            : "its checkpoint is not complete";
            case EMPTY_CHECKPOINT -> "an empty directory: its checkpoint is not complete";
        };
    }

    private String keptBecause(Listed file, long newestCheckpointMillis) {
        if (file.place() == Place.TASK_OWNED && !options.taskOwned()) {
            return "the job's state may name it (--task-owned)";
        }
        if (file.modifiedMillis() <= 0) {
            return "its age is unknown";
        }
        if (file.modifiedMillis() > options.nowMillis() - options.olderThan().toMillis()) {
            return "younger than " + Units.duration(options.olderThan()) + " (--older-than)";
        }
        if (options.jobsEnded()) {
            return "";
        }
        if (file.place() == Place.MERGED) {
            return "the job may add to it (--job-ended)";
        }
        if (newestCheckpointMillis < 0) {
            return "the job has no checkpoint (--job-ended)";
        }
        return file.modifiedMillis() >= newestCheckpointMillis
                ? "not older than the newest checkpoint (--job-ended)"
                : "";
    }

    private static String name(Path root, Path path) {
        String below = root.getPath() + Path.SEPARATOR;
        return path.getPath().startsWith(below)
                ? path.getPath().substring(below.length())
                : Locations.display(path);
    }

    /**
     * What the directory's own checkpoints need, and others need of the directory. The directory
     * was listed before their metadata was read: what the listing lacks is looked for.
     */
    private final class Own {

        private final Map<String, Listed> byName = new HashMap<>();

        /** By where the file should be: what does not seem to be there. */
        private final Map<Path, List<Need>> suspects = new LinkedHashMap<>();

        private final Set<Path> seenElsewhere = new HashSet<>();
        private final List<Missing> missing;
        private @Nullable String elsewhere;

        Own() throws IOException {
            for (JobDirectory job : jobs) {
                job.files().stream()
                        .filter(file -> !file.isDirectory())
                        .forEach(file -> byName.put(file.path().getName(), file));
            }
            for (References checkpoint : checkpoints.values()) {
                boolean isOwn = isOwn(checkpoint);
                for (Reference file : checkpoint.files()) {
                    if (isOwn || isInside(file.path())) {
                        add(checkpoint, file, isOwn);
                    }
                }
            }
            missing = missing();
        }

        private void add(References checkpoint, Reference file, boolean isOwn) {
            Listed listed = byName.get(file.path().getName());
            if (listed != null && listed.bytes() >= file.endBytes()) {
                return;
            }
            if (listed == null
                    && isOwn
                    && !isInside(file.path())
                    && seenElsewhere.add(file.path())
                    && elsewhere == null) {
                Path parent = file.path().getParent();
                elsewhere = Locations.display(parent == null ? file.path() : parent);
            }
            // Another host or bucket is never asked: the writer of the metadata chose its name.
            if (listed != null || Locations.sameOrigin(file.path(), checkpoint.directory())) {
                suspects.computeIfAbsent(
                                listed == null ? file.path() : listed.path(),
                                path -> new ArrayList<>())
                        .add(new Need(checkpoint, file.endBytes()));
            }
        }

        /** What stays so although the checkpoint stays. */
        private List<Missing> missing() throws IOException {
            long deadline = System.nanoTime() + options.patience().toNanos();
            List<Missing> found = missingNow();
            while (!found.isEmpty() && System.nanoTime() < deadline) {
                pause();
                found = missingNow();
            }
            return found;
        }

        private List<Missing> missingNow() throws IOException {
            List<Missing> found = new ArrayList<>();
            for (Map.Entry<Path, List<Need>> suspect : suspects.entrySet()) {
                FileStatus status = Locations.status(suspect.getKey());
                for (Need need : suspect.getValue()) {
                    // Looked at after the file: a checkpoint that has gone needs nothing.
                    if ((status == null || status.getLen() < need.endBytes())
                            && hasMetadata(need.checkpoint().directory())) {
                        found.add(
                                new Missing(
                                        Locations.display(suspect.getKey()),
                                        Locations.display(need.checkpoint().directory()),
                                        status == null
                                                ? "is missing"
                                                : "is too short: bytes="
                                                        + status.getLen()
                                                        + ", needed="
                                                        + need.endBytes()));
                        break;
                    }
                }
            }
            return found;
        }

        private void pause() throws InterruptedIOException {
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException(
                        "interrupted while waiting for a checkpoint to be deleted");
            }
        }
    }

    /** A file of a checkpoint, and how long it must be at least. */
    private record Need(References checkpoint, long endBytes) {}
}
