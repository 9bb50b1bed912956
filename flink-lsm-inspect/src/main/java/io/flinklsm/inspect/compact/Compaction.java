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
package io.flinklsm.inspect.compact;

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.manifest.CheckpointImage;
import io.flinklsm.core.manifest.ManifestCodec;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.sstable.SstableOptions;
import io.flinklsm.core.sstable.SstableWriter;
import io.flinklsm.core.sstable.SstableWriters;
import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.core.storage.StorageOutput;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Locations;
import io.flinklsm.inspect.source.MetadataFile;
import io.flinklsm.inspect.source.MetadataRewrite;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.SourceStorage;
import io.flinklsm.inspect.source.StateView;
import io.flinklsm.inspect.source.SubtaskStore;
import io.flinklsm.statebackend.snapshot.CheckpointNames;
import io.flinklsm.statebackend.snapshot.MetaFile;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.EmptySegmentFileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * Merges the levels of a checkpoint into a complete new one. Used once, by one thread.
 *
 * <ol>
 *   <li>Each state of each subtask is read as Flink would see it after a restore, tombstones
 *       applied and operands folded, and written in one run: one SSTable, unless that would be
 *       larger than a bound.
 *   <li>The manifest and the meta file of the subtask are written. The serializers in the meta file
 *       are copied as bytes; no class is loaded.
 *   <li>Every file of other state is copied, or the part of it that counts.
 *   <li>The metadata says the same as the source's, with the new files by names that are relative
 *       to its directory: a native savepoint that may be moved.
 * </ol>
 *
 * Memory does not depend on the size of the state: the blocks that are read, one row group that is
 * written, filters and indexes of one output.
 */
public final class Compaction {

    /** Above it a footer takes too much memory, and a copy of a file too long to be repeated. */
    public static final long DEFAULT_FILE_BYTES = 8L << 30;

    /** For what is kept of an output until its end; a third of it ends the file early. */
    private static final long WRITER_BYTES = 64L << 20;

    private static final int COPY_BYTES = 1 << 18;

    private final Checkpoint source;
    private final TargetDirectory target;
    private final long maxFileBytes;
    private final long nowMillis;
    private final LongConsumer progress;
    private final SecureRandom random = new SecureRandom();
    private final List<CompactedState> states = new ArrayList<>();

    /** By what they were: one file may hold the state of several operators and channels. */
    private final Map<StreamStateHandle, StreamStateHandle> copies = new HashMap<>();

    private long doneBytes;
    private int copiedFiles;

    private Compaction(
            Checkpoint source,
            TargetDirectory target,
            long maxFileBytes,
            long nowMillis,
            LongConsumer progress) {
        this.source = source;
        this.target = target;
        this.maxFileBytes = maxFileBytes;
        this.nowMillis = nowMillis;
        this.progress = progress;
    }

    /**
     * A state of an operator, before and after.
     *
     * @param before its SSTables in the source
     * @param after what stands for them
     */
    public record CompactedState(StateView before, List<SstableMeta> after) {

        public CompactedState {
            after = List.copyOf(after);
        }

        public long entriesAfter() {
            return after.stream().mapToLong(SstableMeta::entryCount).sum();
        }

        public long bytesAfter() {
            return after.stream().mapToLong(SstableMeta::sizeBytes).sum();
        }
    }

    /**
     * What was done.
     *
     * @param location of the new checkpoint
     * @param states in the order of the source
     * @param files that were written, all together
     * @param copiedFiles those of them with state that is not ours
     */
    public record Result(
            String location, List<CompactedState> states, int files, int copiedFiles, long bytes) {

        public Result {
            states = List.copyOf(states);
        }
    }

    /**
     * Writes a checkpoint's state to a directory.
     *
     * @param into a directory that is new or empty, or has what a killed run left
     * @param maxFileBytes a state of a subtask that would be longer has several SSTables
     * @param progress gets the bytes of the source's SSTables that are done
     * @throws InspectException if the source is no checkpoint, or the directory is not empty
     * @throws IOException if a file cannot be read or written; nothing is left in the directory
     */
    public static Result run(
            Checkpoint source,
            String into,
            long maxFileBytes,
            long nowMillis,
            LongConsumer progress)
            throws IOException {
        if (source.kind() == Checkpoint.Kind.STORE) {
            throw InspectException.usage(
                    "["
                            + source.location()
                            + "] is the directory of a store, of which Flink restores nothing; give"
                            + " the directory of a checkpoint (chk-N) or of a savepoint.");
        }
        Path directory = Locations.parse(into);
        checkApart(source, directory);
        FileStatus status = Locations.status(new Path(source.path(), MetadataFile.NAME));
        if (status == null) {
            throw InspectException.unreadable(
                    "[" + source.location() + "] has gone; give a checkpoint that is retained.");
        }
        CheckpointMetadata metadata = MetadataFile.readWhole(status, source.path());
        String what = "flink-lsm compact " + source.location() + ", checkpoint " + source.id();
        try (TargetDirectory target = TargetDirectory.open(directory, what)) {
            return new Compaction(source, target, maxFileBytes, nowMillis, progress)
                    .run(metadata, directory);
        }
    }

