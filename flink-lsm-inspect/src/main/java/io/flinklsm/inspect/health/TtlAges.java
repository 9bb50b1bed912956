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

import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.merge.EntryDecoder;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.merge.StateCursor;
import io.flinklsm.inspect.source.StateView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How old the entries of a state with a time to live are: from their last access to a given time. A
 * list is as old as the youngest of its elements.
 *
 * @param ages by {@link #AGES}
 * @param expiredEntries -1 if the time to live was not told
 * @param oldestMillis last access, since the epoch; -1 if there is no entry
 */
public record TtlAges(
        StateView view,
        List<Age> ages,
        long expiredEntries,
        long expiredBytes,
        long oldestMillis,
        long newestMillis) {

    private static final int TICK_ENTRIES = 1 << 12;

    /** Where ages are told apart: seconds, ascending. */
    public static final List<Long> AGES =
            List.of(60L, 600L, 3600L, 6 * 3600L, 86_400L, 7 * 86_400L, 30 * 86_400L);

    /**
     * Entries of similar age.
     *
     * @param toSeconds exclusive; -1 if it has no end
     */
    public record Age(long fromSeconds, long toSeconds, long entries, long bytes) {}

    public TtlAges {
        ages = List.copyOf(ages);
    }

    public long entries() {
        return ages.stream().mapToLong(Age::entries).sum();
    }

    public long bytes() {
        return ages.stream().mapToLong(Age::bytes).sum();
    }

    /** Whether a state's values have the time of their last access in columns. */
    public static boolean has(@Nullable EntryColumns columns) {
        return columns != null && columns.hasTimeToLive();
    }

    /**
     * Reads all live entries of a state.
     *
     * @param atMillis the time that ages are told from
     * @param ttlMillis -1 if unknown
     * @param progress called again and again while it reads
     */
    public static TtlAges of(StateView view, long atMillis, long ttlMillis, Runnable progress)
            throws IOException {
        long[] entries = new long[AGES.size() + 1];
        long[] bytes = new long[AGES.size() + 1];
        long expiredEntries = 0;
        long expiredBytes = 0;
        long oldest = Long.MAX_VALUE;
        long newest = -1;
        try (MergedState merged = MergedState.open(view);
                StateCursor cursor = merged.cursor(KeyRange.ALL)) {
            long read = 0;
            while (cursor.next()) {
                if (++read % TICK_ENTRIES == 0) {
                    progress.run();
                }
                EntryDecoder decoder = cursor.decoder();
                long time = decoder == null ? -1 : time(decoder.value(cursor.value()));
                if (time < 0) {
                    continue;
                }
                long size = cursor.key().length() + (long) cursor.value().length();
                long age = Math.max(0, atMillis - time);
                int bucket = 0;
                while (bucket < AGES.size() && age >= AGES.get(bucket) * 1000) {
                    bucket++;
                }
                entries[bucket]++;
                bytes[bucket] += size;
                oldest = Math.min(oldest, time);
                newest = Math.max(newest, time);
                if (ttlMillis >= 0 && age >= ttlMillis) {
                    expiredEntries++;
                    expiredBytes += size;
                }
            }
        }
        List<Age> ages = new ArrayList<>();
        for (int i = 0; i < entries.length; i++) {
            ages.add(
                    new Age(
                            i == 0 ? 0 : AGES.get(i - 1),
                            i == AGES.size() ? -1 : AGES.get(i),
                            entries[i],
                            bytes[i]));
        }
        return new TtlAges(
                view,
                ages,
                ttlMillis < 0 ? -1 : expiredEntries,
                ttlMillis < 0 ? -1 : expiredBytes,
                newest < 0 ? -1 : oldest,
                newest);
    }

    /** The time of the last access; -1 if the value does not stand in its columns. */
    private static long time(@Nullable Map<String, @Nullable Object> value) {
        if (value == null) {
            return -1;
        }
        if (value.get(EntryColumns.TTL_COLUMN) instanceof Long time) {
            return time;
        }
        long newest = -1;
        if (value.get(EntryColumns.VALUE_COLUMN) instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof Map<?, ?> group
                        && group.get(EntryColumns.TTL_COLUMN) instanceof Long time) {
                    newest = Math.max(newest, time);
                }
            }
        }
        return newest;
    }
}
