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
package io.flinklsm.statebackend.life;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * A pool of threads that is Flink's and outlives the job: where it would start a thread for a task,
 * it is called by another one, for the new thread would hold the classes of the task's job ({@link
 * CleanStart}).
 *
 * @param pool takes the work
 */
public record PoolOfTaskManager(Executor pool) implements Executor {

    /**
     * @throws RejectedExecutionException if the pool has ended
     */
    @Override
    public void execute(Runnable command) {
        if (pool instanceof ThreadPoolExecutor threads
                && threads.getPoolSize() < threads.getCorePoolSize()
                && !threads.isShutdown()) {
            CleanStart.execute(threads, command);
        } else {
            pool.execute(command);
        }
    }
}
