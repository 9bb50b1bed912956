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
import io.flinklsm.examples.flights.input.FlightInput;
import io.flinklsm.examples.flights.input.LogSummary;
import io.flinklsm.examples.flights.source.FlightSource;
import io.flinklsm.examples.flights.source.Replay;
import java.nio.file.Path;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;

/**
 * The job's graph.
 *
 * <pre>
 *   FlightSource ── FailOnce ──┬── by route ──── RouteFunction ────┬── files
 *                              └── by origin ─── AirportFunction ──┘
 * </pre>
 */
public final class FlightsJob {

    /** Accumulator: the highest position of the log that has entered the job. */
    public static final String POSITION = "position";

    /** For {@link #build}. */
    public static final long NO_FAILURE = -1;

    private FlightsJob() {}

    /**
     * Adds the job to {@code env}.
     *
     * @param input the log
     * @param summary of {@code input}
     * @param replay of {@code input}
     * @param failAtPosition where the first attempt fails, or {@link #NO_FAILURE}
     * @param results directory for the result files, see {@link FlightResults#read}
     */
    public static void build(
            StreamExecutionEnvironment env,
            FlightInput input,
            LogSummary summary,
            Replay replay,
            long failAtPosition,
            Path results) {
        DataStream<Flight> flights =
                env.fromSource(
                                new FlightSource(input, replay),
                                WatermarkStrategy.forMonotonousTimestamps(),
                                "flights")
                        .uid("flights")
                        .map(new FailOnce(failAtPosition))
                        .name("fail-once")
                        .uid("fail-once");
        DataStream<String> routes =
                flights.keyBy(Flight::route)
                        .process(new RouteFunction(summary.lastMillis()))
                        .name("routes")
                        .uid("routes");
        DataStream<String> airports =
                flights.keyBy(Flight::origin)
                        .process(new AirportFunction())
                        .name("airports")
                        .uid("airports");
        routes.union(airports)
                .sinkTo(
                        FileSink.forRowFormat(
                                        new org.apache.flink.core.fs.Path(results.toUri()),
                                        new SimpleStringEncoder<String>())
                                .withBucketAssigner(new BasePathBucketAssigner<>())
                                .withRollingPolicy(OnCheckpointRollingPolicy.build())
                                .build())
                .name("results")
                .uid("results");
    }
}
