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

import io.flinklsm.core.manifest.TreeImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * What the user pointed at, opened: a checkpoint, a native savepoint, or the directory of a store.
 * Metadata and manifests are read, SSTables are not. Immutable; safe for any thread.
 *
 * <pre>
 * Checkpoint → Operator → SubtaskStore (image, storage)       as it is stored
 *            → StateView → Part (a tree in one subtask's store)   as the job sees it
 * </pre>
 *
 * @param id Flink's; -1 if unknown
 * @param createdMillis since the epoch; -1 if unknown
 */
public record Checkpoint(
        Path path, Kind kind, long id, long createdMillis, List<Operator> operators) {

    /** What it is. */
    public enum Kind {
        CHECKPOINT,
        SAVEPOINT,
        STORE;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Checkpoint {
        operators = List.copyOf(operators);
    }

    /**
     * Opens a directory with {@code _metadata}, that file itself, or the directory of a store
     * ({@code MANIFEST}, or bare {@code .parquet} files).
     *
     * @throws InspectException if there is nothing of that kind, it is damaged, or holds no state
     *     of ours
     */
    public static Checkpoint open(String location) throws IOException {
        return open(location, null, false);
    }

    /**
     * Like {@link #open(String)}, and canonical savepoints of every backend, too: their states have
     * rows instead of SSTables, see {@link StateView#isRows}.
     */
    public static Checkpoint openAny(String location) throws IOException {
        return open(location, null, true);
    }

    /**
     * Like {@link #open(String)}, but goes on when a subtask's store cannot be opened, so that all
     * that is wrong can be told.
     *
     * @param problems gets each failure; null to throw the first
     */
    public static Checkpoint open(String location, @Nullable Consumer<Exception> problems)
            throws IOException {
        return open(location, problems, false);
    }

    private static Checkpoint open(
            String location, @Nullable Consumer<Exception> problems, boolean withRows)
            throws IOException {
        Path path = Locations.parse(location);
        FileStatus status = Locations.status(path);
        if (status == null) {
            throw InspectException.unreadable(
                    "["
                            + Locations.display(path)
                            + "] there is no such file or directory; give the directory of a"
                            + " checkpoint (chk-N), of a savepoint, or of a store.");
        }
        if (!status.isDir()) {
            if (path.getName().equals(MetadataFile.NAME)) {
                return CheckpointReader.read(status, path.getParent(), problems, withRows);
            }
            path = path.getParent();
        }
        FileStatus metadata = Locations.status(new Path(path, MetadataFile.NAME));
        return metadata != null
                ? CheckpointReader.read(metadata, path, problems, withRows)
                : StoreReader.read(path);
    }

    /** Whether keyed state in Flink's metadata is ours, and so one of a subtask's stores. */
    public static boolean isOurs(KeyedStateHandle handle) {
        return CheckpointReader.isOurs(handle);
    }

    /**
     * Whether a location is a checkpoint, a savepoint or a store, or at least no directory of
     * checkpoints: then {@link #open(String)} says what is wrong with it.
     */
    public static boolean isOne(String location) throws IOException {
        Path path = Locations.parse(location);
        FileStatus status = Locations.status(path);
        if (status == null
                || !status.isDir()
                || Locations.status(new Path(path, MetadataFile.NAME)) != null) {
            return true;
        }
        // A store is flat, and checkpoints are directories.
        return Locations.list(path).stream().noneMatch(FileStatus::isDir);
    }

    public String location() {
        return Locations.display(path);
    }

    /** All states of ours, operator by operator, in the order of their names in the images. */
    public List<StateView> states() {
        return states(Operator::stores);
    }

    /** Operator state: lists, unions and broadcast state. Its files are not opened yet. */
    public List<StateView> operatorStates() {
        return states(Operator::operatorStores);
    }

    private List<StateView> states(Function<Operator, List<SubtaskStore>> stores) {
        List<StateView> states = new ArrayList<>();
        for (Operator operator : operators) {
            Map<String, List<StateView.Part>> parts = new LinkedHashMap<>();
            for (SubtaskStore store : stores.apply(operator)) {
                for (TreeImage tree : store.image().trees()) {
                    parts.computeIfAbsent(tree.treeName(), name -> new ArrayList<>())
                            .add(new StateView.Part(store, tree.sstables()));
                }
            }
            parts.forEach((tree, of) -> states.add(new StateView(operator, tree, of)));
        }
        return states;
    }

    /** Length of all files of the SSTables, each counted once. */
    public long sstableBytes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (StateView state : states()) {
            state.sstables().forEach(meta -> sizes.put(meta.fileName(), meta.sizeBytes()));
        }
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Bytes of keyed state of ours: SSTables, and what says how they belong together. A file that
     * several subtasks share counts once.
     */
    public long totalBytes() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        long sum = 0;
        for (Operator operator : operators) {
            for (SubtaskStore store : operator.stores()) {
                for (SourceFile file : store.storage().files().values()) {
                    if (file.isShared()) {
                        sizes.put(file.location(), file.sizeBytes());
                    } else {
                        sum += file.sizeBytes();
                    }
                }
            }
        }
        return sum + sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Those of {@link #totalBytes} that this checkpoint wrote, the rest it has from earlier ones;
     * -1 if unknown.
     */
    public long newBytes() {
        long sum = 0;
        for (Operator operator : operators) {
            for (SubtaskStore store : operator.stores()) {
                if (store.newBytes() < 0) {
                    return -1;
                }
                sum += store.newBytes();
            }
        }
        return sum;
    }
}
