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
package io.flinklsm.inspect.verify;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.cache.BlockCache;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.manifest.TreeImage;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionChecker;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.OtherFile;
import io.flinklsm.inspect.source.Reasons;
import io.flinklsm.inspect.source.SourceFile;
import io.flinklsm.inspect.source.SubtaskStore;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Checks a checkpoint: metadata, manifests and meta files against their checksums, every page of
 * every SSTable against its own, order and counts of entries, the level invariant, and that keys
 * are in the key groups of their subtask. Of what has no checksum, the metadata and the files of
 * other state, ids, key groups, lengths and offsets; the result names what that leaves open.
 * Confined to one thread.
 */
public final class Verification {

    private static final long BUDGET_BYTES = 96L << 20;
    private static final long UNKNOWN = -1;

    private final boolean quick;
    private final LongConsumer progress;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<String> checked = new HashSet<>();

    /** Of state that is not ours: the lengths of its files, by where the metadata says they are. */
    private final Map<String, Long> otherLengths = new HashMap<>();

    private int sstables;
    private long bytes;
    private long entries;

    /**
     * @param quick whether only the ends of files are read: footers, indexes, bloom filters
     * @param progress gets the bytes that are done
     */
    public Verification(boolean quick, LongConsumer progress) {
        this.quick = quick;
        this.progress = progress;
    }

    /**
     * What was found.
     *
     * @param notCovered what could be wrong and would not be found, a part of a sentence each
     * @param sstables how many were looked at, each once
     * @param bytes their length
     * @param entries in them
     */
    public record Result(
            List<Finding> findings,
            List<String> notCovered,
            int sstables,
            long bytes,
            long entries) {

        public Result {
            findings = List.copyOf(findings);
            notCovered = List.copyOf(notCovered);
        }
    }

    /** Takes what opening the checkpoint brought to light already. */
    public void addProblem(Exception problem) {
        findings.add(finding("", problem));
    }

    public Result run(Checkpoint checkpoint) {
        for (Operator operator : checkpoint.operators()) {
            verifyKinds(checkpoint, operator);
            for (SubtaskStore store : operator.stores()) {
                if (checkpoint.kind() != Checkpoint.Kind.STORE) {
                    verifyHandle(checkpoint, operator, store);
                }
                verifyStore(operator, store);
            }
            for (OtherFile other : operator.others().files()) {
                verifyOther(operator, other);
            }
        }
        return new Result(
                findings, notCovered(checkpoint, otherLengths.size()), sstables, bytes, entries);
    }

    private List<String> notCovered(Checkpoint checkpoint, int otherFiles) {
        List<String> notCovered = new ArrayList<>();
        if (checkpoint.kind() != Checkpoint.Kind.STORE) {
            notCovered.add(
                    "_metadata has no checksum: its structure, lengths and key groups were"
                            + " checked, names and ids of operators and how much is new were not");
        }
        for (Operator operator : checkpoint.operators()) {
            if (operator.stores().stream()
                    .anyMatch(store -> store.description().manifest() == null)) {
                notCovered.add(
                        "there is no manifest: SSTables that are missing were not noticed, nor"
                                + " those that do not belong here");
            }
        }
        if (otherFiles > 0) {
            notCovered.add(
                    "state that is not ours has no checksums: of "
                            + otherFiles
                            + (otherFiles == 1 ? " file" : " files")
                            + " lengths and offsets were checked, the contents were not");
        }
        if (quick) {
            notCovered.add("--quick reads the ends of SSTables: their blocks were not checked");
        }
        return notCovered;
    }

    /** A job has one state backend, so that keyed state of others is ours with a wrong label. */
    private void verifyKinds(Checkpoint checkpoint, Operator operator) {
        for (Operator.OtherState other : operator.others().states()) {
            if (other.isKeyed()) {
                damaged(
                        checkpoint.location(),
                        "["
                                + checkpoint.location()
                                + "/_metadata] names keyed state that is not ours beside some that"
                                + " is: operator="
                                + operator.label()
                                + ", kind="
                                + other.kind()
                                + ", bytes="
                                + other.bytes());
            }
        }
    }

