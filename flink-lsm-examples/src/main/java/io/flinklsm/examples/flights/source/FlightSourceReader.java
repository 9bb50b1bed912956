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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.jspecify.annotations.Nullable;

/**
 * Reads its splits in the order of the log, the earliest flight of any of them first.
 *
 * <p>The task thread calls everything here; nothing blocks it: while the reader waits for the rate
 * or for a checkpoint it reports that nothing is available.
 */
final class FlightSourceReader implements SourceReader<Flight, FlightSplit> {

    private static final long WAIT_MILLIS = 5;

    /** How far the reader has come with one of the holds of {@link Replay}. */
    private enum Hold {
        NOT_REACHED,
        REACHED,
        IN_CHECKPOINT,
        OVER
    }

    // Immutable.
    private final SourceReaderContext context;
    private final FlightInput input;
    private final Replay replay;
    private final @Nullable CopiedCheckpoint copied;

    // Used by the task thread only.
    private final PriorityQueue<SplitReader> reading =
            new PriorityQueue<>(Comparator.comparingLong(SplitReader::nextPosition));
    private CompletableFuture<Void> available = new CompletableFuture<>();
    private boolean noMoreSplits;
    private Hold hold = Hold.NOT_REACHED;
    private long heldCheckpointId;
    private Hold holdAtEnd = Hold.NOT_REACHED;
    private long endCheckpointId;
    private long startNanos;
    private long startPosition = -1;

    FlightSourceReader(SourceReaderContext context, FlightInput input, Replay replay) {
        this.context = context;
        this.input = input;
        this.replay = replay;
        String copiedFile = replay.copiedCheckpoint();
        this.copied = copiedFile == null ? null : new CopiedCheckpoint(Path.of(copiedFile));
    }

    /** A restored reader has got its splits before this call; it asks when it has read them. */
    @Override
    public void start() {
        if (reading.isEmpty()) {
            context.sendSplitRequest();
        }
    }

    @Override
    public InputStatus pollNext(ReaderOutput<Flight> output) throws Exception {
        SplitReader split = reading.peek();
        if (split == null) {
            if (!noMoreSplits) {
                return InputStatus.NOTHING_AVAILABLE;
            }
            return mustWaitAtEnd() ? nothingForAWhile() : InputStatus.END_OF_INPUT;
        }
        if (mustWait(split.nextPosition())) {
            return nothingForAWhile();
        }
        reading.remove();
        Flight flight = split.take();
        if (flight == null) {
            split.close();
            output.releaseOutputForSplit(split.splitId());
            waitForSplitsIfIdle();
            return reading.isEmpty() ? InputStatus.NOTHING_AVAILABLE : InputStatus.MORE_AVAILABLE;
        }
        reading.add(split);
        output.createOutputForSplit(split.splitId()).collect(flight, flight.departureMillis());
        return InputStatus.MORE_AVAILABLE;
    }

    private InputStatus nothingForAWhile() {
        available =
                CompletableFuture.runAsync(
                        () -> {},
                        CompletableFuture.delayedExecutor(WAIT_MILLIS, TimeUnit.MILLISECONDS));
        return InputStatus.NOTHING_AVAILABLE;
    }

    private boolean mustWaitAtEnd() throws IOException {
        if (copied == null || holdAtEnd == Hold.OVER) {
            return false;
        }
        if (holdAtEnd == Hold.NOT_REACHED) {
            holdAtEnd = Hold.REACHED;
        } else if (holdAtEnd == Hold.IN_CHECKPOINT && copied.id() >= endCheckpointId) {
            holdAtEnd = Hold.OVER;
        }
        return holdAtEnd != Hold.OVER;
    }

    private boolean mustWait(long position) {
        if (position == Long.MAX_VALUE) {
            return false;
        }
        if (replay.holdAtPosition() >= 0 && position >= replay.holdAtPosition()) {
            if (hold == Hold.NOT_REACHED) {
                hold = Hold.REACHED;
            }
            if (hold != Hold.OVER) {
                return true;
            }
        }
        return replay.flightsPerSecond() > 0 && isAheadOfRate(position);
    }

    private boolean isAheadOfRate(long position) {
        if (startPosition < 0) {
            startPosition = position;
            startNanos = System.nanoTime();
        }
        double elapsedSeconds = (System.nanoTime() - startNanos) / 1e9;
        return position - startPosition > elapsedSeconds * replay.flightsPerSecond();
    }

    private void waitForSplitsIfIdle() {
        if (reading.isEmpty() && !noMoreSplits) {
            available = new CompletableFuture<>();
            context.sendSplitRequest();
        }
    }

    @Override
    public List<FlightSplit> snapshotState(long checkpointId) {
        if (hold == Hold.REACHED) {
            hold = Hold.IN_CHECKPOINT;
            heldCheckpointId = checkpointId;
        }
        if (holdAtEnd == Hold.REACHED) {
            holdAtEnd = Hold.IN_CHECKPOINT;
            endCheckpointId = checkpointId;
        }
        var splits = new ArrayList<FlightSplit>();
        for (SplitReader split : reading) {
            splits.add(split.toSplit());
        }
        return FlightSource.inOrder(splits);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        if (hold == Hold.IN_CHECKPOINT && checkpointId >= heldCheckpointId) {
            hold = Hold.OVER;
        }
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return available;
    }

    @Override
    public void addSplits(List<FlightSplit> splits) {
        for (FlightSplit split : splits) {
            if (split.position() > 0) {
                hold = Hold.OVER; // A checkpoint brought this split: it is there already.
            }
            try {
                reading.add(new SplitReader(split, input, replay));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        available.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {
        noMoreSplits = true;
        available.complete(null);
    }

    @Override
    public void close() throws Exception {
        @Nullable IOException failure = null;
        for (SplitReader split : reading) {
            try {
                split.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        reading.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
