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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.measure.DrawnCase;
import io.flinklsm.benchmarks.workload.Answers;
import io.flinklsm.benchmarks.workload.PurchasePojo;
import io.flinklsm.benchmarks.workload.RandomPasses;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.runtime.TupleSerializer;
import org.jspecify.annotations.Nullable;

/**
 * States of every kind in one backend, as an operator has them, and the operations on them. A value
 * has its key in its upper bits, so that every answer can be checked, and a count in its lower
 * ones, so that no two updates are the same. Confined to the task thread.
 */
final class HotStates {

    private static final int VERSION_BITS = 24;
    private static final int TEXT_LENGTH = 40;
    private static final int TEXTS = 1 << 10;

    private final BenchmarkedBackend backend;
    private final Sizes sizes;

    private final ValueState<Long> values;
    private final ValueState<Long> newValues;
    private final ValueState<String> texts;
    private final ValueState<PurchasePojo> pojos;
    private final ListState<Long> lists;
    private final ListState<Long> growing;
    private final ListState<Long> batches;
    private final MapState<Long, Long> maps;
    private final MapState<Long, Long> wide;
    private final ReducingState<Long> reducing;
    private final AggregatingState<Long, Mean> aggregating;

    private final String[] someTexts = new String[TEXTS];
    private final List<Long> batch = new ArrayList<>();
    private long version;

    /**
     * How many keys the states have.
     *
     * @param values of the ValueState of long values
     * @param sums of ReducingState, and as many of AggregatingState
     * @param collections small maps, lists, POJOs and texts, so many of each
     * @param wide maps of {@link Scale#WIDE_ENTRIES}
     */
    record Sizes(int values, int sums, int collections, int wide) {

        /** Keys that come and go. */
        int passing() {
            return collections;
        }

        /** Keys whose lists grow by many elements at a time. */
        int batches() {
            return Math.max(1, collections / 8);
        }

        /** Bytes of keys and values as their serializers write them, without any overhead. */
        long rawBytes() {
            long longs = Long.BYTES;
            return values * 2L * longs
                    + sums() * (2 * longs + 3 * longs)
                    + collections * (longs + TEXT_LENGTH + 1)
                    + collections * 200L
                    + collections * (longs + Scale.SMALL_ENTRIES * longs)
                    + (long) collections * Scale.SMALL_ENTRIES * (3 * longs + 1)
                    + (long) wide * Scale.WIDE_ENTRIES * (3 * longs + 1);
        }
    }

    /** Opens the states; they are empty. */
    HotStates(BenchmarkedBackend backend, Sizes sizes) throws Exception {
        this.backend = backend;
        this.sizes = sizes;
        values = backend.state(longValues("values"));
        newValues = backend.state(longValues("new-values"));
        texts = backend.state(new ValueStateDescriptor<>("texts", StringSerializer.INSTANCE));
        pojos =
                backend.state(
                        new ValueStateDescriptor<>(
                                "pojos",
                                TypeInformation.of(PurchasePojo.class)
                                        .createSerializer(new SerializerConfigImpl())));
        lists = backend.state(longLists("lists"));
        growing = backend.state(longLists("growing-lists"));
        batches = backend.state(longLists("batched-lists"));
        maps = backend.state(longMaps("maps"));
        wide = backend.state(longMaps("wide-maps"));
        reducing =
                backend.state(
                        new ReducingStateDescriptor<>(
                                "reducing", Long::sum, LongSerializer.INSTANCE));
        aggregating =
                backend.state(
                        new AggregatingStateDescriptor<>(
                                "aggregating",
                                new MeanOf(),
                                new TupleSerializer<>(
                                        tupleOfLongs(),
                                        new TypeSerializer<?>[] {
                                            LongSerializer.INSTANCE, LongSerializer.INSTANCE
                                        })));
        for (int i = 0; i < TEXTS; i++) {
            String digits = Integer.toString(i);
            someTexts[i] = digits + "-".repeat(TEXT_LENGTH - digits.length());
        }
        for (long element = 0; element < HotCases.BATCH; element++) {
            batch.add(element);
        }
    }

    Sizes sizes() {
        return sizes;
    }

    /** Fills the states, each in random orders: maps and lists grow beside each other. */
    void load(long seed) throws Exception {
        each(sizes.values(), seed, this::updateValue);
        each(sizes.sums(), seed + 1, this::startSum);
        each(sizes.sums(), seed + 2, this::addToMean);
        each(sizes.collections(), seed + 3, this::updateText);
        each(sizes.collections(), seed + 4, this::newPojo);
        RandomPasses order = new RandomPasses(sizes.collections(), seed + 5);
        for (int element = 0; element < Scale.SMALL_ENTRIES; element++) {
            for (int i = 0; i < order.count(); i++) {
                int key = order.next();
                backend.setKey(key);
                lists.add(elementOf(key, element));
            }
        }
        each(sizes.collections() * Scale.SMALL_ENTRIES, seed + 6, this::putIntoMap);
        each(sizes.wide() * Scale.WIDE_ENTRIES, seed + 7, this::putIntoWideMap);
    }

