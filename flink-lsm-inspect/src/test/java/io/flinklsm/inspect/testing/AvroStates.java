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
package io.flinklsm.inspect.testing;

import io.flinklsm.statebackend.testing.AvroOrder;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;

/**
 * Two states of a key with records of Avro: {@code orders}, a value of a specific one, and {@code
 * payments}, a list of generic ones.
 */
public final class AvroStates {

    private static final Schema PAYMENT =
            new Schema.Parser()
                    .parse(
                            """
                            {"type": "record", "name": "Payment", "namespace": "test", "fields": [
                             {"name": "day", "type": {"type": "int", "logicalType": "date"}},
                             {"name": "time", "type":
                              {"type": "long", "logicalType": "time-micros"}},
                             {"name": "amount", "type": {"type": "bytes",
                              "logicalType": "decimal", "precision": 9, "scale": 2}},
                             {"name": "kind", "type": {"type": "enum", "name": "Kind",
                              "symbols": ["CARD", "CASH"]}},
                             {"name": "to", "type": ["null", {"type": "record", "name": "Place",
                              "fields": [{"name": "city", "type": "string"}]}]}]}
                            """);

    private AvroStates() {}

    /** Makes them the records of a number. */
    public static void write(AbstractKeyedStateBackend<String> backend, int number)
            throws Exception {
        SampleCheckpoint.state(
                        backend,
                        new ValueStateDescriptor<>("orders", new AvroSerializer<>(AvroOrder.class)))
                .update(AvroOrder.of(number));
        SampleCheckpoint.state(
                        backend,
                        new ListStateDescriptor<>(
                                "payments", new AvroSerializer<>(GenericRecord.class, PAYMENT)))
                .update(List.of(payment(number), payment(number + 1)));
    }

    private static GenericRecord payment(int number) {
        GenericRecord payment = new GenericData.Record(PAYMENT);
        payment.put("day", 20_000 + number);
        payment.put("time", number * 1_000_001L);
        payment.put(
                "amount",
                ByteBuffer.wrap(new BigDecimal(number + ".25").unscaledValue().toByteArray()));
        payment.put(
                "kind",
                new GenericData.EnumSymbol(
                        PAYMENT.getField("kind").schema(), number % 2 == 0 ? "CASH" : "CARD"));
        if (number % 2 == 0) {
            Schema place = PAYMENT.getField("to").schema().getTypes().get(1);
            GenericRecord to = new GenericData.Record(place);
            to.put("city", "city " + number);
            payment.put("to", to);
        }
        return payment;
    }
}
