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
package io.flinklsm.statebackend.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.apache.flink.runtime.state.ttl.TtlValue;
import org.apache.flink.types.Row;
import org.junit.jupiter.api.Test;

/** The same bytes and the same texts as Flink's serializers, whatever the characters. */
final class TextSerializersTest {

    private static final int[] LENGTHS = {
        0, 1, 7, 8, 63, 126, 127, 128, 300, 16_382, 16_383, 20_000
    };
    private static final String[] ALPHABETS = {
        "abc xyz 019 \u0000\u007f",
        "ab\u0080\u00e9\u00ff",
        "a\u0141\u4e2d\uffff\ufffd",
        "\ud83d\ude00a",
        "a\ud83d"
    };

    @Test
    void textsAreWrittenAndReadAsFlinkDoes() throws IOException {
        for (String text : texts()) {
            check(StringSerializer.INSTANCE, text);
        }
    }

    @Test
    void textsWithinOtherTypesAreWrittenAndReadAsFlinkDoes() throws IOException {
        TypeSerializer<Tuple2<String, Tuple2<Long, String>>> tuples =
                serializer(Types.TUPLE(Types.STRING, Types.TUPLE(Types.LONG, Types.STRING)));
        TypeSerializer<Row> rows = serializer(Types.ROW(Types.STRING, Types.LONG));
        TypeSerializer<Order> pojos = serializer(Types.POJO(Order.class));
        TypeSerializer<TtlValue<String>> ttl =
                new TtlSerializer<>(LongSerializer.INSTANCE, StringSerializer.INSTANCE);
        for (String text : texts()) {
            check(tuples, Tuple2.of(text, Tuple2.of(7L, text)));
            check(rows, Row.of(text, null));
            check(rows, Row.of(null, 7L));
            check(pojos, new Order(text, 7));
            check(pojos, new Refund(text, 7, text));
            byte[] bytes = bytes(ttl, new TtlValue<>(text, 7));
            TypeSerializer<TtlValue<String>> working = TextSerializers.of(ttl);
            assertThat(working).isNotSameAs(ttl);
            assertThat(bytes(working, new TtlValue<>(text, 7))).isEqualTo(bytes);
            assertThat(working.deserialize(input(bytes)).getUserValue()).isEqualTo(text);
        }
    }

    @Test
    void classesThatAreRegisteredKeepTheirNumbers() throws IOException {
        SerializerConfigImpl config = new SerializerConfigImpl();
        config.registerPojoType(Refund.class);
        TypeSerializer<Order> pojos = TypeInformation.of(Order.class).createSerializer(config);
        byte[] bytes = bytes(pojos, new Refund("text", 7, "why"));
        assertThat(bytes.length).as("names no class").isLessThan(Refund.class.getName().length());
        check(pojos, new Refund("text", 7, "why"));
    }

    @Test
    void whatHasNoTextsStaysAsItIs() {
        TypeSerializer<?> tuples = serializer(Types.TUPLE(Types.LONG, Types.INT));
        assertThat(TextSerializers.of(tuples)).isSameAs(tuples);
        TypeSerializer<?> pojos = serializer(Types.POJO(Point.class));
        assertThat(TextSerializers.of(pojos)).isSameAs(pojos);
        assertThat(TextSerializers.of(LongSerializer.INSTANCE)).isSameAs(LongSerializer.INSTANCE);
    }

    @Test
    void theSerializerThatIsGivenIsNotChanged() throws IOException {
        TypeSerializer<Order> pojos = serializer(Types.POJO(Order.class));
        TypeSerializer<Row> rows = serializer(Types.ROW(Types.STRING));
        TypeSerializer<Order> samePojos = serializer(Types.POJO(Order.class));
        TypeSerializer<Row> sameRows = serializer(Types.ROW(Types.STRING));
        assertThat(TextSerializers.of(pojos)).isNotEqualTo(pojos);
        assertThat(TextSerializers.of(rows)).isNotEqualTo(rows);
        assertThat(pojos).isEqualTo(samePojos);
        assertThat(rows).isEqualTo(sameRows);
    }

