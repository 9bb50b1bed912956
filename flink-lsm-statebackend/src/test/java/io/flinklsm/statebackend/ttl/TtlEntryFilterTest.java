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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.core.merge.EntryFilter.Decision;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.typeutils.runtime.NullableSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.ListDelimitedSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.util.FlinkRuntimeException;
import org.junit.jupiter.api.Test;

class TtlEntryFilterTest {

    private static final TypeSerializer<TtlValue<String>> STRINGS =
            new TtlSerializer<>(LongSerializer.INSTANCE, StringSerializer.INSTANCE);
    private static final Slice KEY = new Slice(new byte[] {1});

    private final AtomicInteger readings = new AtomicInteger();
    private final ValueBuffer replacement = new ValueBuffer();
    private long nowMillis = 1_000;

    @Test
    void nullsInAListAreElementsLikeOthers() throws Exception {
        TypeSerializer<TtlValue<Long>> serializer =
                new TtlSerializer<>(
                        LongSerializer.INSTANCE,
                        NullableSerializer.wrap(LongSerializer.INSTANCE, false));
        EntryFilter filter = listFilter(serializer);
        List<TtlValue<Long>> list = new ArrayList<>();
        list.add(new TtlValue<>(null, 800));
        list.add(new TtlValue<>(5L, 950));
        list.add(new TtlValue<>(6L, 850));
        list.add(new TtlValue<>(null, 960));
        byte[] row = new ListDelimitedSerializer().serializeList(list, serializer);

        assertThat(filter.filter(KEY, new Slice(row), replacement)).isEqualTo(Decision.REPLACE);

        List<TtlValue<Long>> kept =
                new ListDelimitedSerializer().deserializeList(replacement.toBytes(), serializer);
        assertThat(kept).extracting(TtlValue::getUserValue).containsExactly(5L, null);
    }

    @Test
    void aListWithNothingExpiredIsKeptAsItIs() throws Exception {
        EntryFilter filter = listFilter(STRINGS);
        byte[] row =
                new ListDelimitedSerializer()
                        .serializeList(
                                List.of(new TtlValue<>("a", 950), new TtlValue<>("b,", 960)),
                                STRINGS);

        assertThat(filter.filter(KEY, new Slice(row), replacement)).isEqualTo(Decision.KEEP);
    }

    @Test
    void aListWithEverythingExpiredGoes() throws Exception {
        EntryFilter filter = listFilter(STRINGS);
        byte[] row =
                new ListDelimitedSerializer()
                        .serializeList(
                                List.of(new TtlValue<>("a", 1), new TtlValue<>("b", 2)), STRINGS);

        assertThat(filter.filter(KEY, new Slice(row), replacement)).isEqualTo(Decision.DROP);
    }

    /** A list in parts is judged as the same list in one piece is. */
    @Test
    void aLargeListKeepsTheSameElements() throws Exception {
        Random random = new Random(5);
        TypeSerializer<TtlValue<Long>> fixedLength =
                new TtlSerializer<>(LongSerializer.INSTANCE, LongSerializer.INSTANCE);
        for (int round = 0; round < 200; round++) {
            List<TtlValue<String>> strings = new ArrayList<>();
            List<TtlValue<Long>> longs = new ArrayList<>();
            int expiredInHundred = random.nextInt(3) * 50;
            int count = 1 + random.nextInt(20);
            for (int i = 0; i < count; i++) {
                long time = random.nextInt(100) < expiredInHundred ? 800 : 950;
                strings.add(new TtlValue<>("x,".repeat(random.nextInt(50)), time));
                longs.add(new TtlValue<>(random.nextLong(), time));
            }
            checkLarge(new ListDelimitedSerializer().serializeList(strings, STRINGS), STRINGS);
            checkLarge(
                    new ListDelimitedSerializer().serializeList(longs, fixedLength), fixedLength);
        }
    }

    private <T> void checkLarge(byte[] row, TypeSerializer<TtlValue<T>> serializer)
            throws Exception {
        EntryFilter filter = listFilter(serializer);
        replacement.clear();
        Decision decision = filter.filter(KEY, new Slice(row), replacement);
        LargeValue whole = LargeValue.of(new Slice(row));

        LargeValue kept = filter.filterLarge(KEY, whole);

        switch (decision) {
            case KEEP -> assertThat(kept).isSameAs(whole);
            case DROP -> assertThat(kept).isNull();
            case REPLACE -> {
                assertThat(kept).isNotNull();
                assertThat(kept.length()).isEqualTo(replacement.length());
                assertThat(kept.toBytes()).isEqualTo(replacement.toBytes());
                assertThat(kept.toBytes()).isEqualTo(replacement.toBytes());
            }
        }
    }

