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

import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.events.LsmEventListener;
import io.flinklsm.core.sstable.SstableMeta;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** Counts the events of one store. Safe for any thread; none of the events is of a hot path. */
public final class EventCounters implements LsmEventListener {

    /** What percentiles are taken of: the latest so many. */
    private static final int WINDOW = 256;

    private final LongAdder flushes = new LongAdder();
    private final LongAdder flushedBytes = new LongAdder();
    private final Histogram flushMillis = new DescriptiveStatisticsHistogram(WINDOW);
    private final LongAdder compactions = new LongAdder();
    private final LongAdder compactionReadBytes = new LongAdder();
    private final LongAdder compactionWrittenBytes = new LongAdder();
    private final Histogram compactionMillis = new DescriptiveStatisticsHistogram(WINDOW);
    private final Map<StallCause, LongAdder> slowedNanos = adders();
    private final Map<StallCause, LongAdder> stoppedNanos = adders();
    private final LongAdder failedDeletes = new LongAdder();

    private static Map<StallCause, LongAdder> adders() {
        Map<StallCause, LongAdder> adders = new EnumMap<>(StallCause.class);
        for (StallCause cause : StallCause.values()) {
            adders.put(cause, new LongAdder());
        }
        return adders;
    }

    @Override
    public void onEvent(LsmEvent event) {
        if (event instanceof LsmEvent.FlushEnd flush) {
            flushes.increment();
            flushedBytes.add(bytes(flush.written()));
            flushMillis.update(TimeUnit.NANOSECONDS.toMillis(flush.durationNanos()));
        } else if (event instanceof LsmEvent.CompactionEnd compaction) {
            compactions.increment();
            compactionReadBytes.add(bytes(compaction.inputs()));
            compactionWrittenBytes.add(bytes(compaction.outputs()));
            compactionMillis.update(TimeUnit.NANOSECONDS.toMillis(compaction.durationNanos()));
        } else if (event instanceof LsmEvent.Stall stall) {
            of(stall.stopped() ? stoppedNanos : slowedNanos, stall.cause())
                    .add(stall.durationNanos());
        } else if (event instanceof LsmEvent.FileDeleteFailed) {
            failedDeletes.increment();
        }
    }

    private static long bytes(List<SstableMeta> sstables) {
        return sstables.stream().mapToLong(SstableMeta::sizeBytes).sum();
    }

    private static LongAdder of(Map<StallCause, LongAdder> adders, StallCause cause) {
        return Objects.requireNonNull(adders.get(cause), "every cause has an adder");
    }

    long flushes() {
        return flushes.sum();
    }

    long flushedBytes() {
        return flushedBytes.sum();
    }

    Histogram flushMillis() {
        return flushMillis;
    }

    long compactions() {
        return compactions.sum();
    }

    long compactionReadBytes() {
        return compactionReadBytes.sum();
    }

    long compactionWrittenBytes() {
        return compactionWrittenBytes.sum();
    }

    Histogram compactionMillis() {
        return compactionMillis;
    }

    /** How long writers were slowed down. */
    long slowedMillis(StallCause cause) {
        return TimeUnit.NANOSECONDS.toMillis(of(slowedNanos, cause).sum());
    }

    /** How long writers had to stop. */
    long stoppedMillis(StallCause cause) {
        return TimeUnit.NANOSECONDS.toMillis(of(stoppedNanos, cause).sum());
    }

    long failedDeletes() {
        return failedDeletes.sum();
    }
}
