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

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.formats.avro.typeutils.AvroSerializer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.util.Collector;

/**
 * A job that keeps records of Avro of each of {@link #KEYS} keys, number n being of key {@code n %
 * KEYS}: specific ones, of the class {@code job.Order} of its jar, and generic ones; the last of
 * them (value), all (list), and the last one of each remainder modulo three (map). It registers its
 * states with the first number that comes. What each number found is kept, by the name of the run.
 */
public final class AvroJob {

    public static final int KEYS = 20;
    public static final int MAX_PARALLELISM = 128;

    /** Of the generic records. */
    public static final String VISIT =
            """
            {"type": "record", "name": "Visit", "namespace": "job", "fields": [
             {"name": "page", "type": "string"},
             {"name": "count", "type": "int"},
             {"name": "price", "type": ["null", "double"]}]}
            """;

    private static final Map<String, Progress> RUNS = new ConcurrentHashMap<>();

    private record Progress(CountDownLatch left, NavigableMap<Long, String> answers) {}

    private AvroJob() {}

    public static String key(long number) {
        return "key-" + number % KEYS;
    }

    /** Which of two subtasks has the key of a number. */
    public static int subtaskOf(long number) {
        return KeyGroupRangeAssignment.assignKeyToParallelOperator(key(number), MAX_PARALLELISM, 2);
    }

    /** The job over some numbers; it idles behind the last one. */
    public static void define(
            StreamExecutionEnvironment environment, String run, List<Long> numbers) {
        RUNS.put(
                run,
                new Progress(new CountDownLatch(numbers.size()), new ConcurrentSkipListMap<>()));
        environment.setMaxParallelism(MAX_PARALLELISM);
        environment
                .addSource(new Numbers(numbers), "numbers", Types.LONG)
                .setParallelism(1)
                .uid("numbers")
                .keyBy(AvroJob::key, Types.STRING)
                .process(new Orders(run))
                .name("orders")
                .uid("orders");
    }

    /** Waits a moment; tells whether all numbers are in the state. */
    public static boolean isDone(String run) throws InterruptedException {
        return Objects.requireNonNull(RUNS.get(run)).left().await(100, TimeUnit.MILLISECONDS);
    }

    /** What each number found. */
    public static NavigableMap<Long, String> answers(String run) {
        return Objects.requireNonNull(RUNS.get(run)).answers();
    }

    private static final class Numbers implements SourceFunction<Long> {
        private static final long serialVersionUID = 1L;

        private final ArrayList<Long> numbers;
        private volatile boolean cancelled;

        Numbers(List<Long> numbers) {
            this.numbers = new ArrayList<>(numbers);
        }

        @Override
        public void run(SourceContext<Long> out) throws Exception {
            for (int i = 0; i < numbers.size() && !cancelled; i++) {
                synchronized (out.getCheckpointLock()) {
                    out.collect(numbers.get(i));
                }
            }
            synchronized (this) {
                while (!cancelled) {
                    wait();
                }
            }
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            notifyAll();
        }
    }

    private static final class Orders extends KeyedProcessFunction<String, Long, Long> {
        private static final long serialVersionUID = 1L;

        private final String run;
        private transient Class<? extends SpecificRecord> type;
        private transient Schema visit;

        Orders(String run) {
            this.run = run;
        }

        @Override
        public void open(OpenContext context) throws Exception {
            type =
                    Class.forName("job.Order", true, getRuntimeContext().getUserCodeClassLoader())
                            .asSubclass(SpecificRecord.class);
            visit = new Schema.Parser().parse(VISIT);
        }

        private <T> AvroSerializer<T> specific(Class<T> of) {
            return new AvroSerializer<>(of);
        }

        private AvroSerializer<GenericRecord> generic() {
            return new AvroSerializer<>(GenericRecord.class, visit);
        }

        @Override
        public void processElement(Long number, Context context, Collector<Long> out)
                throws Exception {
            process(number, type);
        }

