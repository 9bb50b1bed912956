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
package io.flinklsm.inspect.command;

import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.inspect.print.OutputFile;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.StateView;
import io.flinklsm.inspect.source.SubtaskStore;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Plain files of SSTables, wherever the checkpoint has them: inside Flink's metadata, in a part of
 * a file, on another host. Beside them the manifests of their subtasks, which name the operator as
 * Flink's metadata does. Confined to one thread.
 */
final class SstableCopies {

    /** Of the manifests; SSTables have names of their own. */
    private static final String MANIFEST_SUFFIX = ".manifest";

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path directory;
    private final LongConsumer progress;
    private final Set<String> written = new HashSet<>();
    private long writtenBytes;
    private int manifestCount;

    /**
     * @param progress gets the bytes of SSTables that were written so far
     */
    private SstableCopies(Path directory, LongConsumer progress) {
        this.directory = directory;
        this.progress = progress;
    }

    /**
     * Copies the SSTables of some states.
     *
     * @param directory is made if it is not there
     * @throws InspectException if the directory has anything in it, or is no directory
     */
    static SstableCopies copy(List<StateView> states, Path directory, LongConsumer progress)
            throws IOException {
        makeEmpty(directory);
        SstableCopies copies = new SstableCopies(directory, progress);
        Set<SubtaskStore> stores = Collections.newSetFromMap(new IdentityHashMap<>());
        for (StateView state : states) {
            for (StateView.Part part : state.parts()) {
                for (SstableMeta meta : part.sstables()) {
                    copies.copy(part.store(), meta);
                }
                if (stores.add(part.store())) {
                    copies.writeManifest(state.operator(), part.store());
                }
            }
        }
        return copies;
    }

    /**
     * Makes a directory that has nothing in it.
     *
     * @throws InspectException if it has, or is no directory
     */
    static void makeEmpty(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (FileAlreadyExistsException e) {
            throw InspectException.usage(
                    "[" + directory + "] is no directory; give one that is new or empty.");
        }
        try (Stream<Path> children = Files.list(directory)) {
            if (children.findAny().isPresent()) {
                throw InspectException.usage(
                        "["
                                + directory
                                + "] has files in it, which may be of another checkpoint; give a"
                                + " directory that is new or empty.");
            }
        }
    }

    private void copy(SubtaskStore store, SstableMeta meta) throws IOException {
        // Names are unique in the world: two subtasks of a rescaled job may have one file.
        if (!written.add(meta.fileName())) {
            return;
        }
        try (StorageInput input = store.storage().open(meta.fileName());
                OutputFile file = OutputFile.create(directory.resolve(meta.fileName()), false)) {
            try (OutputStream out = file.open()) {
                byte[] buffer = new byte[BUFFER_BYTES];
                for (long position = 0; position < input.size(); ) {
                    int byteCount = (int) Math.min(buffer.length, input.size() - position);
                    input.readFully(position, buffer, 0, byteCount);
                    out.write(buffer, 0, byteCount);
                    position += byteCount;
                    writtenBytes += byteCount;
                    progress.accept(writtenBytes);
                }
            }
            file.commit();
        }
    }

    private void writeManifest(Operator operator, SubtaskStore store) throws IOException {
        String name =
                String.format(
                        Locale.ROOT,
                        "%s%03d-%s%s",
                        operator.uidHash().isEmpty() ? "" : operator.uidHash() + "-",
                        Math.max(0, store.subtask()),
                        manifestCount,
                        MANIFEST_SUFFIX);
        try (OutputFile file = OutputFile.create(directory.resolve(name), false)) {
            try (OutputStream out = file.open()) {
                out.write(ManifestCodec.encode(store.image(), operator.uidHash()));
            }
            file.commit();
        }
        manifestCount++;
    }

    int sstableCount() {
        return written.size();
    }

    int manifestCount() {
        return manifestCount;
    }

    long writtenBytes() {
        return writtenBytes;
    }
}
