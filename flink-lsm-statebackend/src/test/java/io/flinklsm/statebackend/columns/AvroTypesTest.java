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
package io.flinklsm.statebackend.columns;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.ColumnType;
import io.flinklsm.core.columns.ColumnTypes;
import io.flinklsm.core.columns.EntryBinding;
import io.flinklsm.core.columns.RoundTrip;
import io.flinklsm.core.columns.leaf.Leaf;
import io.flinklsm.statebackend.testing.AvroOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Flink's serializer for Avro writes, columns take it apart and give it back. */
final class AvroTypesTest {

    private static TypeSerializer<GenericRecord> generic(Schema schema) {
        return new AvroSerializer<>(GenericRecord.class, schema);
    }

    private static <T> byte[] bytes(TypeSerializer<T> serializer, T value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        return out.getCopyOfBuffer();
    }

    private static ColumnType value(String schema) {
        return SerializerTypes.ofValue(generic(new Schema.Parser().parse(schema)));
    }

    @Test
    void recordsOfAnySchemaComeBackToTheByte() throws IOException {
        int all = 0;
        for (long seed = 0; seed < 400; seed++) {
            RandomAvro random = new RandomAvro(seed);
            Schema schema = random.record(1 + (int) seed % 10, (int) seed % 4);
            TypeSerializer<GenericRecord> serializer = generic(schema);
            ColumnType type = SerializerTypes.ofValue(serializer);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                values.add(bytes(serializer, random.next(schema)));
            }

            assertThat(ColumnTypes.isTyped(type)).as("seed %s: %s", seed, schema).isTrue();
            assertThat(RoundTrip.check(type, values))
                    .as("seed %s: %s, %s", seed, schema, type)
                    .containsOnly(true);
            RoundTrip.fuzz(type, values, seed, 100);
            ColumnType ofKey = SerializerTypes.of(serializer);
            if (ColumnTypes.isTyped(ofKey)) {
                all++;
                assertThat(RoundTrip.check(ofKey, values)).containsOnly(true);
            }
        }
        assertThat(all).as("schemas without a part that has no columns").isBetween(200, 399);
    }

    /** A state may get another schema while files still have records of the one before. */
    @Test
    void recordsOfOneSchemaUnderAnotherAreRefusedOrComeBackToTheByte() throws IOException {
        for (long seed = 0; seed < 200; seed++) {
            RandomAvro before = new RandomAvro(seed);
            RandomAvro now = new RandomAvro(seed + 1_000);
            Schema old = before.record(3, 2);
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                values.add(bytes(generic(old), before.next(old)));
            }

            List<Boolean> typed =
                    RoundTrip.check(SerializerTypes.ofValue(generic(now.record(3, 2))), values);

            assertThat(typed).hasSize(values.size());
        }
    }

    @Test
    void theTypeSaysWhatTheSchemaSays() {
        assertThat(SerializerTypes.of(new AvroSerializer<>(AvroOrder.class)))
                .hasToString(
                        "struct(\"id\":int64,\"customer\":union[\"0\"](\"string\":utf8),"
                                + "\"at\":epoch[\"3\",\"1\"],\"goods\":block(utf8),"
                                + "\"counts\":block-map(utf8,int32),"
                                + "\"discount\":union[\"1\"](\"double\":double,\"string\":utf8))");
        assertThat(
                        value(
                                """
                                {"type": "record", "name": "a.b.R", "fields": [
                                 {"name": "flag", "type": "boolean"},
                                 {"name": "none", "type": "null"},
                                 {"name": "color", "type": {"type": "enum", "name": "Color",
                                  "symbols": ["RED", "BLUE"]}},
                                 {"name": "again", "type": "Color"},
                                 {"name": "hash", "type": {"type": "fixed", "name": "c.Hash",
                                  "size": 4}},
                                 {"name": "price", "type": {"type": "bytes",
                                  "logicalType": "decimal", "precision": 20, "scale": 2}},
                                 {"name": "cents", "type": {"type": "fixed", "name": "Cents",
                                  "size": 3, "logicalType": "decimal", "precision": 5}},
                                 {"name": "day", "type": {"type": "int", "logicalType": "date"}},
                                 {"name": "odd", "type": {"type": "int", "logicalType": "uuid"}},
                                 {"name": "what", "type": ["Color", "c.Hash", "long"]}]}
                                """))
                .hasToString(
                        "struct(\"flag\":boolean,\"color\":enum[\"RED\",\"BLUE\"],"
                                + "\"again\":enum[\"RED\",\"BLUE\"],\"hash\":fixed[\"4\"],"
                                + "\"price\":decimal-bytes[\"20\",\"2\"],"
                                + "\"cents\":decimal-fixed[\"5\",\"0\",\"3\"],"
                                + "\"day\":epoch-day,\"odd\":int32,"
                                + "\"what\":union(\"Color\":enum[\"RED\",\"BLUE\"],"
                                + "\"Hash\":fixed[\"4\"],\"long\":int64))");
    }

    @Test
    void whatContainsItselfIsAColumnOfBytesBesideTheOthers() throws IOException {
        Schema schema =
                new Schema.Parser()
                        .parse(
                                """
                                {"type": "record", "name": "Node", "fields": [
                                 {"name": "id", "type": "int"},
                                 {"name": "next", "type": ["null", "Node"]},
                                 {"name": "name", "type": "string"}]}
                                """);
        GenericRecord node = null;
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            GenericRecord outer = new GenericData.Record(schema);
            outer.put("id", i);
            outer.put("next", node);
            outer.put("name", "node " + i);
            node = outer;
            values.add(bytes(generic(schema), node));
        }

        ColumnType type = SerializerTypes.ofValue(generic(schema));

        assertThat(type.toString())
                .contains("\"id\":int32", "\"name\":utf8")
                .contains("\"next\":bytes-of[\"" + AvroTypes.SERIALIZER)
                .contains("field Node: contains itself: record=Node");
        assertThat(RoundTrip.check(type, values)).containsOnly(true);
        RoundTrip.fuzz(type, values, 7, 2_000);
        assertThat(SerializerTypes.of(generic(schema)).toString())
                .startsWith("opaque")
                .contains("contains itself");
    }

    /** A record of a hundred bytes could say that it has as many nulls as a long can count. */
    @Test
    @Timeout(60)
    void elementsWithoutBytesAreNotCountedOneByOne() {
        ColumnType type =
                value(
                        """
                        {"type": "record", "name": "R", "fields": [
                         {"name": "nulls", "type": {"type": "array", "items": "null"}},
                         {"name": "id", "type": "int"}]}
                        """);
        EntryBinding binding = new EntryBinding(RoundTrip.row(type));
        byte[] value = HexFormat.of().parseHex("FFFFFFFFFFFFFFFF7F00" + "00000007");

        assertThat(binding.addValue(new Slice(value))).isTrue();

        Leaf id = binding.valueLeaves().get(1);
        assertThat(id.column().path()).containsExactly("value", "id");
        assertThat(id.buffer().intAt(0)).isEqualTo(7);
        assertThat(RoundTrip.check(type, List.of(value))).containsOnly(true);
    }

    @Test
    @Timeout(60)
    void recordsThatAreNamedAgainAndAgainDoNotMultiply() {
        StringBuilder schema =
                new StringBuilder("{\"type\":\"record\",\"name\":\"R40\",\"fields\":[");
        for (int i = 39; i >= 0; i--) {
            schema.append("{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"R")
                    .append(i)
                    .append("\",\"fields\":[");
        }
        schema.append("{\"name\":\"x\",\"type\":\"int\"}");
        for (int i = 0; i < 40; i++) {
            schema.append("]}},{\"name\":\"b\",\"type\":\"R").append(i).append("\"}");
        }
        schema.append("]}");

        assertThat(AvroTypes.ofSchema(schema.toString()).toString())
                .startsWith("opaque")
                .contains("more than 256 columns");
        assertThat(value(schema.toString()).toString()).hasSizeLessThan(100_000);
    }

    @Test
    void aRecordWithoutBytesOrWithTooManyColumnsHasNone() {
        assertThat(value("{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}").toString())
                .startsWith("opaque")
                .contains("has no bytes");
        StringBuilder wide = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            wide.append(i == 0 ? "" : ",").append("{\"name\":\"f" + i + "\",\"type\":\"int\"}");
        }
        assertThat(
                        value("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + wide + "]}")
                                .toString())
                .startsWith("opaque")
                .contains("more than 256 columns");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "{",
                "{}",
                "\"Unknown\"",
                "{\"type\":\"array\"}",
                "{\"type\":\"record\",\"fields\":[]}",
                "{\"type\":\"fixed\",\"name\":\"F\"}",
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
                "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}"
            })
    void aTextThatIsNoSchemaHasNoColumns(String json) {
        assertThat(AvroTypes.ofSchema(json).toString())
                .startsWith("opaque")
                .contains("schema that cannot be read");
    }

    @Test
    void aSchemaMayBeNestedWithoutEnd() {
        String json = "{\"type\":".repeat(900) + "\"int\"" + "}".repeat(900);

        assertThat(AvroTypes.ofSchema(json).toString()).contains("nested too deep");
        assertThat(
                        AvroTypes.ofSchema(
                                        "{\"type\":\"array\",\"items\":".repeat(60)
                                                + "\"int\""
                                                + "}".repeat(60))
                                .toString())
                .startsWith("opaque")
                .contains("nested deeper");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "39, 2", "0, 40", "5, 4", "3, -1"})
    void aDecimalThatMakesNoSenseIsBytes(int precision, int scale) {
        assertThat(
                        AvroTypes.ofSchema(
                                        "{\"type\":\"bytes\",\"logicalType\":\"decimal\","
                                                + "\"precision\":"
                                                + precision
                                                + ",\"scale\":"
                                                + scale
                                                + "}")
                                .toString())
                .isEqualTo(precision == 5 ? "decimal-bytes[\"5\",\"4\"]" : "bytes");
    }
}
