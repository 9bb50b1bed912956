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
import io.flinklsm.core.StoreResources;
import io.flinklsm.core.TreeStats;
import io.flinklsm.core.storage.tiered.TieredStorage;
import io.flinklsm.statebackend.async.AsyncStats;
import io.flinklsm.statebackend.life.BackendLife;
import java.io.IOException;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** The gauges of a backend, in the group {@code lsm} of its operator. Safe for any thread. */
public final class LsmMetrics {

    private final LsmStore store;
    private final BackendLife life;

    private LsmMetrics(LsmStore store, BackendLife life) {
        this.store = store;
        this.life = life;
    }

    /**
     * @param life asked for a lease whenever a gauge is read, for that may be at any time
     */
    public static void register(
            MetricGroup group,
            LsmStore store,
            StoreResources slot,
            TieredStorage storage,
            BackendLife life) {
        LsmMetrics metrics = new LsmMetrics(store, life);
        MetricGroup lsm = group.addGroup("lsm");
        lsm.gauge("memtableBytes", metrics.gauge(metrics::memtableBytes));
        lsm.gauge("sstables", metrics.gauge(metrics::sstables));
        lsm.gauge("sstableBytes", metrics.gauge(metrics::sstableBytes));
        lsm.gauge("filterFailures", metrics.gauge(metrics::filterFailures));
        lsm.gauge("slotMemoryUsedBytes", metrics.gauge(() -> slot.memory().usedBytes()));
        lsm.gauge("slotBlockCacheHits", metrics.gauge(() -> slot.blockCache().hitCount()));
        lsm.gauge("slotBlockCacheMisses", metrics.gauge(() -> slot.blockCache().missCount()));
        registerRemote(lsm, metrics, storage);
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

    private static void registerRemote(MetricGroup lsm, LsmMetrics metrics, TieredStorage storage) {
        lsm.gauge("remoteFiles", metrics.gauge(() -> storage.stats().remoteFiles()));
        lsm.gauge("remoteMissingBytes", metrics.gauge(() -> storage.stats().missingBytes()));
        lsm.gauge("remoteRequests", metrics.gauge(() -> storage.stats().remoteRequests()));
        lsm.gauge("remoteBytes", metrics.gauge(() -> storage.stats().remoteBytes()));
        lsm.gauge("remoteRetries", metrics.gauge(() -> storage.stats().retries()));
        lsm.gauge("localHits", metrics.gauge(() -> storage.stats().hits()));
        lsm.gauge("localMisses", metrics.gauge(() -> storage.stats().misses()));
        lsm.gauge("localEvictions", metrics.gauge(() -> storage.stats().evictions()));
        lsm.gauge("earlyUploads", metrics.gauge(() -> storage.stats().earlyUploads()));
        lsm.gauge("localCacheBytes", metrics.gauge(() -> storage.stats().localBytes()));
    }

    private Gauge<Long> gauge(LongSupplier figure) {
        return () -> {
            try (BackendLife.Lease lease = life.acquire()) {
                return figure.getAsLong();
            } catch (IOException e) {
                // The backend was closed.
                return 0L;
            }
        };
    }

    private long memtableBytes() {
        return store.stats().stream().mapToLong(TreeStats::memtableBytes).sum();
    }

    private long filterFailures() {
        return store.stats().stream().mapToLong(TreeStats::filterFailures).sum();
    }

    private long sstables() {
        return store.stats().stream()
                .flatMap(tree -> tree.levels().stream())
                .mapToLong(TreeStats.LevelStats::sstables)
                .sum();
    }

    private long sstableBytes() {
        return store.stats().stream()
                .flatMap(tree -> tree.levels().stream())
                .mapToLong(TreeStats.LevelStats::bytes)
                .sum();
    }
}
