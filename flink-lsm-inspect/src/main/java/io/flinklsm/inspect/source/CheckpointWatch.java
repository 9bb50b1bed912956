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

import io.flinklsm.inspect.source.CheckpointListing.Found;
import io.flinklsm.inspect.source.CheckpointListing.Skipped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Follows the checkpoints below a directory, as deep as {@link CheckpointListing}. Each look lists
 * directories and reads only what is new. Confined to one thread.
 */
public final class CheckpointWatch {

    private final Path root;

    /** Checkpoints that were given out, as long as they are there. */
    private final Set<Path> known = new HashSet<>();

    /** By checkpoint that does not open: why, which is told once. */
    private final Map<Path, String> failing = new HashMap<>();

    private CheckpointWatch(Path root) {
        this.root = root;
    }

    /**
     * What a look found.
     *
     * @param found new ones, oldest first
     * @param skipped what does not open, or is not listed, since this look; it is tried again
     */
    public record Look(List<Found> found, List<Skipped> skipped) {

        public Look {
            found = List.copyOf(found);
            skipped = List.copyOf(skipped);
        }
    }

    /**
     * @throws InspectException if there is no such directory; it may have no checkpoint yet
     */
    public static CheckpointWatch of(String location) throws IOException {
        return new CheckpointWatch(CheckpointListing.directory(location));
    }

    /** Those that were not there at the last look. */
    public Look look() {
        List<Found> found = new ArrayList<>();
        List<Skipped> skipped = new ArrayList<>();
        Set<Path> seen = new HashSet<>();
        visit(root, "", 0, seen, found, skipped);
        failing.keySet().retainAll(seen);
        known.retainAll(seen);
        found.sort(
                Comparator.comparingLong((Found one) -> one.checkpoint().createdMillis())
                        .thenComparingLong(one -> one.checkpoint().id())
                        .thenComparing(Found::name));
        return new Look(found, skipped);
    }

    private void visit(
            Path directory,
            String name,
            int depth,
            Set<Path> seen,
            List<Found> found,
            List<Skipped> skipped) {
        seen.add(directory);
        if (known.contains(directory)) {
            return;
        }
        String shown = name.isEmpty() ? directory.getName() : name;
        @Nullable FileStatus metadata = null;
        try {
            metadata = Locations.status(new Path(directory, MetadataFile.NAME));
            if (metadata != null) {
                found.add(new Found(shown, CheckpointReader.read(metadata, directory, null, true)));
                known.add(directory);
            } else if (depth < CheckpointListing.MAX_DEPTH) {
                for (FileStatus child : Locations.list(directory)) {
                    if (child.isDir()) {
                        String childName = child.getPath().getName();
                        visit(
                                child.getPath(),
                                name.isEmpty() ? childName : name + "/" + childName,
                                depth + 1,
                                seen,
                                found,
                                skipped);
                    }
                }
            }
            failing.remove(directory);
        } catch (IOException | InspectException e) {
            if (depth > 0
                    && CheckpointListing.hasGone(
                            metadata == null ? directory : metadata.getPath())) {
                return;
            }
            Skipped failure = CheckpointListing.skipped(shown, directory, e);
            if (!failure.reason().equals(failing.put(directory, failure.reason()))) {
                skipped.add(failure);
            }
        }
    }
}
