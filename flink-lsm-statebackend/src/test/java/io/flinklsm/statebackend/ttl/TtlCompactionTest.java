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
package io.flinklsm.statebackend.ttl;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.LsmTree;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyBuffer;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.statebackend.KeyedBackendFixture;
import io.flinklsm.statebackend.metrics.EventLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.StateTtlConfig.StateVisibility;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.testutils.logging.LoggerAuditingExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.event.Level;

/** Sets the time, compacts, and looks at the raw entries: Flink's wrapper hides nothing here. */
class TtlCompactionTest {

    private static final long TTL_MILLIS = 100;

    @RegisterExtension
    private final LoggerAuditingExtension log =
            new LoggerAuditingExtension(EventLog.class, Level.WARN);

    private KeyedBackendFixture<String> fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new KeyedBackendFixture<>(StringSerializer.INSTANCE, 8);
        fixture.setNow(1_000);
        fixture.backend.setCurrentKey("old");
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void expiredValuesLeave() throws Exception {
        ValueState<String> state =
                fixture.state(
                        withTtl(new ValueStateDescriptor<>("state", StringSerializer.INSTANCE)));
        state.update("a");
        fixture.setNow(1_060);
        fixture.backend.setCurrentKey("young");
        state.update("b");

        compactAt(1_100);

        assertThat(rawEntries()).isEqualTo(1);
        assertThat(state.value()).isEqualTo("b");
        compactAt(1_160);
        assertThat(rawEntries()).isZero();
    }

    @Test
    void expiredValuesLeaveWhenTheyWereFlushedBefore() throws Exception {
        ValueState<String> state =
                fixture.state(
                        withTtl(new ValueStateDescriptor<>("state", StringSerializer.INSTANCE)));
        state.update("a");
        tree().flush();
        compactAt(1_050);
        assertThat(rawEntries()).isEqualTo(1);

        compactAt(1_200);

        assertThat(rawEntries()).isZero();
    }

    @Test
    void expiredEntriesOfAMapLeaveAndOthersStay() throws Exception {
        MapState<Integer, String> map =
                fixture.state(
                        withTtl(
                                new MapStateDescriptor<>(
                                        "state",
                                        IntSerializer.INSTANCE,
                                        StringSerializer.INSTANCE)));
        map.put(1, "a");
        map.put(2, "b");
        fixture.setNow(1_060);
        map.put(2, "newer");

        compactAt(1_110);

        assertThat(rawEntries()).isEqualTo(1);
        assertThat(map.get(2)).isEqualTo("newer");
        assertThat(map.contains(1)).isFalse();
    }

    @Test
    void expiredElementsOfFixedLengthLeaveAList() throws Exception {
        ListState<Long> list =
                fixture.state(withTtl(new ListStateDescriptor<>("state", LongSerializer.INSTANCE)));
        list.add(1L);
        list.add(2L);
        fixture.setNow(1_060);
        list.addAll(Arrays.asList(3L, 4L));
        int before = rawBytes();

        compactAt(1_110);

        assertThat(list.get()).containsExactly(3L, 4L);
        // Each element: time, value; and a delimiter less than there are elements.
        assertThat(before).isEqualTo(4 * 16 + 3);
        assertThat(rawBytes()).isEqualTo(2 * 16 + 1);
    }

    @Test
    void expiredElementsOfVariableLengthLeaveAList() throws Exception {
        ListState<String> list =
                fixture.state(
                        withTtl(new ListStateDescriptor<>("state", StringSerializer.INSTANCE)));
        list.add("a,b");
        list.add("");
        fixture.setNow(1_060);
        list.add("a longer one, with commas");
        fixture.setNow(1_070);
        list.add("last");

        compactAt(1_165);

        assertThat(list.get()).containsExactly("last");
        compactAt(1_200);
        assertThat(rawEntries()).isZero();
    }

    @Test
    void accumulatorsThatExpiredLeave() throws Exception {
        ReducingState<Long> sum =
                fixture.state(
                        withTtl(
                                new ReducingStateDescriptor<>(
                                        "state", Long::sum, LongSerializer.INSTANCE)));
        sum.add(1L);

        compactAt(1_100);

        assertThat(rawEntries()).isZero();
        assertThat(sum.get()).isNull();
    }

