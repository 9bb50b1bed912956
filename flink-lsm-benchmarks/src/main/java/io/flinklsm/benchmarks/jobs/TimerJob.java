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
package io.flinklsm.benchmarks.jobs;

import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * A job of the DataStream API: for each bidder, the count of bids on each auction and all prices
 * since the bidder was last reported, which a timer does every two seconds of event time.
 *
 * <p>When a timer fires depends on when the watermark comes, and so does in which report a bid is
 * counted. The digest is linear in counts and prices and so does not show it.
 */
final class TimerJob {

    /** Auction, bidder, price and time. */
    private static final TypeInformation<Tuple4<Long, Long, Long, Long>> BID =
            Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG);

    private TimerJob() {}

    /** Adds the job to an environment. */
    static void define(StreamExecutionEnvironment environment, long events, long unmeasured) {
        long bids = AuctionStream.Table.BID.rows(events);
        long unmeasuredBids = AuctionStream.Table.BID.rows(unmeasured);
        environment
                .fromSource(
                        new DataGeneratorSource<Tuple4<Long, Long, Long, Long>>(
                                index -> {
                                    if (index == unmeasuredBids) {
                                        JobClock.start();
                                    }
                                    return Tuple4.of(
                                            AuctionStream.auctionOfBid(index),
                                            AuctionStream.bidderOfBid(index),
                                            AuctionStream.priceOfBid(index),
                                            AuctionStream.milliOfBid(index));
                                },
                                bids,
                                BID),
                        WatermarkStrategy.<Tuple4<Long, Long, Long, Long>>forMonotonousTimestamps()
                                .withTimestampAssigner((bid, before) -> bid.f3),
                        "bids")
                .keyBy(bid -> bid.f1)
                .process(new Report())
                .sinkTo(new Digest());
    }

    private static final class Report
            extends KeyedProcessFunction<
                    Long, Tuple4<Long, Long, Long, Long>, Tuple3<Long, Long, Long>> {

        private static final long serialVersionUID = 1L;
        private static final long MILLIS_UNTIL_REPORT = 2_000;

        // Set when the task opens.
        @SuppressWarnings("NullAway.Init")
        private transient MapState<Long, Long> counts;

        @SuppressWarnings("NullAway.Init")
        private transient ListState<Long> prices;

        @Override
        public void open(OpenContext context) {
            counts =
                    getRuntimeContext()
                            .getMapState(
                                    new MapStateDescriptor<>("counts", Types.LONG, Types.LONG));
            prices =
                    getRuntimeContext()
                            .getListState(new ListStateDescriptor<>("prices", Types.LONG));
        }

        @Override
        public void processElement(
                Tuple4<Long, Long, Long, Long> bid,
                Context context,
                Collector<Tuple3<Long, Long, Long>> out)
                throws Exception {
            Long before = counts.get(bid.f0);
            counts.put(bid.f0, before == null ? 1 : before + 1);
            prices.add(bid.f2);
            long slot = bid.f3 / MILLIS_UNTIL_REPORT + 1;
            context.timerService()
                    .registerEventTimeTimer(slot * MILLIS_UNTIL_REPORT + bid.f1 % 997);
        }

        @Override
        public void onTimer(
                long timestamp, OnTimerContext context, Collector<Tuple3<Long, Long, Long>> out)
                throws Exception {
            long sum = 0;
            for (Long price : prices.get()) {
                sum += price;
            }
            long weighted = 0;
            for (Map.Entry<Long, Long> count : counts.entries()) {
                weighted += ResultDigest.mix(count.getKey()) * count.getValue();
            }
            out.collect(Tuple3.of(context.getCurrentKey(), sum, weighted));
            prices.clear();
            counts.clear();
        }
    }

    /** Folds the reports. */
    private static final class Digest implements Sink<Tuple3<Long, Long, Long>> {

        private static final long serialVersionUID = 1L;

        @Override
        public SinkWriter<Tuple3<Long, Long, Long>> createWriter(WriterInitContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(Tuple3<Long, Long, Long> report, Context sinkContext) {
                    long bidder = ResultDigest.mix(report.f0);
                    ResultDigest.fold(true, bidder * (report.f1 + report.f2));
                }

                @Override
                public void flush(boolean endOfInput) {}

                @Override
                public void close() {
                    JobClock.taskEnds();
                }
            };
        }
    }
}
