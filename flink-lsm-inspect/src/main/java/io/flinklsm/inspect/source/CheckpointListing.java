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

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * The checkpoints below a directory, at most two levels down: {@code chk-N} below a job, or job and
 * {@code chk-N} below the configured checkpoint directory.
 *
 * @param found oldest first
 * @param skipped what has metadata but does not open
 */
public record CheckpointListing(String location, List<Found> found, List<Skipped> skipped) {

    static final int MAX_DEPTH = 2;

    /**
     * @param name its path below the location
     */
    public record Found(String name, Checkpoint checkpoint) {}

    public record Skipped(String name, String reason) {}

    public CheckpointListing {
        found = List.copyOf(found);
        skipped = List.copyOf(skipped);
    }

    /**
     * @throws InspectException if there is no such directory, or no checkpoint in it
     */
    public static CheckpointListing of(String location) throws IOException {
        Path root = directory(location);
        List<Found> found = new ArrayList<>();
        List<Skipped> skipped = new ArrayList<>();
        visit(root, "", 0, found, skipped);
        if (found.isEmpty() && skipped.isEmpty()) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(root)
                            + "] has no checkpoint in it: no directory with "
                            + MetadataFile.NAME
                            + " at most "
                            + MAX_DEPTH
                            + " levels down; give a directory nearer to them.");
        }
        found.sort(
                Comparator.comparingLong((Found one) -> one.checkpoint().createdMillis())
                        .thenComparingLong(one -> one.checkpoint().id())
                        .thenComparing(Found::name));
        skipped.sort(Comparator.comparing(Skipped::name));
        return new CheckpointListing(Locations.display(root), found, skipped);
    }

    /**
     * @throws InspectException if there is no such directory
     */
    static Path directory(String location) throws IOException {
        Path root = Locations.parse(location);
        FileStatus status = Locations.status(root);
        if (status == null || !status.isDir()) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(root)
                            + "] there is no such directory; give the directory that"
                            + " execution.checkpointing.dir names, or a job's directory in it.");
        }
        return root;
    }

    /**
     * The checkpoints of the same job that are kept, oldest first: those beside this one, and
     * itself. Of a savepoint or a store itself alone.
     */
    public static List<Found> keptWith(Checkpoint checkpoint) throws IOException {
        Path parent = checkpoint.path().getParent();
        return checkpoint.kind() == Checkpoint.Kind.CHECKPOINT && parent != null
                ? of(parent.toString()).found()
                : List.of(new Found(checkpoint.path().getName(), checkpoint));
    }

    private static void visit(
            Path directory, String name, int depth, List<Found> found, List<Skipped> skipped)
            throws IOException {
        FileStatus metadata = Locations.status(new Path(directory, MetadataFile.NAME));
        if (metadata != null) {
            String shown = name.isEmpty() ? directory.getName() : name;
            try {
                found.add(new Found(shown, CheckpointReader.read(metadata, directory, null, true)));
            } catch (IOException | InspectException e) {
                if (!hasGone(metadata.getPath())) {
                    skipped.add(skipped(shown, directory, e));
                }
            }
            return;
        }
        if (depth == MAX_DEPTH) {
            return;
        }
        for (FileStatus child : Locations.list(directory)) {
            if (child.isDir()) {
                String childName = child.getPath().getName();
                String shown = name.isEmpty() ? childName : name + "/" + childName;
                try {
                    visit(child.getPath(), shown, depth + 1, found, skipped);
                } catch (IOException | InspectException e) {
                    // One directory that cannot be looked into does not hide the others.
                    if (!hasGone(child.getPath())) {
                        skipped.add(skipped(shown, child.getPath(), e));
                    }
                }
            }
        }
    }

    /**
     * Whether what did not open is not there any more: a checkpoint that its job has subsumed
     * meanwhile is none to tell of.
     */
    static boolean hasGone(Path path) {
        try {
            return Locations.status(path) == null;
        } catch (IOException | InspectException e) {
            // It is the failure of before that is told.
            return false;
        }
    }

    static Skipped skipped(String name, Path directory, Exception failure) {
        String reason = Locations.redact(Reasons.of(failure));
        return new Skipped(
                name,
                reason.startsWith("[")
                        ? reason
                        : "[" + Locations.display(directory) + "] cannot be read: " + reason);
    }
}