    /** What the metadata says of a subtask, against what its files say themselves. */
    private void verifyHandle(Checkpoint checkpoint, Operator operator, SubtaskStore store) {
        String place =
                "[" + checkpoint.location() + "/_metadata] " + place(operator, store.subtask());
        long imageId = store.image().checkpointId();
        if (store.checkpointId() != imageId || checkpoint.id() != imageId) {
            damaged(
                    checkpoint.location(),
                    place
                            + ": checkpoint ids differ: inManifest="
                            + imageId
                            + ", ofSubtask="
                            + store.checkpointId()
                            + ", ofCheckpoint="
                            + checkpoint.id());
        }
        String expected =
                store.expectedKeyGroups(operator.parallelism(), operator.maxParallelism());
        String stated = store.keyGroups().first() + "-" + store.keyGroups().last();
        if (!stated.equals(expected)) {
            damaged(
                    checkpoint.location(),
                    place
                            + ": key groups are not those of this subtask: stated="
                            + stated
                            + ", expected="
                            + expected);
        }
        if (store.newBytes() > store.totalBytes()) {
            damaged(
                    checkpoint.location(),
                    place
                            + ": more bytes are new than there are: new="
                            + store.newBytes()
                            + ", all="
                            + store.totalBytes());
        }
        Map<String, Long> manifestLengths = new HashMap<>();
        for (TreeImage tree : store.image().trees()) {
            tree.sstables().forEach(meta -> manifestLengths.put(meta.fileName(), meta.sizeBytes()));
        }
        for (SourceFile file : store.storage().files().values()) {
            Long inManifest = manifestLengths.get(file.name());
            attempt(
                    () -> store.storage().describe(file.name()),
                    () ->
                            verifyLength(
                                    inManifest == null
                                            ? store.storage().size(file.name())
                                            : inManifest,
                                    file,
                                    store.storage().describe(file.name())));
        }
    }

    /** Data in flight of many channels stand in one file, which is looked at once. */
    private void verifyOther(Operator operator, OtherFile other) {
        String stated = other.file().location();
        if (!otherLengths.containsKey(stated)) {
            otherLengths.put(stated, UNKNOWN);
            attempt(
                    other::location,
                    () -> {
                        long length = other.length();
                        otherLengths.put(stated, length);
                        verifyLength(length, other.file(), other.location());
                    });
        }
        long length = otherLengths.getOrDefault(stated, UNKNOWN);
        if (length != UNKNOWN) {
            verifyPlaces(operator, other, length);
        }
    }

    private void verifyPlaces(Operator operator, OtherFile other, long length) {
        for (OtherFile.Places places : other.places()) {
            if (places.lowest() < 0 || places.highest() > length || !places.ascend()) {
                damaged(
                        other.location(),
                        "["
                                + other.location()
                                + "] the metadata names places in it that cannot be: "
                                + other.what()
                                + " of "
                                + place(operator, other.subtask())
                                + ", name="
                                + places.name()
                                + ", lowest="
                                + places.lowest()
                                + ", highest="
                                + places.highest()
                                + ", ascend="
                                + places.ascend()
                                + ", length="
                                + length);
            }
        }
    }

    private void verifyLength(long length, SourceFile file, String location) {
        if (length != file.sizeBytes()) {
            damaged(
                    location,
                    "["
                            + location
                            + "] is not as long as the metadata says: length="
                            + length
                            + ", inMetadata="
                            + file.sizeBytes());
        }
    }

    private static String place(Operator operator, int subtask) {
        return "operator=" + operator.label() + (subtask < 0 ? "" : ", subtask=" + subtask);
    }

    private void damaged(String location, String message) {
        findings.add(new Finding(Finding.Kind.DAMAGED, location, message));
    }

    private void verifyStore(Operator operator, SubtaskStore store) {
        attempt(() -> metaLocation(store), store::checkMetaFile);
        MemoryBudget budget = MemoryBudget.root("verify", BUDGET_BYTES);
        BlockCache cache = new BlockCache(budget.child("cache", 0, BUDGET_BYTES / 4));
        OpenSstables open = new OpenSstables(store.storage(), budget, cache, 1);
        try {
            for (TreeImage tree : store.image().trees()) {
                verifyTree(operator, store, tree, open);
            }
        } finally {
            open.close();
            cache.close();
            budget.close();
        }
    }

    private static String metaLocation(SubtaskStore store) {
        SourceFile meta = store.description().metaFile();
        return meta == null ? "meta" : store.storage().describe(meta.name());
    }

