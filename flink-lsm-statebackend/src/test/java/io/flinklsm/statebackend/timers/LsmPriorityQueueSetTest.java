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
package io.flinklsm.statebackend.timers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.KeyedBackendFixture;
import io.flinklsm.statebackend.LsmBackendOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupedInternalPriorityQueue;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.testutils.statemigration.TestType;
import org.apache.flink.streaming.api.operators.TimerHeapInternalTimer;
import org.apache.flink.streaming.api.operators.TimerSerializer;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.flink.util.StateMigrationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The queues of a backend, one key group and several, against a sorted set. */
class LsmPriorityQueueSetTest {

    private static final TimerSerializer<Integer, VoidNamespace> TIMERS =
            new TimerSerializer<>(IntSerializer.INSTANCE, VoidNamespaceSerializer.INSTANCE);

    private KeyedBackendFixture<Integer> fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new KeyedBackendFixture<>(IntSerializer.INSTANCE, 4);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void randomUseAgreesWithASortedSet() throws Exception {
        for (int round = 0; round < 6; round++) {
            long seed = System.nanoTime();
            try {
                compareWithModel("queue" + round, new Random(seed), round % 2 == 0 ? 40 : 2000);
            } catch (Throwable e) {
                throw new AssertionError("seed=" + seed, e);
            }
        }
    }

