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
package io.flinklsm.inspect.diff;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.columns.EntryColumns;
import io.flinklsm.core.sstable.SstableMeta;
import io.flinklsm.inspect.health.TimerTimes;
import io.flinklsm.inspect.merge.MergedState;
import io.flinklsm.inspect.profile.StateProfile;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the growth of a state is, beside its keys.
 *
 * @param keyGroup the one that has grown most; -1 if none has, or keys have none
 * @param keyGroupBytes how much it has grown
 * @param distantTimers how many more timers there are that are due in more than a year, or never
 * @param distantBytes their bytes
 */
public record GrowthPlaces(
        int keyGroup, long keyGroupBytes, long distantTimers, long distantBytes) {

    /** While entries that differ come by. Confined to one thread. */
    static final class Counting {
        private final int keyGroupBytes;
        private final boolean hasTimes;
        private final long atMillis;
        private final Map<Integer, long[]> groups = new HashMap<>();
        private long distantTimers;
        private long distantBytes;

        Counting(MergedState state) {
            EntryColumns columns = state.columns();
            keyGroupBytes = StateProfile.keyGroupBytes(state.view(), columns);
            hasTimes = TimerTimes.has(columns);
            atMillis =
                    state.view().sstables().stream()
                            .mapToLong(SstableMeta::maxWriteTimeMillis)
                            .max()
                            .orElse(0);
        }

        void add(Slice key, int moreEntries, long moreBytes) {
            if (keyGroupBytes > 0 && key.length() >= keyGroupBytes) {
                int group = key.byteAt(0) & 0xFF;
                if (keyGroupBytes == 2) {
                    group = group << Byte.SIZE | key.byteAt(1) & 0xFF;
                }
                groups.computeIfAbsent(group, none -> new long[1])[0] += moreBytes;
            }
            if (hasTimes
                    && key.length() >= keyGroupBytes + Long.BYTES
                    && TimerTimes.isDistant(TimerTimes.timeOf(key, keyGroupBytes), atMillis)) {
                distantTimers += moreEntries;
                distantBytes += moreBytes;
            }
        }

        GrowthPlaces result() {
            int most = -1;
            long mostBytes = 0;
            for (Map.Entry<Integer, long[]> group : groups.entrySet()) {
                if (group.getValue()[0] > mostBytes) {
                    most = group.getKey();
                    mostBytes = group.getValue()[0];
                }
            }
            return new GrowthPlaces(most, mostBytes, distantTimers, distantBytes);
        }
    }
}