    private void verifyTree(
            Operator operator, SubtaskStore store, TreeImage tree, OpenSstables open) {
        for (SstableMeta meta : tree.sstables()) {
            // A file may be listed twice, with two clips, and by several subtasks.
            if (checked.add(meta.fileName() + "/" + meta.tailChecksum())) {
                long before = store.storage().bytesRead();
                attempt(
                        () -> store.storage().describe(meta.fileName()),
                        () -> {
                            if (quick) {
                                open.verify(meta);
                            } else {
                                open.verifyBlocks(meta, read -> tellProgress(store, before));
                            }
                        });
                sstables++;
                bytes += meta.sizeBytes();
                entries += meta.entryCount();
                progress.accept(bytes);
            }
            verifyKeyGroups(operator, store, meta);
        }
        Version version = Version.of(tree.sstables().stream().map(open::of).toList());
        String problem = VersionChecker.findProblem(version);
        if (problem != null) {
            findings.add(
                    new Finding(
                            Finding.Kind.LEVELS,
                            tree.treeName(),
                            "[tree "
                                    + tree.treeName()
                                    + "] its SSTables do not fit together: "
                                    + problem
                                    + ", operator="
                                    + operator.label()
                                    + ", subtask="
                                    + store.subtask()));
        }
    }

    private void tellProgress(SubtaskStore store, long before) {
        progress.accept(bytes + store.storage().bytesRead() - before);
    }

    private void verifyKeyGroups(Operator operator, SubtaskStore store, SstableMeta meta) {
        if (store.keyGroups().first() < 0 || operator.maxParallelism() <= 0) {
            return;
        }
        int keyGroupBytes = operator.maxParallelism() > 128 ? 2 : 1;
        KeyRange allowed =
                new KeyRange(
                        prefix(store.keyGroups().first(), keyGroupBytes),
                        KeyRange.successorOfPrefix(
                                prefix(store.keyGroups().last(), keyGroupBytes)));
        KeyRange visible = meta.visibleRange();
        if (!visible.isEmpty() && !visible.intersect(allowed).equals(visible)) {
            findings.add(
                    new Finding(
                            Finding.Kind.KEY_RANGE,
                            store.storage().describe(meta.fileName()),
                            "["
                                    + store.storage().describe(meta.fileName())
                                    + "] holds keys outside of its subtask's key groups: operator="
                                    + operator.label()
                                    + ", subtask="
                                    + store.subtask()
                                    + ", keyGroups="
                                    + store.keyGroups().first()
                                    + "-"
                                    + store.keyGroups().last()
                                    + ", minKey="
                                    + meta.minKey()
                                    + ", maxKey="
                                    + meta.maxKey()));
        }
    }

    private static OwnedSlice prefix(int keyGroup, int keyGroupBytes) {
        return OwnedSlice.wrap(
                keyGroupBytes == 1
                        ? new byte[] {(byte) keyGroup}
                        : new byte[] {(byte) (keyGroup >>> 8), (byte) keyGroup});
    }

    private interface Check {
        void run() throws IOException;
    }

    /**
     * @param location what was checked, asked afterwards: only then it is known where a file was
     */
    private void attempt(Supplier<String> location, Check check) {
        try {
            check.run();
        } catch (IOException | RuntimeException e) {
            findings.add(finding(location.get(), e));
        } catch (OutOfMemoryError e) {
            findings.add(
                    new Finding(
                            Finding.Kind.DAMAGED,
                            location.get(),
                            "["
                                    + location.get()
                                    + "] needs more memory than there is: "
                                    + e.getMessage()
                                    + "; it declares more than it holds, or this program has too"
                                    + " little (FLINK_LSM_JAVA_OPTS=-Xmx1g)"));
        }
    }

    private static Finding finding(String location, Exception e) {
        String message = Reasons.of(e);
        Finding.Kind kind = Finding.Kind.UNREADABLE;
        if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
            kind = Finding.Kind.MISSING;
            message = "[" + e.getMessage() + "] the file is missing";
        } else if (e instanceof CorruptionException
                || e instanceof EOFException
                || (e instanceof InspectException known
                        && known.exitCode() == InspectException.CORRUPT)) {
            kind =
                    e.getCause() instanceof NoSuchFileException
                            ? Finding.Kind.MISSING
                            : Finding.Kind.DAMAGED;
        } else if (e instanceof RuntimeException && !(e instanceof InspectException)) {
            // The engine never fails like this on files that it wrote.
            kind = Finding.Kind.DAMAGED;
            message = "[" + location + "] " + e;
        } else if (!message.startsWith("[")) {
            message = "[" + location + "] cannot be read: " + message;
        }
        return new Finding(kind, location, message);
    }
}
