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
package io.flinklsm.examples.flights.source;

import io.flinklsm.examples.flights.Flight;
import io.flinklsm.examples.flights.input.FlightInput;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A bounded source over a log of flights.
 *
 * <pre>
 *   log         0:ATL-SAV  1:LAS-PHL  2:ATL-SAV  3:MCI-MDW  4:LAS-PHL
 *   partition 0 0                     2
 *   partition 1            1                     3          4
 * </pre>
 *
 * <p>A split is a partition and the position to go on from. Which reader holds which split does not
 * matter to the result, and neither does how many there are.
 */
public final class FlightSource implements Source<Flight, FlightSplit, List<FlightSplit>> {

    private static final long serialVersionUID = 1L;

    private final FlightInput input;
    private final Replay replay;

    public FlightSource(FlightInput input, Replay replay) {
        this.input = input;
        this.replay = replay;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public SourceReader<Flight, FlightSplit> createReader(SourceReaderContext context) {
        return new FlightSourceReader(context, input, replay);
    }

    @Override
    public SplitEnumerator<FlightSplit, List<FlightSplit>> createEnumerator(
            SplitEnumeratorContext<FlightSplit> context) {
        List<FlightSplit> all =
                IntStream.range(0, replay.partitions())
                        .mapToObj(partition -> new FlightSplit(partition, 0))
                        .toList();
        return new FlightSplitEnumerator(context, all);
    }

    @Override
    public SplitEnumerator<FlightSplit, List<FlightSplit>> restoreEnumerator(
            SplitEnumeratorContext<FlightSplit> context, List<FlightSplit> unassigned) {
        return new FlightSplitEnumerator(context, unassigned);
    }

    @Override
    public SimpleVersionedSerializer<FlightSplit> getSplitSerializer() {
        return new FlightSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<List<FlightSplit>> getEnumeratorCheckpointSerializer() {
        return new FlightSplitSerializer.OfList();
    }

    /** All splits of an enumerator's collection, copied in order of their partitions. */
    static List<FlightSplit> inOrder(Collection<FlightSplit> splits) {
        return splits.stream()
                .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
                .toList();
    }
}