    private void compareWithModel(String name, Random random, int timestamps) throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create(name, TIMERS);
        TreeSet<String> model = new TreeSet<>();
        for (int i = 0; i < 4000; i++) {
            int choice = random.nextInt(100);
            if (choice < 50) {
                TimerHeapInternalTimer<Integer, VoidNamespace> timer =
                        timer(random.nextInt(timestamps) - timestamps / 4, random.nextInt(7));
                queue.add(timer);
                model.add(text(timer));
            } else if (choice < 65) {
                TimerHeapInternalTimer<Integer, VoidNamespace> timer =
                        timer(random.nextInt(timestamps) - timestamps / 4, random.nextInt(7));
                queue.remove(timer);
                model.remove(text(timer));
            } else if (choice < 97) {
                TimerHeapInternalTimer<Integer, VoidNamespace> polled = queue.poll();
                if (polled == null) {
                    assertThat(model).isEmpty();
                } else {
                    assertThat(model.remove(text(polled))).isTrue();
                    assertThat(model)
                            .allMatch(other -> timestampOf(other) >= polled.getTimestamp());
                }
            } else if (choice == 97) {
                fixture.queueTree(name).flush();
            } else if (choice == 98) {
                assertThat(queue.size()).isEqualTo(model.size());
                assertThat(contents(queue)).containsExactlyInAnyOrderElementsOf(model);
            } else {
                assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
            }
        }
        assertThat(contents(queue)).containsExactlyInAnyOrderElementsOf(model);
        List<Long> order = new ArrayList<>();
        while (!queue.isEmpty()) {
            order.add(queue.poll().getTimestamp());
        }
        assertThat(order).hasSize(model.size()).isSorted();
    }

    @Test
    void moreElementsThanTheCacheHoldsComeInOrder() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create("timers", TIMERS);
        for (int i = 999; i >= 0; i--) {
            queue.add(timer(i, 1));
        }
        fixture.queueTree("timers").flush();

        for (int i = 0; i < 1000; i++) {
            assertThat(queue.poll().getTimestamp()).isEqualTo(i);
        }
        assertThat(queue.poll()).isNull();
    }

    /** RocksDB's iterator starts where the last poll was, and misses these. */
    @Test
    void whatIsAddedBelowAPolledElementIsFound() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create("timers", TIMERS);
        for (int i = 0; i < 300; i++) {
            queue.add(timer(1000 + i, 1));
        }
        for (int i = 0; i < 200; i++) {
            queue.poll();
        }

        queue.add(timer(5, 1));

        assertThat(contents(queue)).hasSize(101).contains(text(timer(5, 1)));
        int keyGroup = KeyGroupRangeAssignment.assignToKeyGroup(1, 4);
        assertThat(queue.getSubsetForKeyGroup(keyGroup)).hasSize(101);
        assertThat(queue.size()).isEqualTo(101);
        assertThat(queue.peek().getTimestamp()).isEqualTo(5);
    }

    @Test
    void addingTwiceIsAddingOnce() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create("timers", TIMERS);

        assertThat(queue.add(timer(3, 1))).isTrue();
        assertThat(queue.add(timer(3, 1))).isFalse();

        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void aQueueOfManyPagesIsCountedIteratedAndPolled() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create("timers", TIMERS);
        int count = 5 * LsmBackendOptions.TIMER_HEADS.defaultValue() + 1;
        for (int i = 0; i < count; i++) {
            queue.add(timer(i * 31 % count, 1));
        }
        fixture.queueTree("timers").flush();
        queue.poll();

        assertThat(queue.size()).isEqualTo(count - 1);
        List<Long> iterated = new ArrayList<>();
        try (CloseableIterator<TimerHeapInternalTimer<Integer, VoidNamespace>> elements =
                queue.iterator()) {
            elements.forEachRemaining(timer -> iterated.add(timer.getTimestamp()));
        }
        assertThat(iterated).hasSize(count - 1).isSorted();
        for (int i = 1; i < count; i++) {
            assertThat(queue.poll().getTimestamp()).isEqualTo(i);
        }
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aQueueRegisteredForUpgradesGoesOnWithItsElements() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> first =
                fixture.backend.create("timers", TIMERS, true);
        first.add(timer(3, 1));
        first.add(timer(2, 2));

        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> second =
                fixture.backend.create("timers", TIMERS, true);
        second.poll();

        assertThat(second.peek().getTimestamp()).isEqualTo(3);
        assertThat(first.peek().getTimestamp()).isEqualTo(3);
    }

    @Test
    void elementsOfAnOldSchemaAreRewritten() throws Exception {
        KeyGroupedInternalPriorityQueue<TestType> before =
                fixture.backend.create("typed", new TestType.V1TestTypeSerializer(), true);
        for (int value : new int[] {3, 1, 2}) {
            before.add(new TestType("key", value));
        }
        fixture.queueTree("typed").flush();
        before.add(new TestType("key", 0));

        KeyGroupedInternalPriorityQueue<TestType> after =
                fixture.backend.create("typed", new TestType.V2TestTypeSerializer(), true);

        assertThat(after.size()).isEqualTo(4);
        for (int value = 0; value < 4; value++) {
            assertThat(after.poll()).isEqualTo(new TestType("key", value));
        }
        assertThat(after.poll()).isNull();
    }

    @Test
    void elementsThatCannotBeReadAreRefused() {
        fixture.backend.create("typed", new TestType.V1TestTypeSerializer(), true);

        assertThatThrownBy(
                        () ->
                                fixture.backend.create(
                                        "typed",
                                        new TestType.IncompatibleTestTypeSerializer(),
                                        true))
                .isInstanceOf(FlinkRuntimeException.class)
                .hasCauseInstanceOf(StateMigrationException.class);
    }

    @Test
    void aStateMayBeNamedLikeAQueue() throws Exception {
        KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue =
                fixture.backend.create("same", TIMERS);
        ValueState<Long> state =
                fixture.state(new ValueStateDescriptor<>("same", LongSerializer.INSTANCE));
        fixture.backend.setCurrentKey(1);
        queue.add(timer(3, 1));
        state.update(5L);

        state.clear();

        assertThat(queue.size()).isEqualTo(1);
        state.update(6L);
        queue.poll();
        assertThat(state.value()).isEqualTo(6L);
    }

    private static List<String> contents(
            KeyGroupedInternalPriorityQueue<TimerHeapInternalTimer<Integer, VoidNamespace>> queue)
            throws Exception {
        List<String> contents = new ArrayList<>();
        try (CloseableIterator<TimerHeapInternalTimer<Integer, VoidNamespace>> iterator =
                queue.iterator()) {
            iterator.forEachRemaining(timer -> contents.add(text(timer)));
        }
        return contents;
    }

    private static TimerHeapInternalTimer<Integer, VoidNamespace> timer(long timestamp, int key) {
        return new TimerHeapInternalTimer<>(timestamp, key, VoidNamespace.INSTANCE);
    }

    private static String text(TimerHeapInternalTimer<Integer, VoidNamespace> timer) {
        return timer.getTimestamp() + "/" + timer.getKey();
    }

    private static long timestampOf(String text) {
        return Long.parseLong(text.substring(0, text.indexOf('/')));
    }
}
