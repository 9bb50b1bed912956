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

/**
 * A pool of threads that is Flink's and outlives the job. A thread inherits the context class
 * loader of the one that starts it, so that a pool which starts its threads for a task would hold
 * the class loader of the task's job for as long as it has the thread.
 *
 * @param pool takes the work
 */
public record PoolOfTaskManager(Executor pool) implements Executor {

    @Override
    public void execute(Runnable command) {
        Thread thread = Thread.currentThread();
        ClassLoader ofTask = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
        try {
            pool.execute(command);
        } finally {
            thread.setContextClassLoader(ofTask);
        }
    }
}
