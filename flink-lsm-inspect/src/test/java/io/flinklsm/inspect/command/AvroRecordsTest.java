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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import io.flinklsm.statebackend.LsmStateBackend;
import io.flinklsm.statebackend.testing.AvroOrder;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States of Avro's records, in checkpoints of ours and in canonical savepoints. */
final class AvroRecordsTest {

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

    @TempDir static Path root;

    private static Path checkpoint;
    private static Path savepoint;

    @BeforeAll
    static void take() throws Exception {
        try (var sample = new SampleCheckpoint(root, new LsmStateBackend())) {
            for (int i = 1; i <= 6; i++) {
                int number = i;
                sample.with("k" + i, backend -> write(backend, number));
            }
            checkpoint = sample.take(1);
            savepoint = sample.takeCanonicalSavepoint(2);
        }
    }

    private static void write(AbstractKeyedStateBackend<String> backend, int number)
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

    private static Path source(boolean canonical) {
        return canonical ? savepoint : checkpoint;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void statesAreShownWithTheirTypes(boolean canonical) {
        Run run = Run.of("show", source(canonical).toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .containsPattern("orders +value +string → struct\\(id: int64, customer: union")
                .containsPattern("payments +list +string → list\\(struct\\(day: epoch-day");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordsAreFoundAndScanned(boolean canonical) {
        String path = source(canonical).toString();
        Run get = Run.of("get", "--state", "orders", "--key", "k6", path);
        Run scan = Run.of("scan", "--state", "payments", path);

        assertThat(get.out())
                .contains("id: 6, customer: null, at: 2023-11-14T22:13:20.006")
                .contains("goods: [goods 0, goods 1], counts: {")
                .contains("discount: {double: null, string: all}");
        assertThat(scan.out())
                .contains("{day: 2024-10-06, time: 00:00:02.000002")
                .contains("amount: 2.25, kind: CASH, to: {city: city 2}}")
                .contains("amount: 3.25, kind: CARD, to: null}");
        assertThat(get.err() + scan.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sqlSeesTheFields(boolean canonical) {
        String path = source(canonical).toString();
        Run orders =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select key, value.customer as customer, epoch_ms(value.at) as at,"
                                + " len(value.goods) as goods, value.counts['goods 1'] as n,"
                                + " value.discount.double as d, value.discount.string as s"
                                + " from orders where value.id >= 4 order by key");
        Run payments =
                Run.of(
                        "sql",
                        "--csv",
                        path,
                        "select p.kind as kind, sum(p.amount) as amount, max(p.day) as day,"
                                + " count(p.\"to\".city) as cities"
                                + " from (select unnest(value) as p from payments)"
                                + " group by all order by all");

        assertThat(orders.err() + payments.err()).isEmpty();
        assertThat(orders.out())
                .isEqualTo(
                        """
                        key,customer,at,goods,n,d,s
                        k4,customer 4,1700000000004,0,,1.0,
                        k5,customer 5,1700000000005,1,,,
                        k6,,1700000000006,2,2,,all
                        """);
        assertThat(payments.out())
                .isEqualTo(
                        """
                        kind,amount,day,cities
                        CARD,25.50,2024-10-11,0
                        CASH,25.50,2024-10-10,6
                        """);
    }
}