    @Test
    void aTextThatIsCutOffIsAnError() throws IOException {
        TypeSerializer<String> texts = TextSerializers.of(StringSerializer.INSTANCE);
        for (String text : new String[] {"a", "some text", "b".repeat(200)}) {
            byte[] bytes = bytes(StringSerializer.INSTANCE, text);
            for (int length = 0; length < bytes.length; length++) {
                ArrayInput in = new ArrayInput();
                in.setBuffer(bytes, 0, length);
                assertThatThrownBy(() -> texts.deserialize(in)).isInstanceOf(EOFException.class);
            }
        }
    }

    @Test
    void readsFromOtherInputs() throws IOException {
        TypeSerializer<String> texts = TextSerializers.of(StringSerializer.INSTANCE);
        byte[] bytes = bytes(StringSerializer.INSTANCE, "some text");
        var in = new DataInputViewStreamWrapper(new ByteArrayInputStream(bytes));
        assertThat(texts.deserialize(in)).isEqualTo("some text");
    }

    private static <T> void check(TypeSerializer<T> serializer, T value) throws IOException {
        TypeSerializer<T> working = TextSerializers.of(serializer);
        assertThat(working).isNotSameAs(serializer);
        byte[] bytes = bytes(serializer, value);
        assertThat(bytes(working, value)).isEqualTo(bytes);
        ArrayInput in = input(bytes);
        assertThat(working.deserialize(in)).isEqualTo(value);
        assertThat(in.available()).as("what stands behind it").isEqualTo(1);
        assertThat(in.readByte()).isEqualTo((byte) 0x55);
    }

    /** The bytes in the middle of others. */
    private static ArrayInput input(byte[] bytes) {
        byte[] array = new byte[bytes.length + 9];
        System.arraycopy(bytes, 0, array, 5, bytes.length);
        array[5 + bytes.length] = 0x55;
        ArrayInput in = new ArrayInput();
        in.setBuffer(array, 5, bytes.length + 1);
        return in;
    }

    /** Behind others, in a buffer that has room for them and in one that has none. */
    private static <T> byte[] bytes(TypeSerializer<T> serializer, T value) throws IOException {
        byte[] last = new byte[0];
        for (int capacity : new int[] {1, 1 << 16}) {
            DataOutputSerializer out = new DataOutputSerializer(capacity);
            out.write(1);
            serializer.serialize(value, out);
            byte[] bytes = out.getCopyOfBuffer();
            assertThat(capacity == 1 || Arrays.equals(bytes, last)).isTrue();
            last = bytes;
        }
        return Arrays.copyOfRange(last, 1, last.length);
    }

    private static <T> TypeSerializer<T> serializer(TypeInformation<T> type) {
        return type.createSerializer(new SerializerConfigImpl());
    }

    private static List<String> texts() {
        Random random = new Random(5);
        List<String> texts = new ArrayList<>();
        for (String alphabet : ALPHABETS) {
            for (int length : LENGTHS) {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < length; i++) {
                    text.append(alphabet.charAt(random.nextInt(alphabet.length())));
                }
                texts.add(text.toString());
            }
        }
        // One that is different at its very end, or its start.
        texts.add("a".repeat(40) + "\u00e9");
        texts.add("\u4e2d" + "a".repeat(40));
        return texts;
    }

    /** A POJO with a text. */
    public static class Order {
        public String text = "";
        public int number;

        public Order() {}

        Order(String text, int number) {
            this.text = text;
            this.number = number;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Order order
                    && other.getClass() == getClass()
                    && order.text.equals(text)
                    && order.number == number;
        }

        @Override
        public int hashCode() {
            return text.hashCode() + number;
        }
    }

    /** One of a subclass. */
    public static final class Refund extends Order {
        public String reason = "";

        public Refund() {}

        Refund(String text, int number, String reason) {
            super(text, number);
            this.reason = reason;
        }

        @Override
        public boolean equals(Object other) {
            return super.equals(other) && ((Refund) other).reason.equals(reason);
        }

        @Override
        public int hashCode() {
            return super.hashCode() + reason.hashCode();
        }
    }

    /** A POJO without. */
    public static final class Point {
        public int x;
        public int y;
    }
}
