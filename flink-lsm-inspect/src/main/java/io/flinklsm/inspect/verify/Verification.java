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
import io.flinklsm.core.checkpoint.TreeImage;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.core.errors.CorruptionException;
import io.flinklsm.core.memory.MemoryBudget;
import io.flinklsm.core.sstable.OpenSstables;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.core.version.Version;
import io.flinklsm.core.version.VersionChecker;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.SubtaskStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Checks a checkpoint: metadata, manifests and meta files against their checksums, every page of
 * every SSTable against its own, order and counts of entries, the level invariant, and that keys
 * are in the key groups of their subtask. Confined to one thread.
 */
public final class Verification {

    private static final long BUDGET_BYTES = 96L << 20;

    private final boolean quick;
    private final LongConsumer progress;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<String> checked = new HashSet<>();
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
     * @param sstables how many were looked at, each once
     * @param bytes their length
     * @param entries in them
     */
    public record Result(List<Finding> findings, int sstables, long bytes, long entries) {

        public Result {
            findings = List.copyOf(findings);
        }
    }

    /** Takes what opening the checkpoint brought to light already. */
    public void addProblem(Exception problem) {
        findings.add(finding("", problem));
    }

    public Result run(Checkpoint checkpoint) {
        for (Operator operator : checkpoint.operators()) {
            for (SubtaskStore store : operator.stores()) {
                verifyStore(operator, store);
            }
        }
        return new Result(findings, sstables, bytes, entries);
    }

    private void verifyStore(Operator operator, SubtaskStore store) {
        attempt("meta", store::checkMetaFile);
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

    private void verifyTree(
            Operator operator, SubtaskStore store, TreeImage tree, OpenSstables open) {
        for (SstableMeta meta : tree.sstables()) {
            // A file may be listed twice, with two clips, and by several subtasks.
            if (checked.add(meta.fileName() + "/" + meta.tailChecksum())) {
                long before = store.storage().bytesRead();
                attempt(
                        store.storage().describe(meta.fileName()),
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
        if (store.firstKeyGroup() < 0 || operator.maxParallelism() <= 0) {
            return;
        }
        int keyGroupBytes = operator.maxParallelism() > 128 ? 2 : 1;
        KeyRange allowed =
                new KeyRange(
                        prefix(store.firstKeyGroup(), keyGroupBytes),
                        KeyRange.successorOfPrefix(prefix(store.lastKeyGroup(), keyGroupBytes)));
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
                                    + store.firstKeyGroup()
                                    + "-"
                                    + store.lastKeyGroup()
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

    private void attempt(String location, Check check) {
        try {
            check.run();
        } catch (IOException | RuntimeException e) {
            findings.add(finding(location, e));
        } catch (OutOfMemoryError e) {
            findings.add(
                    new Finding(
                            Finding.Kind.DAMAGED,
                            location,
                            "["
                                    + location
                                    + "] needs more memory than there is: "
                                    + e.getMessage()
                                    + "; it declares more than it holds, or this program has too"
                                    + " little (FLINK_LSM_JAVA_OPTS=-Xmx1g)"));
        }
    }

    private static Finding finding(String location, Exception e) {
        String message = String.valueOf(e.getMessage());
        Finding.Kind kind = Finding.Kind.UNREADABLE;
        if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
            kind = Finding.Kind.MISSING;
            message = "[" + message + "] the file is missing";
        } else if (e instanceof CorruptionException
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
        }
        return new Finding(kind, location, message);
    }
}
