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
package io.flinklsm.inspect.print;

import io.flinklsm.inspect.source.InspectException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * A file that is there as a whole or not at all: written beside its place, then moved. What was
 * begun goes when this is closed, and when the process is told to end. Confined to one thread.
 */
public final class OutputFile implements AutoCloseable {

    private final Path target;
    private final Path part;
    private final boolean mayReplace;
    private final Thread cleaner;

    private OutputFile(Path target, Path part, boolean mayReplace) {
        this.target = target;
        this.part = part;
        this.mayReplace = mayReplace;
        this.cleaner = new Thread(this::deletePart, "flink-lsm-output");
    }

    /**
     * @throws InspectException if there is such a file and it must not be replaced, or no directory
     *     for it
     */
    public static OutputFile create(Path target, boolean mayReplace) {
        Path absolute = target.toAbsolutePath();
        Path directory = absolute.getParent();
        if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(absolute)) {
            throw InspectException.usage(
                    "["
                            + absolute
                            + "] is no place for a file; give a name in a directory that exists.");
        }
        if (!mayReplace && Files.exists(absolute)) {
            throw exists(absolute);
        }
        String name = "." + absolute.getFileName() + "." + UUID.randomUUID() + ".part";
        OutputFile file = new OutputFile(absolute, directory.resolve(name), mayReplace);
        Runtime.getRuntime().addShutdownHook(file.cleaner);
        return file;
    }

    private static InspectException exists(Path target) {
        return InspectException.usage(
                "[" + target + "] exists; give another name, or --force to replace it.");
    }

    /** Where to write; nothing is there yet. */
    public Path part() {
        return part;
    }

    /** Puts what was written in its place. */
    public void commit() throws IOException {
        try {
            if (mayReplace) {
                Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(part, target);
            }
        } catch (FileAlreadyExistsException e) {
            throw exists(target);
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook does what is done here.
            return;
        }
        deletePart();
    }

    private void deletePart() {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            part.toFile().deleteOnExit();
        }
    }
}
