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
import io.flinklsm.core.TreeStats;
import io.flinklsm.core.check.Clock;
import io.flinklsm.core.events.LsmEvent;
import io.flinklsm.core.events.LsmEvent.StallCause;
import io.flinklsm.core.events.LsmEventListener;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what of a store's events an operator should look at. What lasts is told again after a
 * minute, not each time. Safe for any thread.
 */
public final class EventLog implements LsmEventListener {

    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final String operatorName;
    private final LsmStore store;
    private final StallAlarm stopped;
    private final StallAlarm slowed;

    /**
     * @param store asked for figures when there is something to tell
     */
    public EventLog(String operatorName, LsmStore store, Clock clock) {
        this.operatorName = operatorName;
        this.store = store;
        this.stopped = new StallAlarm(clock);
        this.slowed = new StallAlarm(clock);
    }

    @Override
    public void onEvent(LsmEvent event) {
        if (event instanceof LsmEvent.Stall stall) {
            onStall(stall);
        } else if (event instanceof LsmEvent.FileDeleteFailed failed) {
            LOG.warn(
                    "[{}] an obsolete file could not be deleted: cause={}; it is tried again with"
                            + " the next ones. See that the directory can be written.",
                    failed.file(),
                    failed.cause().toString());
        } else if (event instanceof LsmEvent.FilterFailed failed) {
            LOG.warn(
                    "[{} / tree {}] an entry could not be checked for its time to live, and stays"
                        + " as it is: keyBytes={}; it stays until a later compaction can read it."
                        + " Look at the state's serializer. This is logged once for each state, the"
                        + " metric filterFailures counts.",
                    operatorName,
                    failed.treeName(),
                    failed.keyBytes(),
                    failed.cause());
        }
    }

    private void onStall(LsmEvent.Stall stall) {
        if (stall.stopped()) {
            long nanos = stopped.add(stall.durationNanos());
            if (nanos > 0) {
                LOG.warn(
                        "[{} / tree {}] writers were stopped: millis={}, waitedFor={}, {}; {}",
                        operatorName,
                        stall.treeName(),
                        TimeUnit.NANOSECONDS.toMillis(nanos),
                        stall.cause(),
                        figures(stall.treeName()),
                        remedy(stall.cause()));
            }
        } else if (stall.cause() == StallCause.COMPACTION) {
            long nanos = slowed.add(stall.durationNanos());
            if (nanos > 0) {
                LOG.warn(
                        "[{} / tree {}] compactions are far behind, and writers were slowed down"
                                + " for them: millis={}, {}; {}",
                        operatorName,
                        stall.treeName(),
                        TimeUnit.NANOSECONDS.toMillis(nanos),
                        figures(stall.treeName()),
                        remedy(stall.cause()));
            }
        }
    }

    private String figures(String treeName) {
        for (TreeStats tree : store.stats()) {
            if (tree.treeName().equals(treeName)) {
                return "level0Sstables="
                        + tree.levels().get(0).sstables()
                        + ", compactionDebtBytes="
                        + tree.work().compactionDebtBytes()
                        + ", flushesPending="
                        + tree.memory().frozenMemtables()
                        + ", memtableBytes="
                        + tree.memory().bytes();
            }
        }
        return "the state was dropped";
    }

    private static String remedy(StallCause cause) {
        return switch (cause) {
            case COMPACTION ->
                    "give it more state.backend.lsm.background-threads or faster disks, or set"
                            + " state.backend.lsm.compaction.style to size-tiered.";
            case FLUSH -> "the local disk, or the cores, are too slow for what is written.";
            case MEMORY ->
                    "give the slot more managed memory, or faster disks, so that flushes end"
                            + " earlier.";
        };
    }
}