    @Test
    void aggregatesThatExpiredLeave() throws Exception {
        AggregatingState<Long, Long> sum =
                fixture.state(
                        withTtl(
                                new AggregatingStateDescriptor<>(
                                        "state", new Sum(), LongSerializer.INSTANCE)));
        sum.add(1L);

        compactAt(1_100);

        assertThat(rawEntries()).isZero();
    }

    @Test
    void timesNearTheEndOfTimeNeverExpire() throws Exception {
        fixture.setNow(Long.MAX_VALUE - 10);
        ValueState<String> state =
                fixture.state(
                        withTtl(new ValueStateDescriptor<>("state", StringSerializer.INSTANCE)));
        state.update("a");

        compactAt(Long.MAX_VALUE - 1);

        assertThat(state.value()).isEqualTo("a");
    }

    @Test
    void whoTurnsCleanUpOffKeepsExpiredValues() throws Exception {
        ValueStateDescriptor<String> descriptor =
                new ValueStateDescriptor<>("state", StringSerializer.INSTANCE);
        descriptor.enableTimeToLive(
                StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS))
                        .setStateVisibility(StateVisibility.ReturnExpiredIfNotCleanedUp)
                        .disableCleanupInBackground()
                        .build());
        ValueState<String> state = fixture.state(descriptor);
        state.update("a");

        compactAt(2_000);

        assertThat(rawEntries()).isEqualTo(1);
        assertThat(state.value()).isEqualTo("a");
    }

    @Test
    void stateWithoutTtlStays() throws Exception {
        ValueState<Long> state =
                fixture.state(new ValueStateDescriptor<>("state", LongSerializer.INSTANCE));
        state.update(0L);

        compactAt(1_000_000);

        assertThat(state.value()).isZero();
    }

    /** Checkpoints of before a migration left nothing behind have such entries below newer ones. */
    @Test
    void anEntryThatCannotBeReadStaysAndIsLoggedOnce() throws Exception {
        ListState<String> list =
                fixture.state(
                        withTtl(new ListStateDescriptor<>("state", StringSerializer.INSTANCE)));
        byte[] unreadable = {1, 2, 3};
        for (int key = 0; key < 10; key++) {
            fixture.backend.setCurrentKey("key-" + key);
            list.add("expires");
        }
        List<KeyBuffer> rows = rawKeys();
        for (KeyBuffer row : rows.subList(0, 4)) {
            tree().put(row, unreadable, 0, unreadable.length);
        }

        compactAt(2_000);
        compactAt(2_001);

        assertThat(rawEntries()).isEqualTo(4);
        assertThat(rawBytes()).isEqualTo(4 * unreadable.length);
        assertThat(tree().stats().filterFailures()).isEqualTo(8);
        assertThat(log.getMessages())
                .singleElement()
                .asString()
                .contains("[operator / tree kv/state]")
                .contains("keyBytes=" + rows.get(0).length());
        fixture.backend.setCurrentKey("another");
        list.add("after");
        assertThat(list.get()).containsExactly("after");
    }

    private List<KeyBuffer> rawKeys() throws Exception {
        List<KeyBuffer> keys = new ArrayList<>();
        try (EntryCursor cursor = tree().scan(KeyRange.ALL)) {
            while (cursor.next()) {
                keys.add(new KeyBuffer().set(cursor.key(), cursor.key().length()));
            }
        }
        return keys;
    }

    private static <D extends StateDescriptor<?, ?>> D withTtl(D descriptor) {
        descriptor.enableTimeToLive(
                StateTtlConfig.newBuilder(Duration.ofMillis(TTL_MILLIS)).build());
        return descriptor;
    }

    private LsmTree tree() {
        return fixture.stateTree("state");
    }

    private void compactAt(long nowMillis) throws Exception {
        fixture.setNow(nowMillis);
        tree().compactAll();
    }

    private int rawEntries() throws Exception {
        int entries = 0;
        try (EntryCursor cursor = tree().scan(KeyRange.ALL)) {
            while (cursor.next()) {
                entries++;
            }
        }
        return entries;
    }

    private int rawBytes() throws Exception {
        int bytes = 0;
        try (EntryCursor cursor = tree().scan(KeyRange.ALL)) {
            while (cursor.next()) {
                bytes += cursor.value().length();
            }
        }
        return bytes;
    }

    private static final class Sum implements AggregateFunction<Long, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(Long value, Long accumulator) {
            return accumulator + value;
        }

        @Override
        public Long getResult(Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(Long a, Long b) {
            return a + b;
        }
    }
}
