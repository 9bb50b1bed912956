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
package io.flinklsm.statebackend.memory;

import io.flinklsm.core.check.Cleanup;
import io.flinklsm.core.check.SharedThreads;
import io.flinklsm.core.slot.BackgroundWork;
import java.io.IOException;
import java.util.UUID;
import org.apache.flink.runtime.memory.SharedResources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of a TaskManager for flushes, compactions and reads of State V2: its slots share
 * them, so that their number does not grow with that of the slots. The first lease makes them, and
 * decides how many they are; the last one ends them. Safe for any thread.
 */
public final class TaskManagerThreads implements AutoCloseable {

    /** Of this copy of the class alone: each job that brings the jar has threads of its own. */
    private static final String TYPE = "flink-lsm-threads-" + UUID.randomUUID();

    private static final Logger LOG = LoggerFactory.getLogger(TaskManagerThreads.class);

    private final SharedThreads flushes;
    private final SharedThreads compactions;
    private final SharedThreads reads;

    private TaskManagerThreads(ThreadRequest request) {
        int background = request.compactionThreads();
        flushes = new SharedThreads("flink-lsm-flush", background);
        compactions = new SharedThreads("flink-lsm-compaction", background);
        reads = new SharedThreads("flink-lsm-read", request.readsOfTaskManager());
    }

    /** The right to use the threads until it is closed. */
    public record Lease(SharedResources shared, TaskManagerThreads threads, Object holder)
            implements AutoCloseable {

        /** Idempotent; the last one waits for the end of the threads. */
        @Override
        public void close() {
            try {
                shared.release(TYPE, holder, bytes -> {});
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(
                        "[threads] could not be given back: a bug in flink-lsm, please report it",
                        e);
            }
        }
    }

    /**
     * Takes a lease; the caller closes it after its work has ended.
     *
     * @param shared of the TaskManager
     * @throws IOException if the task is interrupted
     */
    public static Lease lease(SharedResources shared, ThreadRequest request) throws IOException {
        Object holder = new Object();
        try {
            TaskManagerThreads threads =
                    shared.<TaskManagerThreads>getOrAllocateSharedResource(
                                    TYPE, holder, bytes -> new TaskManagerThreads(request), 0)
                            .resourceHandle();
            threads.warnUnlessAsMany(request);
            return new Lease(shared, threads, holder);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(
                    "[threads] the task was interrupted before it had any; Flink ends it, so there"
                            + " is nothing to do",
                    e);
        }
    }

    private void warnUnlessAsMany(ThreadRequest request) {
        int background = request.compactionThreads();
        if (background != compactions.count() || request.readsOfTaskManager() != reads.count()) {
            LOG.warn(
                    "[state backend] the TaskManager's threads were made for an earlier task that"
                            + " asked for another number: wanted={} and {} that read, used={} and"
                            + " {} that read; set state.backend.lsm.background-threads-per-tm and"
                            + " async.read-threads-per-tm once, in the cluster's configuration.",
                    background,
                    request.readsOfTaskManager(),
                    compactions.count(),
                    reads.count());
        }
    }

    /** A slot's share in threads for flushes and compactions; gives the lease back. */
    static BackgroundWork ofSlot(Lease lease, int compactionsMax) {
        return new BackgroundWork(
                lease.threads.flushes, lease.threads.compactions, compactionsMax, lease::close);
    }

    /**
     * A backend's share in threads that read files.
     *
     * @param most how many read for it at a time; fewer if there are fewer threads
     */
    public SharedThreads.Lane readsOf(int most) {
        return reads.lane(Math.min(most, reads.count()));
    }

    @Override
    public void close() {
        Cleanup.runAll(flushes::close, compactions::close, reads::close);
    }
}
