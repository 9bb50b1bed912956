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
import java.io.IOException;
import java.util.List;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * What an audit found. Immutable.
 *
 * @param location what was looked at
 * @param checkpoints the retained checkpoints that refer to files there, oldest first
 * @param neededFiles how many of the files there any of them needs
 * @param unneeded the files and empty directories there that none of them needs
 * @param missing what they need and is not there
 * @param elsewhere files of the directory's own checkpoints that lie outside of it
 * @param passedOver what is not of the layout of checkpoints, and links
 */
public record Audit(
        String location,
        List<Retained> checkpoints,
        int neededFiles,
        long neededBytes,
        List<Unneeded> unneeded,
        List<Missing> missing,
        Elsewhere elsewhere,
        List<String> passedOver) {

    /**
     * A complete checkpoint or savepoint.
     *
     * @param isOwn whether it lies in the directory itself
     */
    public record Retained(
            String location,
            long id,
            long completedMillis,
            boolean isSavepoint,
            int files,
            boolean isOwn) {}

    /**
     * A file that no checkpoint needs, or the empty directory of one that never completed.
     *
     * @param name its path below the location; of a directory with a slash at its end
     * @param why it seems that it is not needed
     * @param keptBecause why it stays all the same; empty if it may go
     */
    public record Unneeded(
            Path path,
            String name,
            boolean isDirectory,
            long bytes,
            long modifiedMillis,
            String why,
            String keptBecause) {

        public boolean mayGo() {
            return keptBecause.isEmpty();
        }

        public String location() {
            return Locations.display(path);
        }
    }

    /**
     * A file that a checkpoint needs and cannot have.
     *
     * @param location where the metadata says that it is
     * @param checkpoint whose metadata that is
     * @param what is wrong
     */
    public record Missing(String location, String checkpoint, String what) {}

    /**
     * Files that lie outside of what was looked at: those beside them, which no checkpoint needs,
     * are not found.
     *
     * @param directory one of those that they are in; null if there is none
     */
    public record Elsewhere(int files, @Nullable String directory) {}

    public Audit {
        checkpoints = List.copyOf(checkpoints);
        unneeded = List.copyOf(unneeded);
        missing = List.copyOf(missing);
        passedOver = List.copyOf(passedOver);
    }

    /**
     * Looks at the directory of a job, or at one with those of several jobs. Nothing is changed.
     *
     * @throws io.flinklsm.inspect.source.InspectException if there is no such directory, or the
     *     metadata of any checkpoint cannot be read
     */
    public static Audit of(String location, AuditOptions options) throws IOException {
        return new Auditor(options).audit(location);
    }

    /** Those of {@link #unneeded} that may be deleted. */
    public List<Unneeded> deletable() {
        return unneeded.stream().filter(Unneeded::mayGo).toList();
    }

    /** How many of {@link #deletable} are files; the others are directories. */
    public int deletableFiles() {
        return (int) deletable().stream().filter(one -> !one.isDirectory()).count();
    }
}
