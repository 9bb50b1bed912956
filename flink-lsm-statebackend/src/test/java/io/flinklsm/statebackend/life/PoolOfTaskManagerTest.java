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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class PoolOfTaskManagerTest {

    @Test
    void threadThatIsStartedForATaskDoesNotHoldItsClassLoader() throws Exception {
        Thread task = Thread.currentThread();
        ClassLoader before = task.getContextClassLoader();
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (URLClassLoader ofJob = new URLClassLoader(new URL[0], before)) {
            PoolOfTaskManager pool = new PoolOfTaskManager(threads);
            CompletableFuture<ClassLoader> ofPool = new CompletableFuture<>();
            task.setContextClassLoader(ofJob);

            pool.execute(() -> ofPool.complete(Thread.currentThread().getContextClassLoader()));

            assertThat(ofPool.get(1, TimeUnit.MINUTES))
                    .isSameAs(ClassLoader.getSystemClassLoader());
            assertThat(task.getContextClassLoader()).isSameAs(ofJob);

            threads.shutdown();
            assertThatThrownBy(() -> pool.execute(() -> {}))
                    .isInstanceOf(RejectedExecutionException.class);
            assertThat(task.getContextClassLoader()).isSameAs(ofJob);
        } finally {
            task.setContextClassLoader(before);
            threads.shutdownNow();
        }
    }
}
