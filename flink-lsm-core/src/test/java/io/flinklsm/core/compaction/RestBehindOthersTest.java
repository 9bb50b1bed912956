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
package io.flinklsm.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class RestBehindOthersTest {

    private final AtomicInteger flushingAsked = new AtomicInteger();
    private final AtomicInteger urgentAsked = new AtomicInteger();

    private boolean isFlushing(int times) {
        return flushingAsked.incrementAndGet() <= times;
    }

    private boolean isUrgentAfter(int times) {
        return urgentAsked.incrementAndGet() > times;
    }

    @Test
    void aCompactionRestsUntilTheFlushHasEnded() {
        new RestBehindOthers(2, () -> isFlushing(5), () -> false).rest();

        assertThat(flushingAsked).hasValue(6);
    }

    @Test
    void aCompactionThatIsBehindRestsNoLonger() {
        new RestBehindOthers(2, () -> true, () -> isUrgentAfter(3)).rest();

        assertThat(urgentAsked).hasValue(4);
    }

    @Test
    void anInterruptEndsTheRestAndStaysSet() {
        Thread.currentThread().interrupt();

        new RestBehindOthers(2, () -> true, () -> false).rest();

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whereProcessorsAreManyNothingRests() {
        new RestBehindOthers(RestBehindOthers.PROCESSORS_FOR_ALL, () -> isFlushing(9), () -> false)
                .rest();

        assertThat(flushingAsked).hasValue(0);
    }
}