    /** A checkpoint inside of another one would go with it. */
    private static void checkApart(Checkpoint source, Path directory) {
        String from = source.path().getPath() + Path.SEPARATOR;
        String to = directory.getPath() + Path.SEPARATOR;
        if (Locations.sameOrigin(source.path(), directory) && to.startsWith(from)) {
            throw InspectException.usage(
                    "["
                            + Locations.display(directory)
                            + "] lies in the checkpoint that is read; give a directory elsewhere.");
        }
    }

    private Result run(CheckpointMetadata metadata, Path directory) throws IOException {
        Map<String, Operator> operators = new HashMap<>();
        source.operators().forEach(operator -> operators.put(operator.uidHash(), operator));
        List<OperatorState> rewritten = new ArrayList<>();
        for (OperatorState state : metadata.getOperatorStates()) {
            Operator operator = operators.get(state.getOperatorID().toHexString());
            if (operator == null) {
                throw changed();
            }
            rewritten.add(MetadataRewrite.copy(state, new OperatorMapping(operator)));
        }
        target.complete(
                new CheckpointMetadata(
                        metadata.getCheckpointId(),
                        rewritten,
                        metadata.getMasterStates(),
                        CheckpointProperties.forSavepoint(false, SavepointFormatType.NATIVE)));
        return new Result(
                Locations.display(directory),
                inOrder(),
                target.fileCount(),
                copiedFiles,
                target.writtenBytes());
    }

    private InspectException changed() {
        return InspectException.unreadable(
                "["
                        + source.location()
                        + "] its metadata changed while it was read; give a checkpoint that is"
                        + " complete and retained.");
    }

    /** The parts of one state together. */
    private List<CompactedState> inOrder() {
        List<CompactedState> joined = new ArrayList<>();
        for (StateView view : source.states()) {
            List<SstableMeta> after = new ArrayList<>();
            for (CompactedState part : states) {
                if (part.before().operator().uidHash().equals(view.operator().uidHash())
                        && part.before().treeName().equals(view.treeName())) {
                    after.addAll(part.after());
                }
            }
            joined.add(new CompactedState(view, after));
        }
        return joined;
    }

    /** What stands for the state of one operator. */
    private final class OperatorMapping implements MetadataRewrite.Mapping {

        private final Operator operator;

        /** In the order of subtasks, as the metadata is gone through. */
        private final Iterator<SubtaskStore> stores;

        private int files;

        OperatorMapping(Operator operator) {
            this.operator = operator;
            this.stores = operator.stores().iterator();
        }

        @Override
        public @Nullable KeyedStateHandle keyed(
                OperatorState state, int subtask, KeyedStateHandle handle) throws IOException {
            if (!Checkpoint.isOurs(handle)) {
                return null;
            }
            if (!stores.hasNext()) {
                throw changed();
            }
            SubtaskStore store = stores.next();
            if (store.subtask() != subtask
                    || store.keyGroups().first() != handle.getKeyGroupRange().getStartKeyGroup()
                    || store.keyGroups().last() != handle.getKeyGroupRange().getEndKeyGroup()) {
                throw changed();
            }
            return compact(store, (IncrementalRemoteKeyedStateHandle) handle);
        }

        private KeyedStateHandle compact(
                SubtaskStore store, IncrementalRemoteKeyedStateHandle handle) throws IOException {
            byte[] metaBody = store.metaBody();
            List<HandleAndLocalPath> sstables = new ArrayList<>();
            List<TreeImage> trees = new ArrayList<>();
            long bytes = 0;
            for (TreeImage tree : store.image().trees()) {
                List<SstableMeta> outputs = merge(store, tree);
                for (SstableMeta output : outputs) {
                    sstables.add(
                            HandleAndLocalPath.of(
                                    target.handle(output.fileName(), output.sizeBytes()),
                                    output.fileName()));
                    bytes += output.sizeBytes();
                }
                trees.add(new TreeImage(tree.treeName(), outputs));
            }
            CheckpointImage image =
                    new CheckpointImage(
                            store.image().checkpointId(), store.image().createdMillis(), trees);
            byte[] manifest = ManifestCodec.encode(image, operator.uidHash());
            String name = nextName(store.subtask());
            StreamStateHandle manifestHandle = target.write(name + ".manifest", manifest);
            StreamStateHandle metaHandle =
                    target.write(name + ".meta", MetaFile.encode(metaBody, manifest));
            bytes += manifestHandle.getStateSize() + metaHandle.getStateSize();
            return new IncrementalRemoteKeyedStateHandle(
                    UUID.randomUUID(),
                    handle.getKeyGroupRange(),
                    handle.getCheckpointId(),
                    sstables,
                    List.of(HandleAndLocalPath.of(manifestHandle, CheckpointNames.MANIFEST)),
                    metaHandle,
                    bytes);
        }

