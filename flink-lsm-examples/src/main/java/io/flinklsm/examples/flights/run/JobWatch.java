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
package io.flinklsm.examples.flights.run;

import io.flinklsm.examples.flights.job.FlightResults;
import io.flinklsm.examples.flights.job.FlightsJob;
import io.flinklsm.examples.flights.source.CopiedCheckpoint;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.checkpoint.AbstractCheckpointStats;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.checkpoint.CheckpointStatsStatus;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.checkpoint.RestoredCheckpointStats;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.util.OptionalFailure;
import org.apache.flink.util.SerializedValue;
import org.jspecify.annotations.Nullable;

/** Turns one look at Flink's execution graph after the other into progress. For one thread. */
final class JobWatch {

    private static final double RATE_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final RunPlan plan;
    private final long startNanos;
    private final @Nullable SstableCopies copies;
    private final CopiedCheckpoint copied;

    /**
     * Ids. Flink's own count of failed checkpoints also has those that it could not begin because
     * tasks were starting or had ended.
     */
    private final Set<Long> interrupted = new HashSet<>();

    private long flights;
    private double rate;
    private long rateNanos;
    private long rateFlights;
    private int restarts;
    private @Nullable Long restoredCheckpointId;
    private long lastCheckpointId;
    private @Nullable CheckpointContents lastContents;

    JobWatch(RunPlan plan, long startNanos) {
        this.plan = plan;
        this.startNanos = startNanos;
        this.rateNanos = startNanos;
        this.copies =
                plan.directories().sstableCopies() == null
                        ? null
                        : new SstableCopies(plan.directories().sstableCopies());
        this.copied = new CopiedCheckpoint(EmbeddedRun.copiedCheckpoint(plan));
    }

    RunProgress observe(AccessExecutionGraph graph) throws IOException, ClassNotFoundException {
        long now = System.nanoTime();
        flights = flights(graph, flights);
        updateRate(now);
        for (AccessExecutionVertex vertex : graph.getAllExecutionVertices()) {
            restarts = Math.max(restarts, vertex.getCurrentExecutionAttempt().getAttemptNumber());
        }
        CheckpointStatsSnapshot checkpoints = graph.getCheckpointStatsSnapshot();
        if (checkpoints != null) {
            RestoredCheckpointStats restored = checkpoints.getLatestRestoredCheckpoint();
            restoredCheckpointId = restored == null ? null : restored.getCheckpointId();
            for (AbstractCheckpointStats checkpoint : checkpoints.getHistory().getCheckpoints()) {
                if (checkpoint.getStatus() == CheckpointStatsStatus.FAILED) {
                    interrupted.add(checkpoint.getCheckpointId());
                }
            }
        }
        if (checkpoints != null && plan.backend() == Backend.LSM) {
            lookInto(checkpoints.getHistory().getLatestCompletedCheckpoint());
        }
        return new RunProgress(
                flights,
                plan.log().summary().flights(),
                TimeUnit.NANOSECONDS.toMillis(now - startNanos),
                Math.round(rate),
                checkpoints == null ? 0 : checkpoints.getCounts().getNumberOfCompletedCheckpoints(),
                restarts,
                failure(graph));
    }

    RunReport report(AccessExecutionGraph graph, FlightResults results) {
        return new RunReport(
                results,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos),
                restarts,
                restoredCheckpointId,
                totals(graph.getCheckpointStatsSnapshot()),
                lastContents);
    }

    /**
     * Keeps what the checkpoint holds. Flink deletes all checkpoints when the job is done, and in
     * the last of them tasks that have ended have no state any more.
     */
    private void lookInto(@Nullable CompletedCheckpointStats checkpoint) throws IOException {
        if (checkpoint == null || checkpoint.getCheckpointId() <= lastCheckpointId) {
            return;
        }
        lastCheckpointId = checkpoint.getCheckpointId();
        CheckpointContents contents =
                CheckpointReader.read(
                        lastCheckpointId,
                        checkpoint.getExternalPath(),
                        copies,
                        lastContents == null ? 0 : lastContents.stores());
        if (contents != null) {
            if (copies != null) {
                copied.set(lastCheckpointId);
            }
            lastContents = contents;
        }
    }

    /**
     * Flights that have entered the job: the accumulator holds a position, which counts from 0. A
     * job that has just been restarted has not reported one yet.
     */
    private static long flights(AccessExecutionGraph graph, long before)
            throws IOException, ClassNotFoundException {
        SerializedValue<OptionalFailure<Object>> value =
                graph.getAccumulatorsSerialized().get(FlightsJob.POSITION);
        if (value == null) {
            return before;
        }
        Object position = value.deserializeValue(JobWatch.class.getClassLoader()).getUnchecked();
        long highest = ((Number) position).longValue();
        return highest < 0 ? before : highest + 1;
    }

    private static @Nullable String failure(AccessExecutionGraph graph) {
        if (graph.getState() != JobStatus.RESTARTING && graph.getState() != JobStatus.FAILING) {
            return null;
        }
        ErrorInfo failure = graph.getFailureInfo();
        return failure == null
                ? "its cause is not known yet"
                : RunFailedException.rootMessage(failure.getException());
    }

    /** A new window begins when two seconds are over or the job has fallen back. */
    private void updateRate(long now) {
        if (flights < rateFlights) {
            rateFlights = flights;
            rateNanos = now;
            rate = 0;
            return;
        }
        double nanos = now - rateNanos;
        if (nanos >= RATE_WINDOW_NANOS / 4) {
            rate = (flights - rateFlights) * 1e9 / nanos;
        }
        if (nanos >= RATE_WINDOW_NANOS) {
            rateFlights = flights;
            rateNanos = now;
        }
    }

    private RunReport.CheckpointTotals totals(@Nullable CheckpointStatsSnapshot snapshot) {
        if (snapshot == null || snapshot.getCounts().getNumberOfCompletedCheckpoints() == 0) {
            return new RunReport.CheckpointTotals(0, 0, 0, 0, 0);
        }
        var summary = snapshot.getSummaryStats();
        return new RunReport.CheckpointTotals(
                snapshot.getCounts().getNumberOfCompletedCheckpoints(),
                interrupted.size(),
                summary.getCheckpointedSize().getSum(),
                summary.getStateSizeStats().getMaximum(),
                Math.round(summary.getEndToEndDurationStats().getQuantile(0.5)));
    }
}
