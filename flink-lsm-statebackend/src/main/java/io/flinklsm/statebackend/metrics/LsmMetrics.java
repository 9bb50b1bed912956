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
package io.flinklsm.statebackend.metrics;

import io.flinklsm.core.LsmStore;
import io.flinklsm.core.LsmTree;
import io.flinklsm.core.StoreResources;
import io.flinklsm.core.TreeStats;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.manifest.TreeNames;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.async.AsyncStats;
import io.flinklsm.statebackend.life.BackendLife;
import io.flinklsm.statebackend.snapshot.TransferCounters;
import java.io.File;
import java.io.IOException;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * The metrics of a backend, in the group {@code lsm} of its operator; docs/metrics.md has the
 * table. Nothing is computed before a gauge is read, and 0 is read when the backend is gone. Safe
 * for any thread.
 */
public final class LsmMetrics {

    /** Levels with metrics of their own; the last one counts those below it as well. */
    private static final int LEVELS = 7;

    private final LsmStore store;
    private final BackendLife life;

    private LsmMetrics(LsmStore store, BackendLife life) {
        this.store = store;
        this.life = life;
    }

    /**
     * @param life asked for a lease whenever a gauge is read, for that may be at any time
     */
    public static void register(MetricGroup group, MetricSources sources, BackendLife life) {
        LsmMetrics metrics = new LsmMetrics(sources.store(), life);
        MetricGroup lsm = group.addGroup("lsm");
        metrics.registerContent(lsm);
        metrics.registerReads(lsm);
        metrics.registerWork(lsm, sources.events());
        metrics.registerSlot(lsm, sources.slot(), sources.unaccountedBytes());
        metrics.registerTransfers(lsm, sources.transfers());
        metrics.registerRemote(lsm, sources.storage());
        metrics.registerDisk(lsm, sources.directory().toFile(), sources.localCacheLimitBytes());
    }

    /** The figures of one state, in a group of its own. */
    public static void registerState(MetricGroup group, LsmTree tree, BackendLife life) {
        MetricGroup state = group.addGroup("lsm").addGroup("state", label(tree.name()));
        gauge(state, life, "memtableBytes", () -> tree.stats().memory().bytes());
        gauge(state, life, "entriesEstimated", () -> tree.stats().liveEntries());
        gauge(state, life, "sstables", () -> tree.stats().sstables());
        gauge(state, life, "sstableBytes", () -> tree.stats().sstableBytes());
        gauge(state, life, "liveBytesEstimated", () -> tree.stats().liveBytes());
        gauge(state, life, "sortedRuns", () -> tree.stats().sortedRuns());
        gauge(state, life, "compactionDebtBytes", () -> tree.stats().work().compactionDebtBytes());
        gauge(state, life, "filterFailures", () -> tree.stats().filterFailures());
        gauge(state, life, "memoryReads", () -> tree.stats().reads().memory());
        gauge(state, life, "fileReads", () -> tree.stats().reads().file());
    }

    private static String label(String treeName) {
        String name = TreeNames.nameIn(treeName);
        return TreeNames.isQueue(treeName) ? "queue/" + name : name;
    }

    /** The figures of State V2. */
    public static void registerAsync(MetricGroup group, AsyncStats stats) {
        MetricGroup async = group.addGroup("lsm").addGroup("async");
        async.gauge("batches", (Gauge<Long>) stats::batches);
        async.gauge("requests", (Gauge<Long>) stats::requests);
        async.gauge("memoryReads", (Gauge<Long>) stats::memoryReads);
        async.gauge("fileReads", (Gauge<Long>) stats::fileReads);
        async.gauge("sharedReads", (Gauge<Long>) stats::sharedReads);
        async.gauge("jobs", (Gauge<Long>) stats::jobs);
        async.gauge("mostParallelJobs", (Gauge<Integer>) stats::mostParallelJobs);
    }

