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
import java.time.Duration;
import java.time.LocalDate;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * State of one route: delay statistics (aggregating), flights of each day (map), the last day
 * (value), and a timer at the end of the day after it. A flight on a later day moves the timer;
 * when it fires, that day was quiet and the route closes.
 *
 * <pre>
 *   flights on   Mon         Tue               Fri
 *   timer at     end of Tue  end of Wed: fires end of Sat
 *   emitted                  quiet|ATL-SAV|Tue
 * </pre>
 *
 * <p>Watermarks lag behind the flights by an amount that differs from run to run. A flight that
 * finds the timer of a quiet day still waiting therefore closes the route itself, with the same
 * row. A closed route has no last day. At the end of the log all timers fire: those behind its last
 * flight say nothing.
 */
final class RouteFunction extends KeyedProcessFunction<String, Flight, String> {

    private static final long serialVersionUID = 1L;
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

    /** Fires when the source has ended, on the last watermark. */
    private static final long END_OF_LOG = Long.MAX_VALUE;

    private final long lastFlightMillis;

    // Set in open(), used by the task thread only.
    private transient AggregatingState<Flight, DelayStats> delays;
    private transient MapState<LocalDate, Integer> flightsByDay;
    private transient ValueState<LocalDate> lastDay;
    private transient ValueState<Integer> quietTimes;

    /**
     * @param lastFlightMillis event time of the last flight of the whole log
     */
    @SuppressWarnings("NullAway.Init") // Flink calls open() before anything else.
    RouteFunction(long lastFlightMillis) {
        this.lastFlightMillis = lastFlightMillis;
    }

    @Override
    public void open(OpenContext openContext) {
        delays =
                getRuntimeContext()
                        .getAggregatingState(
                                new AggregatingStateDescriptor<>(
                                        "route-delays",
                                        new DelayStats.Aggregate(),
                                        TypeInformation.of(DelayStats.class)));
        flightsByDay =
                getRuntimeContext()
                        .getMapState(
                                new MapStateDescriptor<>(
                                        "route-days", Types.LOCAL_DATE, Types.INT));
        lastDay =
                getRuntimeContext()
                        .getState(new ValueStateDescriptor<>("route-last-day", Types.LOCAL_DATE));
        quietTimes =
                getRuntimeContext()
                        .getState(new ValueStateDescriptor<>("route-quiet-times", Types.INT));
    }

    @Override
    public void processElement(Flight flight, Context context, Collector<String> out)
            throws Exception {
        delays.add(flight);
        LocalDate day = dayOf(flight.departureMillis());
        @Nullable Integer flights = flightsByDay.get(day);
        flightsByDay.put(day, flights == null ? 1 : flights + 1);
        @Nullable LocalDate last = lastDay.value();
        if (day.equals(last)) {
            return;
        }
        if (last != null) {
            long quietAt = endOfQuietDay(last);
            context.timerService().deleteEventTimeTimer(quietAt);
            if (flight.departureMillis() >= quietAt) {
                close(context.getCurrentKey(), last, out);
            }
        }
        lastDay.update(day);
        context.timerService().registerEventTimeTimer(endOfQuietDay(day));
        context.timerService().registerEventTimeTimer(END_OF_LOG);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<String> out)
            throws Exception {
        if (timestamp == END_OF_LOG) {
            out.collect(summary(context.getCurrentKey()).toLine());
        } else if (timestamp <= lastFlightMillis) {
            close(context.getCurrentKey(), lastDay.value(), out);
        }
    }

    private void close(String route, LocalDate last, Collector<String> out) throws Exception {
        @Nullable Integer times = quietTimes.value();
        quietTimes.update(times == null ? 1 : times + 1);
        lastDay.clear();
        out.collect(new QuietRoute(route, last).toLine());
    }

    private RouteSummary summary(String route) throws Exception {
        int days = 0;
        int busiestFlights = 0;
        LocalDate busiest = LocalDate.MAX;
        for (Map.Entry<LocalDate, Integer> day : flightsByDay.entries()) {
            days++;
            int flights = day.getValue();
            if (flights > busiestFlights
                    || (flights == busiestFlights && day.getKey().isBefore(busiest))) {
                busiestFlights = flights;
                busiest = day.getKey();
            }
        }
        @Nullable Integer times = quietTimes.value();
        return new RouteSummary(
                route, delays.get(), days, busiest, busiestFlights, times == null ? 0 : times);
    }

    private static LocalDate dayOf(long millis) {
        return LocalDate.ofEpochDay(Math.floorDiv(millis, DAY_MILLIS));
    }

    /** The day after {@code lastDay} is over. */
    private static long endOfQuietDay(LocalDate lastDay) {
        return (lastDay.toEpochDay() + 2) * DAY_MILLIS;
    }
}