    /**
     * Fills values, texts, POJOs, lists and small maps, where maps and lists come whole: for states
     * that are large.
     *
     * @throws TooSlowException if it is not through at {@code endNanos} of {@link System#nanoTime}
     */
    void loadWhole(long seed, long endNanos) throws Exception {
        List<DrawnCase.Operation> ofCollections =
                List.of(this::updateText, this::newPojo, this::updateList, this::putAllIntoMap);
        each(sizes.values(), seed, until(endNanos, this::updateValue));
        for (int i = 0; i < ofCollections.size(); i++) {
            each(sizes.collections(), seed + 1 + i, until(endNanos, ofCollections.get(i)));
        }
    }

    private static DrawnCase.Operation until(long endNanos, DrawnCase.Operation operation) {
        return key -> {
            if ((key & 63) == 0 && System.nanoTime() > endNanos) {
                throw new TooSlowException();
            }
            return operation.run(key);
        };
    }

    /** Changes so many parts of a hundred of each state. */
    void change(int percent, long seed) throws Exception {
        some(sizes.values(), percent, seed, this::updateValue);
        some(sizes.sums(), percent, seed + 1, this::addToSum);
        some(sizes.sums(), percent, seed + 2, this::addToMean);
        some(sizes.collections(), percent, seed + 3, this::updateText);
        some(sizes.collections(), percent, seed + 4, this::modifyPojo);
        some(sizes.collections(), percent, seed + 5, this::updateList);
        some(sizes.collections() * Scale.SMALL_ENTRIES, percent, seed + 6, this::putIntoMap);
        some(sizes.wide() * Scale.WIDE_ENTRIES, percent, seed + 7, this::putIntoWideMap);
    }

    /** Loading took too long to go on. */
    static final class TooSlowException extends Exception {

        private static final long serialVersionUID = 1L;
    }

    private static void each(int count, long seed, DrawnCase.Operation operation) throws Exception {
        some(count, 100, seed, operation);
    }

    private static void some(int count, int percent, long seed, DrawnCase.Operation operation)
            throws Exception {
        if (count == 0) {
            return;
        }
        RandomPasses order = new RandomPasses(count, seed);
        for (long i = 0; i < (long) count * percent / 100; i++) {
            operation.run(order.next());
        }
    }

    // ValueState of longs.

    long getValue(int key) throws Exception {
        backend.setKey(key);
        return checked("value get", key, values.value());
    }

    long getMissingValue(int key) throws Exception {
        backend.setKey((long) key + sizes.values());
        return expectNone("value get, missing key", key, values.value());
    }

    long updateValue(int key) throws Exception {
        backend.setKey(key);
        values.update(stamped(key));
        return key;
    }

    long putNewValue(int key) throws Exception {
        backend.setKey(key);
        newValues.update(stamped(key));
        return key;
    }

    long clearNewValue(int key) {
        backend.setKey(key);
        newValues.clear();
        return key;
    }

    // ValueState of texts and POJOs.

    long getText(int key) throws Exception {
        backend.setKey(key);
        @Nullable String text = texts.value();
        return Answers.expect(
                "text get", key, 1, someTexts[key & (TEXTS - 1)].equals(text) ? 1 : 0);
    }

    long updateText(int key) throws Exception {
        backend.setKey(key);
        texts.update(someTexts[key & (TEXTS - 1)]);
        return key;
    }

    long newPojo(int key) throws Exception {
        backend.setKey(key);
        pojos.update(PurchasePojo.ofCustomer(key));
        return key;
    }

    long getPojo(int key) throws Exception {
        return pojo(key).version;
    }

    long modifyPojo(int key) throws Exception {
        PurchasePojo pojo = pojo(key);
        pojo.buy(key);
        pojos.update(pojo);
        return pojo.version;
    }

    private PurchasePojo pojo(int key) throws Exception {
        backend.setKey(key);
        @Nullable PurchasePojo pojo = pojos.value();
        Answers.expect("POJO get", key, key, pojo == null ? -1 : pojo.customer);
        return java.util.Objects.requireNonNull(pojo);
    }

    // ListState.

    long getList(int key) throws Exception {
        backend.setKey(key);
        Long first = lists.get().iterator().next();
        return Answers.expect("list get", key, elementOf(key, 0), first);
    }

    long iterateList(int key) throws Exception {
        backend.setKey(key);
        long sum = 0;
        for (Long element : lists.get()) {
            sum += element;
        }
        return Answers.expect("list get and iterate", key, sumOfList(key), sum);
    }