        @SuppressWarnings("unchecked")
        private <T extends SpecificRecord> void process(
                long number, Class<? extends SpecificRecord> of) throws Exception {
            AvroSerializer<T> orders = specific((Class<T>) of);
            ValueState<T> value =
                    getRuntimeContext().getState(new ValueStateDescriptor<>("value", orders));
            ListState<T> list =
                    getRuntimeContext().getListState(new ListStateDescriptor<>("list", orders));
            MapState<Integer, T> map =
                    getRuntimeContext()
                            .getMapState(
                                    new MapStateDescriptor<>(
                                            "map", IntSerializer.INSTANCE, orders));
            ValueState<GenericRecord> anyValue =
                    getRuntimeContext()
                            .getState(new ValueStateDescriptor<>("any-value", generic()));
            ListState<GenericRecord> anyList =
                    getRuntimeContext()
                            .getListState(new ListStateDescriptor<>("any-list", generic()));
            MapState<Integer, GenericRecord> anyMap =
                    getRuntimeContext()
                            .getMapState(
                                    new MapStateDescriptor<>(
                                            "any-map", IntSerializer.INSTANCE, generic()));
            String found =
                    String.join(
                            "\n",
                            String.valueOf(value.value()),
                            all(list.get()),
                            sorted(map),
                            String.valueOf(anyValue.value()),
                            all(anyList.get()),
                            sorted(anyMap));
            T order = (T) order(of, number);
            value.update(order);
            list.add(order);
            map.put((int) (number % 3), order);
            anyValue.update(visit(number));
            anyList.add(visit(number));
            anyMap.put((int) (number % 3), visit(number));
            Progress progress = Objects.requireNonNull(RUNS.get(run));
            progress.answers().put(number, found);
            progress.left().countDown();
        }

        private static String all(Iterable<?> elements) {
            StringBuilder text = new StringBuilder();
            if (elements != null) {
                elements.forEach(text::append);
            }
            return text.toString();
        }

        private static String sorted(MapState<Integer, ?> map) throws Exception {
            Map<Integer, Object> entries = new TreeMap<>();
            map.entries().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            return entries.toString();
        }

        private static SpecificRecord order(Class<? extends SpecificRecord> type, long number)
                throws ReflectiveOperationException {
            SpecificRecord order = type.getConstructor().newInstance();
            SpecificData data = SpecificData.getForClass(type);
            for (Schema.Field field : order.getSchema().getFields()) {
                order.put(field.pos(), content(field, number, data));
            }
            return order;
        }

        /** By the name of the field, in the type that it has. */
        private static Object content(Schema.Field field, long number, SpecificData data) {
            return switch (field.name()) {
                case "id" -> number;
                case "amount" ->
                        field.schema().getType() == Schema.Type.INT
                                ? (Object) (int) (number * 10)
                                : (Object) (number * 10);
                case "at" -> Instant.ofEpochMilli(1_700_000_000_000L + number);
                case "note" -> number % 3 == 0 ? null : "note " + number;
                case "items" -> List.of(item(field.schema().getElementType(), number, data));
                case "currency" -> "USD";
                case "tags" -> Map.of("n", "t" + number);
                default -> field.name() + " " + number;
            };
        }

        private static IndexedRecord item(Schema schema, long number, SpecificData data) {
            IndexedRecord item = (IndexedRecord) data.newRecord(null, schema);
            for (Schema.Field field : schema.getFields()) {
                item.put(
                        field.pos(),
                        switch (field.name()) {
                            case "sku" -> "sku " + number % 5;
                            case "count" -> (int) (number % 4);
                            default -> 0.5 * number;
                        });
            }
            return item;
        }

        private GenericRecord visit(long number) {
            GenericRecord record = new GenericData.Record(visit);
            record.put("page", "page " + number);
            record.put("count", (int) number);
            record.put("price", number % 2 == 0 ? null : 0.25 * number);
            return record;
        }
    }
}
