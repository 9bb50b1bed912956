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
package io.flinklsm.statebackend.testing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Conversion;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/** What Avro's compiler makes of a schema, as far as serializers ask for it. */
@org.apache.avro.specific.AvroGenerated
public final class AvroOrder extends SpecificRecordBase {

    private static final long serialVersionUID = 1L;

    public static final Schema SCHEMA$ =
            new Schema.Parser()
                    .parse(
                            """
                            {"type": "record", "name": "AvroOrder",
                             "namespace": "io.flinklsm.statebackend.testing",
                             "fields": [
                              {"name": "id", "type": "long"},
                              {"name": "customer", "type": ["null", "string"]},
                              {"name": "at",
                               "type": {"type": "long", "logicalType": "timestamp-millis"}},
                              {"name": "goods", "type": {"type": "array", "items": "string"}},
                              {"name": "counts", "type": {"type": "map", "values": "int"}},
                              {"name": "discount", "type": ["double", "null", "string"]}
                             ]}
                            """);

    private static final SpecificData MODEL$ = new SpecificData();

    static {
        MODEL$.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    }

    private long id;
    private @Nullable CharSequence customer;
    private Instant at = Instant.EPOCH;
    private List<CharSequence> goods = new ArrayList<>();
    private Map<CharSequence, Integer> counts = new TreeMap<>();
    private @Nullable Object discount;

    public static AvroOrder of(int number) {
        AvroOrder order = new AvroOrder();
        order.id = number;
        order.customer = number % 3 == 0 ? null : "customer " + number % 10;
        order.at = Instant.ofEpochMilli(1_700_000_000_000L + number);
        for (int i = 0; i < number % 4; i++) {
            order.goods.add("goods " + i);
            order.counts.put("goods " + i, i + 1);
        }
        order.discount = number % 5 == 0 ? null : number % 5 == 1 ? (Object) "all" : 0.25 * number;
        return order;
    }

    /** Whether it is that order, whatever classes Avro has read its texts as. */
    public boolean hasContentOf(int number) {
        return content(this).equals(content(of(number)));
    }

    private static List<Object> content(AvroOrder order) {
        Map<String, Integer> counts = new TreeMap<>();
        order.counts.forEach((goods, count) -> counts.put(goods.toString(), count));
        return List.of(
                order.id,
                String.valueOf(order.customer),
                order.at,
                order.goods.toString(),
                counts,
                String.valueOf(order.discount));
    }

    public static Schema getClassSchema() {
        return SCHEMA$;
    }

    @Override
    public SpecificData getSpecificData() {
        return MODEL$;
    }

    @Override
    public Schema getSchema() {
        return SCHEMA$;
    }

    @Override
    public Object get(int field) {
        return switch (field) {
            case 0 -> id;
            case 1 -> customer;
            case 2 -> at;
            case 3 -> goods;
            case 4 -> counts;
            case 5 -> discount;
            default -> throw new IndexOutOfBoundsException("field=" + field);
        };
    }

    @Override
    @SuppressWarnings("unchecked")
    public void put(int field, @Nullable Object value) {
        switch (field) {
            case 0 -> id = (Long) value;
            case 1 -> customer = (CharSequence) value;
            case 2 -> at = (Instant) value;
            case 3 -> goods = (List<CharSequence>) value;
            case 4 -> counts = (Map<CharSequence, Integer>) value;
            case 5 -> discount = value;
            default -> throw new IndexOutOfBoundsException("field=" + field);
        }
    }

    @Override
    public @Nullable Conversion<?> getConversion(int field) {
        return field == 2 ? new TimeConversions.TimestampMillisConversion() : null;
    }
}
