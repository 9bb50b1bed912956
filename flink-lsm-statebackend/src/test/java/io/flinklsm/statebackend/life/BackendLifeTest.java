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

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackendLifeTest {

    private final AtomicInteger releases = new AtomicInteger();
    private final CountDownLatch released = new CountDownLatch(1);

    private final Closeable resources =
            () -> {
                releases.incrementAndGet();
                released.countDown();
            };

    @Test
    void disposingTwiceReleasesOnce() {
        BackendLife life = new BackendLife("op", Thread.currentThread(), resources);

        life.releaseAndWait();
        life.releaseAndWait();
        life.releaseLater();

        assertThat(releases).hasValue(1);
    }

    @Test
    void closingAloneReleasesWhenNoLeaseIsOut() {
        BackendLife life = new BackendLife("op", Thread.currentThread(), resources);

        life.releaseLater();

        assertThat(releases).hasValue(1);
        assertThat(life.isClosing()).isTrue();
    }

    @Test
    void closingWithALeaseOutReleasesWhenItComesBack() throws IOException {
        BackendLife life = new BackendLife("op", Thread.currentThread(), resources);
        BackendLife.Lease first = life.acquire();
        BackendLife.Lease second = life.acquire();

        life.releaseLater();
        first.close();
        first.close();
        assertThat(releases).hasValue(0);
        second.close();

        assertThat(releases).hasValue(1);
    }

    @Test
    void noLeaseIsGivenAfterClose() {
        BackendLife life = new BackendLife("op", Thread.currentThread(), resources);

        life.releaseLater();

        assertThatThrownBy(life::acquire)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("op");
    }

    @Test
    void disposeWaitsForTheLastLease() throws Exception {
        BackendLife life = new BackendLife("op", Thread.currentThread(), resources);
        BackendLife.Lease lease = life.acquire();

        CompletableFuture<Void> dispose = CompletableFuture.runAsync(life::releaseAndWait);
        assertThat(released.await(50, TimeUnit.MILLISECONDS)).isFalse();
        lease.close();
        dispose.get();

        assertThat(releases).hasValue(1);
    }

    @Test
    void aForeignThreadsCloseWaitsForTheEndOfTheTask() throws Exception {
        CountDownLatch taskMayEnd = new CountDownLatch(1);
        Thread task =
                new Thread(
                        () -> {
                            try {
                                taskMayEnd.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        task.start();
        BackendLife life = new BackendLife("op", task, resources);

        life.releaseLater();
        assertThat(released.await(50, TimeUnit.MILLISECONDS)).isFalse();
        taskMayEnd.countDown();

        assertThat(released.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(releases).hasValue(1);
    }

    @Test
    void aFailedReleaseIsNotThrownAtWhoDisposes() {
        BackendLife life =
                new BackendLife(
                        "op",
                        Thread.currentThread(),
                        () -> {
                            releases.incrementAndGet();
                            throw new IOException("disk gone");
                        });

        life.releaseAndWait();

        assertThat(releases).hasValue(1);
    }
}
