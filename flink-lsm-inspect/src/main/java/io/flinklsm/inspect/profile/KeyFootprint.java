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
package io.flinklsm.inspect.profile;

import io.flinklsm.core.bytes.OwnedSlice;
import io.flinklsm.core.entry.EntryCursor;
import io.flinklsm.core.entry.EntryKind;
import io.flinklsm.core.entry.KeyRange;
import io.flinklsm.inspect.merge.MergedState;
import java.io.IOException;
import java.util.Arrays;

/**
 * All that a state has of one key, by reading just that.
 *
 * @param storedEntries in all files, tombstones and overwritten ones included
 * @param liveEntries what a restored job would see
 * @param storedBytes of keys and values, before compression
 */
public record KeyFootprint(
        long storedEntries, long tombstones, long storedBytes, long liveEntries, long liveBytes) {

    /**
     * What a restored job would see of a key.
     *
     * @param bytes of keys and values, before compression
     */
    public record Live(long entries, long bytes) {}

    /**
     * Reads the entries of a key.
     *
     * @param key key group and key, as entries begin with them
     * @param isWhole whether it is all of an entry's key, so that there is one entry at most
     * @param progress called again and again while it reads
     */
    public static KeyFootprint of(
            MergedState merged, OwnedSlice key, boolean isWhole, Runnable progress)
            throws IOException {
        long[] live = new long[3];
        add(merged.cursor(range(key, isWhole)), live, progress);
        return of(merged, key, isWhole, new Live(live[0], live[2]), progress);
    }

    /** The same where it is known already what is live: reads what is stored, and only once. */
    static KeyFootprint of(
            MergedState merged, OwnedSlice key, boolean isWhole, Live live, Runnable progress)
            throws IOException {
        // Entries, tombstones, bytes.
        long[] stored = new long[3];
        for (EntryCursor run : merged.runs(range(key, isWhole))) {
            add(run, stored, progress);
        }
        return new KeyFootprint(stored[0], stored[1], stored[2], live.entries(), live.bytes());
    }

    private static KeyRange range(OwnedSlice key, boolean isWhole) {
        return isWhole
                ? new KeyRange(key, OwnedSlice.wrap(Arrays.copyOf(key.toBytes(), key.length() + 1)))
                : KeyRange.ofPrefix(key);
    }

    private static void add(EntryCursor entries, long[] sums, Runnable progress)
            throws IOException {
        try (entries) {
            while (entries.next()) {
                sums[0]++;
                sums[1] += entries.kind() == EntryKind.DELETE ? 1 : 0;
                sums[2] += entries.key().length() + LiveProfile.valueBytes(entries);
                if (sums[0] % (1 << 12) == 0) {
                    progress.run();
                }
            }
        }
    }
}
