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
package io.flinklsm.inspect.health;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.columns.StateKind;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * When the timers of a queue are due, against a given time. Timers of event time are due by
 * watermarks, not by the clock; a job that replays old events has old ones.
 *
 * @param timers live ones
 * @param distant due more than a year later
 * @param never of those, due at the last moment that there is, or the one before
 * @param overdue due more than an hour earlier
 * @param firstMillis since the epoch; 0 if there is none
 */
public record TimerTimes(
        StateView view,
        long timers,
        long distant,
        long never,
        long overdue,
        long firstMillis,
        long lastMillis) {

    private static final long YEAR_MILLIS = 365L * 24 * 3600 * 1000;
    private static final long HOUR_MILLIS = 3600L * 1000;
    private static final int TICK_ENTRIES = 1 << 12;

    /** Whether a state is a queue whose elements begin with a time. */
    public static boolean has(@Nullable EntryColumns columns) {
        return columns != null
                && columns.kind() == StateKind.QUEUE
                && columns.key().toString().startsWith("timer(");
    }

    /**
     * The time of a timer, as TimerSerializer writes it: the sign is flipped, so that times sort as
     * bytes.
     *
     * @param from where the element begins in the key; there are eight bytes at least
     */
    public static long timeOf(Slice key, int from) {
        long bits = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            bits = bits << Byte.SIZE | (key.byteAt(from + i) & 0xFF);
        }
        return bits ^ Long.MIN_VALUE;
    }

    /** Whether a timer is due in more than a year, or never. */
    public static boolean isDistant(long time, long atMillis) {
        return time >= Long.MAX_VALUE - 1 || (time > atMillis && time - atMillis > YEAR_MILLIS);
    }

    /**
     * Reads the keys of a queue.
     *
     * @param progress called again and again while it reads
     */
    public static TimerTimes of(StateView view, long atMillis, Runnable progress)
            throws IOException {
        long timers = 0;
        long distant = 0;
        long never = 0;
        long overdue = 0;
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        try (MergedState merged = MergedState.open(view);
                EntryCursor cursor = merged.keys(KeyRange.ALL)) {
            EntryColumns columns = merged.columns();
            int from = columns == null ? 0 : columns.keyGroupBytes();
            while (cursor.next()) {
                Slice key = cursor.key();
                if (key.length() < from + Long.BYTES) {
                    continue;
                }
                long time = timeOf(key, from);
                timers++;
                distant += isDistant(time, atMillis) ? 1 : 0;
                never += time >= Long.MAX_VALUE - 1 ? 1 : 0;
                overdue += time < atMillis - HOUR_MILLIS ? 1 : 0;
                first = Math.min(first, time);
                last = Math.max(last, time);
                if (timers % TICK_ENTRIES == 0) {
                    progress.run();
                }
            }
        }
        return new TimerTimes(
                view,
                timers,
                distant,
                never,
                overdue,
                timers == 0 ? 0 : first,
                timers == 0 ? 0 : last);
    }
}
