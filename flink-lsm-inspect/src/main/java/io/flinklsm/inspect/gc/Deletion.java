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

import io.flinklsm.inspect.gc.Audit.Unneeded;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.Reasons;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.flink.core.fs.Path;

/**
 * Deletes what an audit says may go, after a second look: only what both say goes, since
 * checkpoints may have completed while the user thought about it.
 *
 * @param files how many files went
 * @param directories of checkpoints without files that went; not those that lost their last file
 */
public record Deletion(int files, int directories, long bytes) {

    /**
     * @param audit what the user agreed to
     * @throws InspectException if anything could not be deleted; the rest is
     */
    public static Deletion of(Audit audit, AuditOptions options) throws IOException {
        Audit second = Audit.of(audit.location(), options);
        Set<Path> agreed = new HashSet<>();
        audit.deletable().forEach(file -> agreed.add(file.path()));
        Set<Path> left = new LinkedHashSet<>();
        int files = 0;
        int directories = 0;
        long bytes = 0;
        int failed = 0;
        Exception first = null;
        for (Unneeded file : second.deletable()) {
            if (!agreed.contains(file.path())) {
                continue;
            }
            try {
                // A directory that has a file by now stays: only an empty one can be deleted.
                Locations.delete(file.path());
                if (file.isDirectory()) {
                    directories++;
                } else {
                    left.add(file.path().getParent());
                    files++;
                    bytes += file.bytes();
                }
            } catch (IOException | InspectException e) {
                failed++;
                first = first == null ? e : first;
            }
        }
        deleteIfEmpty(left);
        if (first != null) {
            throw InspectException.unreadable(
                    "["
                            + audit.location()
                            + "] not everything could be deleted: deletedFiles="
                            + files
                            + ", leftFiles="
                            + failed
                            + ", first reason: "
                            + Locations.redact(Reasons.of(first))
                            + "; mend it and run the command again.",
                    first);
        }
        return new Deletion(files, directories, bytes);
    }

    /** Directories of checkpoints that never completed; those of a job stay. */
    private static void deleteIfEmpty(Set<Path> directories) throws IOException {
        for (Path directory : directories) {
            boolean isOfCheckpoint = directory.getName().startsWith("chk-");
            if (isOfCheckpoint
                    && Locations.status(directory) != null
                    && Locations.list(directory).isEmpty()) {
                Locations.delete(directory);
            }
        }
    }
}
