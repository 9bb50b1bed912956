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
package io.flinklsm.examples.flights.job;

import io.flinklsm.examples.flights.Flight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * State of one airport: its last departures (list) and their count (value).
 *
 * <p>A flight is appended without reading the list; only every {@value #TRIM_EVERY} flights it is
 * cut to the last {@value #LAST_FLIGHTS}. Flights of different routes come through different
 * partitions and not in order: the last ones are those with the highest positions, not those that
 * came last.
 */
final class AirportFunction extends KeyedProcessFunction<String, Flight, String> {

    private static final long serialVersionUID = 1L;
    private static final int LAST_FLIGHTS = 5;
    private static final int TRIM_EVERY = 20;
    private static final long END_OF_LOG = Long.MAX_VALUE;

    // Set in open(), used by the task thread only.
    private transient ListState<Flight> lastFlights;
    private transient ValueState<Long> departures;

    @SuppressWarnings("NullAway.Init") // Flink calls open() before anything else.
    AirportFunction() {}

    @Override
    public void open(OpenContext openContext) {
        lastFlights =
                getRuntimeContext()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "airport-last-flights", TypeInformation.of(Flight.class)));
        departures =
                getRuntimeContext()
                        .getState(new ValueStateDescriptor<>("airport-departures", Types.LONG));
    }

    @Override
    public void processElement(Flight flight, Context context, Collector<String> out)
            throws Exception {
        @Nullable Long before = departures.value();
        long count = before == null ? 1 : before + 1;
        departures.update(count);
        lastFlights.add(flight);
        if (before == null) {
            context.timerService().registerEventTimeTimer(END_OF_LOG);
        } else if (count % TRIM_EVERY == 0) {
            lastFlights.update(last());
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<String> out)
            throws Exception {
        List<AirportSummary.Departure> flights =
                last().stream()
                        .map(
                                flight ->
                                        new AirportSummary.Departure(
                                                flight.departureMillis(),
                                                flight.destination(),
                                                flight.delayMinutes()))
                        .toList();
        out.collect(
                new AirportSummary(context.getCurrentKey(), departures.value(), flights).toLine());
    }

    /** The last flights of the list in order of their positions. */
    private List<Flight> last() throws Exception {
        var flights = new ArrayList<Flight>();
        for (Flight flight : lastFlights.get()) {
            flights.add(flight);
        }
        flights.sort(Comparator.comparingLong(Flight::position));
        return flights.subList(Math.max(0, flights.size() - LAST_FLIGHTS), flights.size());
    }
}