    private void registerContent(MetricGroup lsm) {
        gauge(lsm, "memtableBytes", sum(tree -> tree.memory().bytes()));
        gauge(lsm, "entriesEstimated", sum(TreeStats::liveEntries));
        gauge(lsm, "sstables", sum(TreeStats::sstables));
        gauge(lsm, "sstableBytes", sum(TreeStats::sstableBytes));
        gauge(lsm, "liveBytesEstimated", sum(TreeStats::liveBytes));
        gauge(lsm, "mostSortedRuns", this::mostSortedRuns);
        gauge(lsm, "filterFailures", sum(TreeStats::filterFailures));
        gauge(lsm, "openSstables", store::openSstables);
        gauge(lsm, "openSstableBytes", store::openSstableBytes);
        gauge(lsm, "filterAndIndexBytes", store::filterAndIndexBytes);
        for (int number = 0; number < LEVELS; number++) {
            int level = number;
            MetricGroup group = lsm.addGroup("level", String.valueOf(level));
            gauge(
                    group,
                    "sstables",
                    sum(tree -> ofLevel(tree, level, TreeStats.LevelStats::sstables)));
            gauge(group, "bytes", sum(tree -> ofLevel(tree, level, TreeStats.LevelStats::bytes)));
        }
    }

    private void registerReads(MetricGroup lsm) {
        gauge(lsm, "memoryReads", sum(tree -> tree.reads().memory()));
        gauge(lsm, "cacheReads", sum(tree -> tree.reads().cache()));
        gauge(lsm, "fileReads", sum(tree -> tree.reads().file()));
        gauge(lsm, "filteredReads", sum(tree -> tree.reads().noBlock()));
        gauge(lsm, "mergedReads", sum(tree -> tree.reads().merges()));
        gauge(lsm, "filtersAsked", sum(tree -> tree.reads().filtersAsked()));
        gauge(lsm, "filterNegatives", sum(tree -> tree.reads().filterNegatives()));
        gauge(lsm, "filterFalsePositives", sum(tree -> tree.reads().filterFalsePositives()));
    }

    private void registerWork(MetricGroup lsm, EventCounters events) {
        gauge(lsm, "flushesPending", sum(tree -> tree.memory().frozenMemtables()));
        gauge(lsm, "flushesRunning", sum(tree -> tree.work().flushing() ? 1 : 0));
        gauge(lsm, "flushes", events::flushes);
        gauge(lsm, "flushedBytes", events::flushedBytes);
        lsm.histogram("flushMillis", events.flushMillis());
        gauge(lsm, "compactionsPending", sum(tree -> tree.work().compactionPending() ? 1 : 0));
        gauge(lsm, "compactionsRunning", sum(tree -> tree.work().compactionsRunning()));
        gauge(lsm, "compactions", events::compactions);
        gauge(lsm, "compactionReadBytes", events::compactionReadBytes);
        gauge(lsm, "compactionWrittenBytes", events::compactionWrittenBytes);
        gauge(lsm, "compactionDebtBytes", sum(tree -> tree.work().compactionDebtBytes()));
        lsm.histogram("compactionMillis", events.compactionMillis());
        for (StallCause cause : StallCause.values()) {
            MetricGroup group = lsm.addGroup("waitsFor", cause.name().toLowerCase(Locale.ROOT));
            gauge(group, "writesSlowedMillis", () -> events.slowedMillis(cause));
            gauge(group, "writesStoppedMillis", () -> events.stoppedMillis(cause));
        }
        gauge(lsm, "failedDeletes", events::failedDeletes);
        gauge(lsm, "backgroundFailed", () -> store.hasFailed() ? 1 : 0);
    }

