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
import io.flinklsm.examples.flights.input.FlightCursor;
import io.flinklsm.examples.flights.input.FlightInput;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One flight ahead in one partition of the log. For the task thread; the reader closes it. */
final class SplitReader implements Closeable {

    private final FlightSplit start;
    private final Replay replay;
    private final FlightCursor cursor;

    /** Read but not yet taken; null at the end of the log. */
    private @Nullable Flight ahead;

    /** Where a restored reader would go on: behind the last flight taken. */
    private long position;

    SplitReader(FlightSplit start, FlightInput input, Replay replay) throws IOException {
        this.start = start;
        this.replay = replay;
        this.position = start.position();
        this.cursor = input.open(start.position());
        try {
            this.ahead = readNext();
        } catch (IOException e) {
            cursor.close();
            throw e;
        }
    }

    String splitId() {
        return start.splitId();
    }

    /** Position of the flight that {@link #take} returns, {@code Long.MAX_VALUE} at the end. */
    long nextPosition() {
        return ahead == null ? Long.MAX_VALUE : ahead.position();
    }

    /** The next flight of this partition, or null at the end of the log. */
    @Nullable Flight take() throws IOException {
        Flight taken = ahead;
        if (taken != null) {
            position = taken.position() + 1;
            ahead = readNext();
        }
        return taken;
    }

    FlightSplit toSplit() {
        return new FlightSplit(start.partition(), position);
    }

    private @Nullable Flight readNext() throws IOException {
        for (Flight next = cursor.next(); next != null; next = cursor.next()) {
            if (replay.partitionOf(next.route()) == start.partition()) {
                return next;
            }
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        cursor.close();
    }
}
