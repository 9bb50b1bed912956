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
package io.flinklsm.statebackend.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flinklsm.statebackend.key.EntryFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleSerializer;
import org.apache.flink.api.common.typeutils.base.FloatSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.ShortSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lists of numbers have the bytes that Flink's serializers write. */
final class NumberListTest {

    private static final int ELEMENTS_MAX = 60;

    static Stream<Arguments> serializersAndElements() {
        Random random = new Random(11);
        List<Long> longs = new ArrayList<>(List.of(Long.MIN_VALUE, Long.MAX_VALUE, 0L, -1L));
        List<Integer> ints = new ArrayList<>(List.of(Integer.MIN_VALUE, Integer.MAX_VALUE, 0, -1));
        // Another NaN than the usual one: serializers do not keep what makes it another.
        List<Double> doubles =
                new ArrayList<>(
                        List.of(Double.NaN, Double.longBitsToDouble(0x7ff8_0000_0000_0001L), -0.0));
        List<Float> floats =
                new ArrayList<>(List.of(Float.NaN, Float.intBitsToFloat(0x7fc0_0001), -0.0f));
        while (longs.size() < ELEMENTS_MAX) {
            longs.add(random.nextLong());
        }
        while (ints.size() < ELEMENTS_MAX) {
            ints.add(random.nextInt());
        }
        while (doubles.size() < ELEMENTS_MAX) {
            doubles.add(Double.longBitsToDouble(random.nextLong()));
        }
        while (floats.size() < ELEMENTS_MAX) {
            floats.add(Float.intBitsToFloat(random.nextInt()));
        }
        return Stream.of(
                Arguments.of(LongSerializer.INSTANCE, longs),
                Arguments.of(IntSerializer.INSTANCE, ints),
                Arguments.of(DoubleSerializer.INSTANCE, doubles),
                Arguments.of(FloatSerializer.INSTANCE, floats));
    }

    @ParameterizedTest
    @MethodSource("serializersAndElements")
    <E> void bytesAreThoseOfTheSerializer(TypeSerializer<E> serializer, List<E> elements)
            throws IOException {
        NumberList numbers = numbersOf(serializer);
        // What an earlier list has left behind must not show.
        DataOutputSerializer out = new DataOutputSerializer(1 << 10);
        for (int count = elements.size(); count > 0; count--) {
            out.clear();

            assertThat(numbers.isWritten(elements.subList(0, count), out)).isTrue();

            assertThat(out.getCopyOfBuffer())
                    .as("elements=%s", count)
                    .isEqualTo(expected(serializer, elements.subList(0, count)));
        }
    }

    @ParameterizedTest
    @MethodSource("serializersAndElements")
    <E> void withoutRoomNothingIsWritten(TypeSerializer<E> serializer, List<E> elements)
            throws IOException {
        NumberList numbers = numbersOf(serializer);
        int bytes = elements.size() * (serializer.getLength() + 1);
        DataOutputSerializer small = new DataOutputSerializer(bytes - 1);
        DataOutputSerializer fitting = new DataOutputSerializer(bytes);

        assertThat(numbers.isWritten(elements, small)).isFalse();
        assertThat(small.length()).isZero();
        assertThat(numbers.isWritten(elements, fitting)).isTrue();
        assertThat(fitting.getSharedBuffer()).hasSize(bytes);
    }

    @ParameterizedTest
    @MethodSource("serializersAndElements")
    <E> void aNullIsRefused(TypeSerializer<E> serializer, List<E> elements) {
        NumberList numbers = numbersOf(serializer);
        DataOutputSerializer out = new DataOutputSerializer(64);

        assertThatThrownBy(() -> numbers.isWritten(Arrays.asList(elements.get(0), null), out))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("a list state takes no null element");
        assertThat(out.length()).isZero();
    }

    @Test
    void otherSerializersWriteTheirListsThemselves() {
        assertThat(NumberList.of(StringSerializer.INSTANCE)).isNull();
        assertThat(NumberList.of(ShortSerializer.INSTANCE)).isNull();
    }

    private static NumberList numbersOf(TypeSerializer<?> serializer) {
        return Objects.requireNonNull(NumberList.of(serializer), "a serializer is not known");
    }

    private static <E> byte[] expected(TypeSerializer<E> serializer, List<E> elements)
            throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(16);
        for (E element : elements) {
            if (out.length() > 0) {
                out.write(EntryFormat.LIST_DELIMITER);
            }
            serializer.serialize(element, out);
        }
        return out.getCopyOfBuffer();
    }
}