    private void registerSlot(MetricGroup lsm, StoreResources slot, long unaccountedBytes) {
        gauge(lsm, "slotMemoryUsedBytes", () -> slot.memory().usedBytes());
        gauge(lsm, "slotMemoryLimitBytes", () -> slot.memory().limitBytes());
        gauge(lsm, "slotMemoryPeakBytes", () -> slot.memory().peakBytes());
        gauge(lsm, "slotMemoryUnaccountedBytes", () -> unaccountedBytes);
        gauge(lsm, "slotEntryBytes", slot::entryBytes);
        gauge(lsm, "slotUnflushedBytes", slot::unflushedBytes);
        gauge(lsm, "slotUnflushedLimitBytes", slot::unflushedLimitBytes);
        gauge(lsm, "slotWriterBytes", slot::writerBytes);
        gauge(lsm, "slotCacheBytes", slot::cacheBytes);
        gauge(lsm, "slotCacheLimitBytes", slot::cacheLimitBytes);
        gauge(lsm, "slotBlockCacheBytes", () -> slot.blockCache().usedBytes());
        gauge(lsm, "slotBlockCacheHits", () -> slot.blockCache().hitCount());
        gauge(lsm, "slotBlockCacheMisses", () -> slot.blockCache().missCount());
    }

    private void registerTransfers(MetricGroup lsm, TransferCounters transfers) {
        gauge(lsm, "uploadedFiles", transfers::uploadedFiles);
        gauge(lsm, "uploadedBytes", transfers::uploadedBytes);
        gauge(lsm, "failedUploads", transfers::failedUploads);
        gauge(lsm, "copiedFiles", transfers::copiedFiles);
        gauge(lsm, "reusedFiles", transfers::reusedFiles);
        lsm.histogram("uploadMillis", transfers.uploadMillis());
        gauge(lsm, "downloadedFiles", transfers::downloadedFiles);
        gauge(lsm, "downloadedBytes", transfers::downloadedBytes);
        gauge(lsm, "restoredFiles", transfers::restoredFiles);
        gauge(lsm, "restoredBytes", transfers::restoredBytes);
    }

    private void registerRemote(MetricGroup lsm, TieredStorage storage) {
        gauge(lsm, "remoteFiles", () -> storage.stats().contents().remoteFiles());
        gauge(lsm, "remoteMissingBytes", () -> storage.stats().contents().missingBytes());
        gauge(lsm, "remoteRequests", () -> storage.stats().requests().count());
        gauge(lsm, "remoteBytes", () -> storage.stats().requests().bytes());
        gauge(lsm, "remoteRetries", () -> storage.stats().requests().retries());
        gauge(lsm, "localHits", () -> storage.stats().hits());
        gauge(lsm, "localMisses", () -> storage.stats().misses());
        gauge(lsm, "localEvictions", () -> storage.stats().evictions());
        gauge(lsm, "earlyUploads", () -> storage.stats().earlyUploads());
        gauge(lsm, "remoteOutputs", () -> storage.stats().remoteOutputs());
        gauge(lsm, "localCacheBytes", () -> storage.stats().contents().localBytes());
    }

    private void registerDisk(MetricGroup lsm, File directory, long localCacheLimitBytes) {
        gauge(lsm, "localCacheLimitBytes", () -> localCacheLimitBytes);
        gauge(lsm, "localDiskFreeBytes", directory::getUsableSpace);
        gauge(lsm, "localDiskTotalBytes", directory::getTotalSpace);
    }

    private void gauge(MetricGroup group, String name, LongSupplier figure) {
        gauge(group, life, name, figure);
    }

    private static void gauge(
            MetricGroup group, BackendLife life, String name, LongSupplier figure) {
        group.gauge(
                name,
                (Gauge<Long>)
                        () -> {
                            try (BackendLife.Lease lease = life.acquire()) {
                                return figure.getAsLong();
                            } catch (IOException e) {
                                // The backend was closed.
                                return 0L;
                            }
                        });
    }

    private LongSupplier sum(ToLongFunction<TreeStats> figure) {
        return () -> store.stats().stream().mapToLong(figure).sum();
    }

    private long mostSortedRuns() {
        return store.stats().stream().mapToLong(TreeStats::sortedRuns).max().orElse(0);
    }

    private static long ofLevel(
            TreeStats tree, int level, ToLongFunction<TreeStats.LevelStats> figure) {
        return tree.levels().stream()
                .filter(each -> Math.min(each.level(), LEVELS - 1) == level)
                .mapToLong(figure)
                .sum();
    }
}
