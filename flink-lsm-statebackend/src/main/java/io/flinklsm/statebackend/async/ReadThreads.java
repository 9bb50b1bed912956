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
package io.flinklsm.statebackend.async;

import io.flinklsm.core.check.SharedThreads;
import io.flinklsm.statebackend.memory.TaskManagerThreads;
import java.util.concurrent.Executor;

/**
 * The share of one backend in the threads of its TaskManager that read files. None is there before
 * the first miss, and none after seconds without one. Safe for any thread.
 */
public final class ReadThreads implements Executor, AutoCloseable {

    /** Local files may have to come from the disk, which answers several at a time. */
    private static final int AT_HAND_PER_PROCESSOR = 4;

    private final SharedThreads.Lane lane;

    /**
     * @param count how many read for this backend at a time; fewer if the TaskManager has fewer
     */
    public ReadThreads(TaskManagerThreads threads, int count) {
        lane = threads.readsOf(count);
    }

    /** How many there are at most. */
    int count() {
        return lane.most();
    }

    /** How many there is a use for that read what is on this machine. */
    int atHandCount() {
        return Math.min(
                count(), AT_HAND_PER_PROCESSOR * Runtime.getRuntime().availableProcessors());
    }

    @Override
    public void execute(Runnable job) {
        lane.execute(job);
    }

    /** Takes no job any more; what is in the queue is done, and not waited for. */
    @Override
    public void close() {
        lane.shutdown();
    }
}