    long updateList(int key) throws Exception {
        backend.setKey(key);
        List<Long> elements = new ArrayList<>(Scale.SMALL_ENTRIES);
        for (int element = 0; element < Scale.SMALL_ENTRIES; element++) {
            elements.add(elementOf(key, element));
        }
        lists.update(elements);
        return key;
    }

    /** Adds an element and reads them all; a list of twenty is cut down to the ten of before. */
    long addToListAndIterate(int key) throws Exception {
        backend.setKey(key);
        long added = elementOf(key, Scale.SMALL_ENTRIES);
        lists.add(added);
        long sum = 0;
        long count = 0;
        for (Long element : lists.get()) {
            sum += element;
            count++;
        }
        long more = count - Scale.SMALL_ENTRIES;
        Answers.expect("list add and get", key, sumOfList(key) + more * added, sum);
        return more < Scale.SMALL_ENTRIES ? sum : updateList(key);
    }

    long addToList(int key) throws Exception {
        backend.setKey(key);
        growing.add((long) key);
        return key;
    }

    long clearGrowingList(int key) {
        backend.setKey(key);
        growing.clear();
        return key;
    }

    long addAllToList(int key) throws Exception {
        backend.setKey(key);
        batches.addAll(batch);
        return key;
    }

    long clearBatchedList(int key) throws Exception {
        backend.setKey(key);
        long sum = 0;
        long count = 0;
        @Nullable Iterable<Long> elements = batches.get();
        if (elements != null) {
            for (Long element : elements) {
                sum += element;
                count++;
            }
        }
        batches.clear();
        Answers.expect("list addAll", key, 0, count % HotCases.BATCH);
        return Answers.expect("list addAll", key, count * (HotCases.BATCH - 1) / 2, sum);
    }

    /** What a window does: collects, fires, and is over. */
    long collectAndClear(int key) throws Exception {
        backend.setKey(key);
        for (int element = 0; element < HotCases.COLLECTED; element++) {
            growing.add((long) key);
        }
        long sum = 0;
        for (Long element : growing.get()) {
            sum += element;
        }
        growing.clear();
        return Answers.expect("list add, get, clear", key, (long) HotCases.COLLECTED * key, sum);
    }

    // MapState: entries are drawn, the key of an entry is its number by the entries of a map.

    long getFromMap(int entry) throws Exception {
        int key = entry / Scale.SMALL_ENTRIES;
        backend.setKey(key);
        return checked("map get", key, maps.get(userKeyOf(key, entry % Scale.SMALL_ENTRIES)));
    }

    long getMissingFromMap(int entry) throws Exception {
        int key = entry / Scale.SMALL_ENTRIES;
        backend.setKey(key);
        return expectNone(
                "map get, missing entry",
                key,
                maps.get(userKeyOf(key, Scale.SMALL_ENTRIES + entry % Scale.SMALL_ENTRIES)));
    }

    /** Every other question is about an entry that is not there. */
    long isInMap(int question) throws Exception {
        int key = question / (2 * Scale.SMALL_ENTRIES);
        int number = question % (2 * Scale.SMALL_ENTRIES);
        backend.setKey(key);
        return Answers.expect(
                "map contains",
                key,
                number < Scale.SMALL_ENTRIES ? 1 : 0,
                maps.contains(userKeyOf(key, number)) ? 1 : 0);
    }

    long isMapEmpty(int key) throws Exception {
        backend.setKey(key);
        return Answers.expect("map isEmpty", key, 0, maps.isEmpty() ? 1 : 0);
    }

    long isMissingMapEmpty(int key) throws Exception {
        backend.setKey((long) key + sizes.collections());
        return Answers.expect("map isEmpty, missing map", key, 1, maps.isEmpty() ? 1 : 0);
    }

    long iterateMap(int key) throws Exception {
        backend.setKey(key);
        return iterate(maps, key, Scale.SMALL_ENTRIES);
    }

    long putIntoMap(int entry) throws Exception {
        int key = entry / Scale.SMALL_ENTRIES;
        backend.setKey(key);
        maps.put(userKeyOf(key, entry % Scale.SMALL_ENTRIES), stamped(key));
        return key;
    }

    long removeFromMap(int key) throws Exception {
        backend.setKey(key);
        maps.remove(userKeyOf(key, 0));
        return key;
    }

    long putBackIntoMap(int key) throws Exception {
        return putIntoMap(key * Scale.SMALL_ENTRIES);
    }

    long putNewIntoMap(int key) throws Exception {
        backend.setKey(key);
        maps.put(userKeyOf(key, Scale.SMALL_ENTRIES), stamped(key));
        return key;
    }