    @Test
    void aLargeListThatIsNoSequenceOfElementsIsRefused() throws Exception {
        byte[] row =
                new ListDelimitedSerializer()
                        .serializeList(List.of(new TtlValue<>("abc", 950)), STRINGS);
        LargeValue cut = LargeValue.of(new Slice().setBytes(row, 0, row.length - 1));

        assertThatThrownBy(() -> listFilter(STRINGS).filterLarge(KEY, cut))
                .isInstanceOf(FlinkRuntimeException.class)
                .hasMessageContaining("not a sequence of its elements");
    }

    @Test
    void aLargeValueExpiresByTheTimeAtItsBeginning() throws Exception {
        ValueStateDescriptor<TtlValue<String>> descriptor =
                withTtl(new ValueStateDescriptor<>("value", STRINGS));
        EntryFilter filter = filter(descriptor, STRINGS);
        LargeValue kept = LargeValue.of(value(901));

        assertThat(filter.filterLarge(KEY, kept)).isSameAs(kept);
        assertThat(filter.filterLarge(KEY, LargeValue.of(value(900)))).isNull();
    }

    @Test
    void aNullInAMapExpiresAndGoesIfItHasNoTime() {
        MapStateDescriptor<Integer, TtlValue<String>> descriptor =
                withTtl(new MapStateDescriptor<>("map", IntSerializer.INSTANCE, STRINGS));
        EntryFilter filter = filter(descriptor, descriptor.getSerializer());

        byte[] recent = ByteBuffer.allocate(9).put((byte) 1).putLong(nowMillis).array();
        byte[] expired = ByteBuffer.allocate(9).put((byte) 1).putLong(0).array();
        assertThat(filter.filter(KEY, new Slice(recent), replacement)).isEqualTo(Decision.KEEP);
        assertThat(filter.filter(KEY, new Slice(expired), replacement)).isEqualTo(Decision.DROP);
        assertThat(filter.filter(KEY, new Slice(new byte[20]), replacement))
                .isEqualTo(Decision.DROP);
        assertThat(filter.filter(KEY, new Slice(new byte[] {1}), replacement))
                .isEqualTo(Decision.DROP);
    }

    /** What values are, the serializer says: a descriptor alone makes no filter. */
    @Test
    void valuesWithoutATimeAreNotJudged() {
        ValueStateDescriptor<String> descriptor =
                withTtl(new ValueStateDescriptor<>("value", StringSerializer.INSTANCE));

        assertThat(
                        TtlEntryFilter.create(
                                descriptor, descriptor.getSerializer(), TtlTimeProvider.DEFAULT))
                .isNull();
    }

    @Test
    void aValueExpiresWhenItsTimeIsReached() throws Exception {
        ValueStateDescriptor<TtlValue<String>> descriptor =
                withTtl(new ValueStateDescriptor<>("value", STRINGS));
        EntryFilter filter = filter(descriptor, STRINGS);

        assertThat(filter.filter(KEY, value(901), replacement)).isEqualTo(Decision.KEEP);
        assertThat(filter.filter(KEY, value(900), replacement)).isEqualTo(Decision.DROP);
        assertThat(filter.filter(KEY, value(Long.MAX_VALUE - 5), replacement))
                .isEqualTo(Decision.KEEP);
    }

    @Test
    void theTimeIsReadOnceForManyValuesAndAnewForEveryCompaction() throws Exception {
        ValueStateDescriptor<TtlValue<String>> descriptor =
                withTtl(new ValueStateDescriptor<>("value", STRINGS));
        EntryFilter filter =
                TtlEntryFilter.create(
                        descriptor,
                        STRINGS,
                        () -> {
                            readings.incrementAndGet();
                            return nowMillis;
                        });
        EntryFilter first = filter.begin();
        for (int i = 0; i < 2500; i++) {
            first.filter(KEY, value(950), replacement);
        }
        assertThat(readings).hasValue(3);
        nowMillis = 1_050;

        assertThat(filter.begin().filter(KEY, value(950), replacement)).isEqualTo(Decision.DROP);
    }

    @Test
    void stateWithoutTtlHasNoFilter() {
        ValueStateDescriptor<TtlValue<String>> descriptor =
                new ValueStateDescriptor<>("value", STRINGS);

        assertThat(TtlEntryFilter.create(descriptor, STRINGS, () -> nowMillis)).isNull();
    }

    private EntryFilter listFilter(TypeSerializer<? extends TtlValue<?>> elements) {
        ListStateDescriptor<?> descriptor = withTtl(new ListStateDescriptor<>("list", elements));
        return filter(descriptor, descriptor.getSerializer());
    }

    private EntryFilter filter(StateDescriptor<?, ?> descriptor, TypeSerializer<?> serializer) {
        return TtlEntryFilter.create(descriptor, serializer, () -> nowMillis).begin();
    }

    private static Slice value(long timestampMillis) throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(32);
        STRINGS.serialize(new TtlValue<>("a", timestampMillis), out);
        return new Slice(out.getCopyOfBuffer());
    }

    private static <D extends StateDescriptor<?, ?>> D withTtl(D descriptor) {
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(100)).build());
        return descriptor;
    }
}
