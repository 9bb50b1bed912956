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

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.jspecify.annotations.Nullable;

/** Hands one split to each reader that asks, until none is left. Runs in the job manager. */
final class FlightSplitEnumerator implements SplitEnumerator<FlightSplit, List<FlightSplit>> {

    private final SplitEnumeratorContext<FlightSplit> context;
    private final Queue<FlightSplit> unassigned;

    FlightSplitEnumerator(
            SplitEnumeratorContext<FlightSplit> context, List<FlightSplit> unassigned) {
        this.context = context;
        this.unassigned = new ArrayDeque<>(unassigned);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtaskId, @Nullable String requesterHostname) {
        FlightSplit split = unassigned.poll();
        if (split == null) {
            context.signalNoMoreSplits(subtaskId);
        } else {
            context.assignSplit(split, subtaskId);
        }
    }

    /** Splits of a failed reader that no checkpoint holds. */
    @Override
    public void addSplitsBack(List<FlightSplit> splits, int subtaskId) {
        unassigned.addAll(splits);
    }

    /** Readers ask by themselves. */
    @Override
    public void addReader(int subtaskId) {}

    @Override
    public List<FlightSplit> snapshotState(long checkpointId) {
        return FlightSource.inOrder(unassigned);
    }

    @Override
    public void close() {}
}