    long removeNewFromMap(int key) throws Exception {
        backend.setKey(key);
        maps.remove(userKeyOf(key, Scale.SMALL_ENTRIES));
        return key;
    }

    long putAllIntoMap(int key) throws Exception {
        Map<Long, Long> entries = new java.util.HashMap<>();
        for (int number = 0; number < Scale.SMALL_ENTRIES; number++) {
            entries.put(userKeyOf(key, number), stamped(key));
        }
        backend.setKey(key);
        maps.putAll(entries);
        return key;
    }

    long getFromWideMap(int entry) throws Exception {
        int key = entry / Scale.WIDE_ENTRIES;
        backend.setKey(key);
        return checked(
                "map of 1000 get", key, wide.get(userKeyOf(key, entry % Scale.WIDE_ENTRIES)));
    }

    long putIntoWideMap(int entry) throws Exception {
        int key = entry / Scale.WIDE_ENTRIES;
        backend.setKey(key);
        wide.put(userKeyOf(key, entry % Scale.WIDE_ENTRIES), stamped(key));
        return key;
    }

    long iterateWideMap(int key) throws Exception {
        backend.setKey(key);
        return iterate(wide, key, Scale.WIDE_ENTRIES);
    }

    // ReducingState and AggregatingState.

    long getSum(int key) throws Exception {
        backend.setKey(key);
        return checked("reducing get", key, reducing.get());
    }

    long addToSum(int key) throws Exception {
        backend.setKey(key);
        reducing.add(1L);
        return key;
    }

    private long startSum(int key) throws Exception {
        backend.setKey(key);
        reducing.add((long) key << VERSION_BITS);
        return key;
    }

    long getMean(int key) throws Exception {
        backend.setKey(key);
        Mean mean = aggregating.get();
        return Answers.expect("aggregating get", key, mean.count(), mean.sum());
    }

    long addToMean(int key) throws Exception {
        backend.setKey(key);
        aggregating.add(1L);
        return key;
    }

    // What the answers must be.

    private long stamped(int key) {
        return ((long) key << VERSION_BITS) | (++version & ((1 << VERSION_BITS) - 1));
    }

    private static long checked(String what, int key, @Nullable Long value) {
        return Answers.expect(what, key, key, value == null ? -1 : value >> VERSION_BITS);
    }

    private static long expectNone(String what, int key, @Nullable Long value) {
        return Answers.expect(what, key, 0, value == null ? 0 : 1);
    }

    private static long iterate(MapState<Long, Long> state, int key, int count) throws Exception {
        long sum = 0;
        for (Map.Entry<Long, Long> entry : state.entries()) {
            sum += (entry.getValue() >> VERSION_BITS) + (entry.getKey() & 1);
        }
        // Every other user key of a map is odd.
        return Answers.expect("map entries", key, (long) key * count + count / 2, sum);
    }

    /** Different maps have different user keys, and a map's are no run of numbers. */
    private static long userKeyOf(int key, int number) {
        return (key & 0xFFFF_FFFEL) + number * 1_000_003L;
    }

    private static long elementOf(int key, int element) {
        return (long) key * 64 + element;
    }

    private static long sumOfList(int key) {
        return Scale.SMALL_ENTRIES * elementOf(key, 0)
                + Scale.SMALL_ENTRIES * (Scale.SMALL_ENTRIES - 1) / 2;
    }

    private static ValueStateDescriptor<Long> longValues(String name) {
        return new ValueStateDescriptor<>(name, LongSerializer.INSTANCE);
    }

    private static ListStateDescriptor<Long> longLists(String name) {
        return new ListStateDescriptor<>(name, LongSerializer.INSTANCE);
    }

    private static MapStateDescriptor<Long, Long> longMaps(String name) {
        return new MapStateDescriptor<>(name, LongSerializer.INSTANCE, LongSerializer.INSTANCE);
    }

    @SuppressWarnings("unchecked") // A class literal knows no type arguments.
    private static Class<Tuple2<Long, Long>> tupleOfLongs() {
        return (Class<Tuple2<Long, Long>>) (Class<?>) Tuple2.class;
    }

    /** What the aggregate gives out. */
    private record Mean(long sum, long count) {}

    /** Keeps sum and count of what was added. */
    private static final class MeanOf implements AggregateFunction<Long, Tuple2<Long, Long>, Mean> {

        private static final long serialVersionUID = 1L;

        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Long value, Tuple2<Long, Long> accumulator) {
            accumulator.f0 += value;
            accumulator.f1++;
            return accumulator;
        }

        @Override
        public Mean getResult(Tuple2<Long, Long> accumulator) {
            return new Mean(accumulator.f0, accumulator.f1);
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> one, Tuple2<Long, Long> other) {
            return Tuple2.of(one.f0 + other.f0, one.f1 + other.f1);
        }
    }
}
