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
package io.flinklsm.inspect.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

final class EntryDecoderTest {

    private static final ColumnType STRING = ColumnTypes.string();
    private static final ColumnType LONG = ColumnTypes.int64();

    @Test
    void keyAndValueComeOutByName() throws Exception {
        var decoder = decoder(STRING, LONG);

        assertThat(decoder.key(key("k7", StringSerializer.INSTANCE)))
                .containsOnlyKeys("key")
                .containsEntry("key", "k7");
        assertThat(decoder.value(bytes(42L, LongSerializer.INSTANCE))).containsEntry("value", 42L);
    }

    @Test
    void nestedListsComeOutWithTheirEmptyOnes() throws Exception {
        List<List<Long>> value = List.of(List.of(1L, 2L), List.of(), List.of(3L));
        var decoder = decoder(STRING, ColumnTypes.list(ColumnTypes.list(LONG)));

        var serializer = new ListSerializer<>(new ListSerializer<>(LongSerializer.INSTANCE));
        assertThat(decoder.value(bytes(value, serializer))).containsEntry("value", value);
        assertThat(ValueText.of(value)).isEqualTo("[[1, 2], [], [3]]");
        assertThat(decoder.value(bytes(List.of(), serializer))).containsEntry("value", List.of());
    }

    @Test
    void elementsOfListStateComeOutAsAList() throws Exception {
        var out = new DataOutputSerializer(32);
        LongSerializer.INSTANCE.serialize(5L, out);
        out.write(',');
        LongSerializer.INSTANCE.serialize(6L, out);
        var decoder = decoder(STRING, ColumnTypes.delimited(LONG));

        assertThat(decoder.value(new Slice(out.getCopyOfBuffer())))
                .containsEntry("value", List.of(5L, 6L));
    }

    @Test
    void structsComeOutAsMapsInTheOrderOfTheirFields() throws Exception {
        var out = new DataOutputSerializer(32);
        StringSerializer.INSTANCE.serialize("x", out);
        LongSerializer.INSTANCE.serialize(-1L, out);
        var decoder =
                decoder(STRING, ColumnTypes.struct(List.of("name", "n"), List.of(STRING, LONG)));

        var value = decoder.value(new Slice(out.getCopyOfBuffer()));

        assertThat(ValueText.of(value)).isEqualTo("{value: {name: x, n: -1}}");
    }

    @Test
    void ttlStandsBesideTheValue() throws Exception {
        var out = new DataOutputSerializer(32);
        LongSerializer.INSTANCE.serialize(1000L, out);
        LongSerializer.INSTANCE.serialize(7L, out);
        var decoder = decoder(STRING, ColumnTypes.ttl(LONG));

        assertThat(ValueText.of(decoder.value(new Slice(out.getCopyOfBuffer()))))
                .isEqualTo("{ttl_timestamp: 1000, value: 7}");
    }

    @Test
    void whatDoesNotFitItsColumnsStaysBytes() throws Exception {
        var decoder = decoder(STRING, LONG);

        assertThat(decoder.value(new Slice(new byte[3]))).isNull();
        assertThat(decoder.value(bytes(1L, LongSerializer.INSTANCE))).containsEntry("value", 1L);
        assertThat(decoder.key(new Slice(new byte[] {1, 9}))).isEmpty();
    }

    private static EntryDecoder decoder(ColumnType key, ColumnType value) {
        var columns =
                new EntryColumns(
                        StateKind.VALUE, 1, false, key, ColumnTypes.nothing(), null, value);
        return new EntryDecoder(EntryColumns.parse(columns.toString()));
    }

    private static <T> Slice key(T key, TypeSerializer<T> serializer) throws Exception {
        var out = new DataOutputSerializer(32);
        out.write(3);
        serializer.serialize(key, out);
        out.write(0);
        return new Slice(out.getCopyOfBuffer());
    }

    private static <T> Slice bytes(T value, TypeSerializer<T> serializer) throws Exception {
        var out = new DataOutputSerializer(32);
        serializer.serialize(value, out);
        return new Slice(out.getCopyOfBuffer());
    }
}
