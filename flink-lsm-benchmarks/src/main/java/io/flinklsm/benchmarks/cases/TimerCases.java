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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.workload.Answers;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.SplittableRandom;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.jspecify.annotations.Nullable;

/**
 * The queue of timers as the backend makes it for Flink's timer service: filled, turned over and
 * emptied. Every poll has to bring the earliest timer of all key groups.
 */
final class TimerCases implements CaseGroup.Cases {

    private static final long SEED = 3;

    @Override
    public void run(BenchmarkedBackend backend, Scale scale, Meter meter) throws Exception {
        int count = scale.choose(1_000_000, 300_000, 2_000);
        Timers warm = new Timers(backend, "warm", new KeyOrder(count / 10));
        meter.unmeasured(count / 10, i -> warm.add(i, 0));
        meter.unmeasured(count / 10, i -> warm.pollAndAdd(count));
        meter.unmeasured(count / 10, i -> warm.poll());
        warm.expectEmpty();

        Timers timers = new Timers(backend, "timers", new KeyOrder(count));
        meter.counted("timers add", "ops", count, i -> timers.add(i, 0));
        meter.counted("timers poll and add", "ops", count / 2, i -> timers.pollAndAdd(count));
        meter.counted("timers poll", "ops", count, i -> timers.poll());
        timers.expectEmpty();
    }

    /** A queue and what its polls must bring. Confined to the task thread. */
    private static final class Timers {

        private final KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Long, VoidNamespace>>
                queue;
        private final KeyOrder order;
        private final SplittableRandom random = new SplittableRandom(SEED);
        private long latest = Long.MIN_VALUE;

        Timers(BenchmarkedBackend backend, String name, KeyOrder order) {
            this.queue = backend.timers(name);
            this.order = order;
        }

        /** Adds a timer within the span after {@code from}; a job's timers come in any order. */
        long add(long index, long from) {
            queue.add(timer(order.at(index), from + 1 + random.nextInt(order.count())));
            return index;
        }

        long poll() {
            return pollEarliest().getTimestamp();
        }

        /** Fires the earliest timer, which sets itself again. */
        long pollAndAdd(int span) {
            TimerHeapInternalTimer<Long, VoidNamespace> fired = pollEarliest();
            queue.add(timer(fired.getKey(), fired.getTimestamp() + 1 + random.nextInt(span)));
            return fired.getTimestamp();
        }

        void expectEmpty() {
            if (!queue.isEmpty()) {
                throw new IllegalStateException(
                        "[case timers] a timer is left over: timer=" + queue.peek());
            }
        }

        private TimerHeapInternalTimer<Long, VoidNamespace> pollEarliest() {
            @Nullable TimerHeapInternalTimer<Long, VoidNamespace> timer = queue.poll();
            if (timer == null) {
                throw new IllegalStateException("[case timers] a timer was lost: latest=" + latest);
            }
            if (timer.getTimestamp() < latest) {
                Answers.expect("timers", timer.getKey(), latest, timer.getTimestamp());
            }
            latest = timer.getTimestamp();
            return timer;
        }

        private static TimerHeapInternalTimer<Long, VoidNamespace> timer(long key, long timestamp) {
            return new TimerHeapInternalTimer<>(timestamp, key, VoidNamespace.INSTANCE);
        }
    }
}