        /** One tree of one subtask into one run. */
        private List<SstableMeta> merge(SubtaskStore store, TreeImage tree) throws IOException {
            StateView view =
                    new StateView(
                            operator,
                            tree.treeName(),
                            List.of(new StateView.Part(store, tree.sstables())));
            List<SstableMeta> outputs = new ArrayList<>();
            if (!tree.sstables().isEmpty()) {
                long before = doneBytes;
                try (MergedState state = MergedState.open(view);
                        EntryCursor entries = state.partCursor(0, KeyRange.ALL)) {
                    long readBefore = state.bytesRead();
                    new RunWriter(view, state.columns())
                            .write(
                                    entries,
                                    outputs,
                                    () -> progress.accept(before + state.bytesRead() - readBefore));
                }
                doneBytes = before + view.sizeBytes();
                progress.accept(doneBytes);
            }
            states.add(new CompactedState(view, outputs));
            return outputs;
        }

        @Override
        public StreamStateHandle file(StreamStateHandle handle) throws IOException {
            if (handle instanceof ByteStreamStateHandle) {
                return handle;
            }
            if (handle instanceof EmptySegmentFileStateHandle) {
                return new ByteStreamStateHandle("empty", new byte[0]);
            }
            StreamStateHandle known = copies.get(handle);
            if (known != null) {
                return known;
            }
            String name = nextName(0) + ".state";
            SourceStorage storage = SourceStorage.of(name, handle, source.path());
            long bytes = 0;
            try (StorageInput input = storage.open(name);
                    StorageOutput output = target.create(name)) {
                if (input.size() != handle.getStateSize()) {
                    throw InspectException.corrupt(
                            "["
                                    + storage.describe(name)
                                    + "] is not as long as the metadata says: length="
                                    + input.size()
                                    + ", inMetadata="
                                    + handle.getStateSize()
                                    + "; use an earlier checkpoint.",
                            null);
                }
                byte[] buffer = new byte[(int) Math.min(COPY_BYTES, input.size())];
                while (bytes < input.size()) {
                    int byteCount = (int) Math.min(buffer.length, input.size() - bytes);
                    input.readFully(bytes, buffer, 0, byteCount);
                    output.write(buffer, 0, byteCount);
                    bytes += byteCount;
                }
                output.finish();
            }
            copiedFiles++;
            StreamStateHandle copy = target.handle(name, bytes);
            copies.put(handle, copy);
            return copy;
        }

        private String nextName(int subtask) {
            return operator.uidHash() + "-" + subtask + "-" + files++;
        }
    }

    /** Writes one run of SSTables. */
    private final class RunWriter {

        /** How many entries are written before the run looks up; a power of two. */
        private static final int CHECK_INTERVAL = 256;

        private final @Nullable EntryColumns columns;
        private final SstableOptions options;
        private final SstableWriters.Run run;

        RunWriter(StateView view, @Nullable EntryColumns columns) {
            this.columns = columns;
            this.options = SstableOptions.DEFAULTS.withKeyGroupBytes(view.keyGroupBytes());
            List<SstableMeta> inputs = view.sstables();
            this.run =
                    new SstableWriters.Run(
                            view.treeName(),
                            Math.max(
                                    1,
                                    inputs.stream().mapToInt(SstableMeta::level).max().orElse(1)),
                            true,
                            inputs.stream().mapToLong(SstableMeta::generation).max().orElse(0),
                            inputs.stream()
                                    .mapToLong(SstableMeta::minWriteTimeMillis)
                                    .min()
                                    .orElse(0),
                            inputs.stream()
                                    .mapToLong(SstableMeta::maxWriteTimeMillis)
                                    .max()
                                    .orElse(0));
        }

        void write(EntryCursor entries, List<SstableMeta> outputs, Runnable tellProgress)
                throws IOException {
            MemoryBudget budget = MemoryBudget.root("compact", WRITER_BYTES);
            try {
                MemoryBudget ofWriter = budget.child("writer", WRITER_BYTES, WRITER_BYTES);
                SstableWriters writers =
                        new SstableWriters(target, options, ofWriter, () -> nowMillis, random);
                boolean more = entries.next();
                while (more) {
                    try (SstableWriter writer = writers.open(run, columns)) {
                        do {
                            writer.add(entries);
                            if ((writer.entryCount() & (CHECK_INTERVAL - 1)) == 0) {
                                tellProgress.run();
                            }
                            more = entries.next();
                        } while (more
                                && !writer.isFull()
                                && writer.estimatedBytes() < maxFileBytes);
                        outputs.add(writer.finish());
                    }
                }
            } finally {
                budget.close();
            }
        }
    }
}
