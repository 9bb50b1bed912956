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

import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.inspect.savepoint.StateRows;
import io.flinklsm.statebackend.snapshot.MetaFile;
import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.jspecify.annotations.Nullable;

/**
 * The store of one subtask, as a checkpoint has it.
 *
 * @param subtask index from 0; -1 for a store directory, which does not say
 * @param checkpointId as the metadata says it; -1 if unknown
 * @param image from its manifest, or put together from the footers of bare files
 * @param newBytes bytes that the checkpoint wrote for this subtask; -1 if unknown
 * @param rows of a canonical savepoint, or of operator state; null for SSTables
 */
public record SubtaskStore(
        int subtask,
        KeyGroups keyGroups,
        long checkpointId,
        CheckpointImage image,
        Description description,
        SourceStorage storage,
        long newBytes,
        @Nullable StateRows rows) {

    /**
     * The key groups of a store.
     *
     * @param first -1 if unknown
     * @param last inclusive; -1 if unknown
     */
    public record KeyGroups(int first, int last) {

        static final KeyGroups UNKNOWN = new KeyGroups(-1, -1);

        static KeyGroups of(KeyGroupRange range) {
            return new KeyGroups(range.getStartKeyGroup(), range.getEndKeyGroup());
        }
    }

    /**
     * The files that say what is in the others.
     *
     * @param manifest null for bare files and rows
     * @param metaFile holds serializers: only its checksum may be looked at; null in a store
     *     directory
     */
    public record Description(@Nullable SourceFile manifest, @Nullable SourceFile metaFile) {

        static final Description NONE = new Description(null, null);
    }

    /** Above what any job's serializers take. */
    private static final long MAX_META_BYTES = 256L << 20;

    /**
     * Checks the meta file's checksum, and that it was written with this manifest. What it holds is
     * not parsed: it names classes.
     *
     * @throws io.flinklsm.core.errors.CorruptionException if a byte of either was changed
     */
    public void checkMetaFile() throws IOException {
        if (description.metaFile() != null && description.manifest() != null) {
            metaBody();
        }
    }

    /**
     * What the meta file of another checkpoint of the same state begins with: Flink's serializers,
     * checked like {@link #checkMetaFile} and taken as the bytes that they are.
     *
     * @throws IllegalStateException in a store directory, which has none
     */
    public byte[] metaBody() throws IOException {
        SourceFile metaFile = description.metaFile();
        SourceFile manifest = description.manifest();
        if (metaFile == null || manifest == null) {
            throw new IllegalStateException("a store directory has no meta file");
        }
        byte[] meta = readAll(metaFile);
        int bodyLength = MetaFile.check(meta, readAll(manifest), storage.describe(metaFile.name()));
        return Arrays.copyOf(meta, bodyLength);
    }

    /** The key groups that Flink gives this subtask, as {@code first-last}; empty if to none. */
    public String expectedKeyGroups(int parallelism, int maxParallelism) {
        if (parallelism <= 0 || parallelism > maxParallelism || subtask >= parallelism) {
            return "";
        }
        KeyGroupRange range =
                KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                        maxParallelism, parallelism, subtask);
        return range.getStartKeyGroup() + "-" + range.getEndKeyGroup();
    }

    /** Bytes of all its files, each counted once. */
    public long totalBytes() {
        return storage.files().values().stream().mapToLong(SourceFile::sizeBytes).sum();
    }

    private byte[] readAll(SourceFile file) throws IOException {
        try (StorageInput input = storage.open(file.name())) {
            if (input.size() > MAX_META_BYTES) {
                throw new CorruptionException(
                        "["
                                + storage.describe(file.name())
                                + "] is too long for what it is: sizeBytes="
                                + input.size()
                                + "; restore an earlier checkpoint.");
            }
            byte[] bytes = new byte[(int) input.size()];
            input.readFully(0, bytes, 0, bytes.length);
            return bytes;
        }
    }
}
