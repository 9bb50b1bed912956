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
package io.flinklsm.statebackend.ttl;

import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.merge.EntryFilter;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.StateTtlConfig.RocksdbCompactFilterCleanupStrategy;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.state.ttl.TtlUtils;
import org.jspecify.annotations.Nullable;

/**
 * Drops expired values in compaction. A TTL value begins with its last access time (8 bytes, big
 * endian, milliseconds); in a map it follows the null flag; in a list each element is one.
 *
 * <p>The time is asked for once in a number of values, as Flink's configuration of compaction
 * filters says. A late answer only keeps a value longer. Safe for any thread.
 */
public final class TtlEntryFilter implements EntryFilter {

    /** Values judged by one reading of the time, if the job does not say. */
    private static final long DEFAULT_VALUES_PER_READING = 1000;

    private final ExpiryTest expiry;
    private final int timestampOffset;
    private final @Nullable ListExpiry list;

    private TtlEntryFilter(ExpiryTest expiry, int timestampOffset, @Nullable ListExpiry list) {
        this.expiry = expiry;
        this.timestampOffset = timestampOffset;
        this.list = list;
    }

    /**
     * The filter of a state, or null if the state has no TTL or its clean-up is not wanted.
     *
     * @param serializer the state's current serializer, whose values are TTL values
     */
    public static @Nullable EntryFilter create(
            StateDescriptor<?, ?> descriptor,
            TypeSerializer<?> serializer,
            TtlTimeProvider timeProvider) {
        StateTtlConfig config = descriptor.getTtlConfig();
        if (!config.isEnabled() || !config.getCleanupStrategies().inRocksdbCompactFilter()) {
            return null;
        }
        RocksdbCompactFilterCleanupStrategy strategy =
                config.getCleanupStrategies().getRocksdbCompactFilterCleanupStrategy();
        long valuesPerReading =
                strategy == null
                        ? DEFAULT_VALUES_PER_READING
                        : strategy.getQueryTimeAfterNumEntries();
        ExpiryTest expiry =
                new ExpiryTest(timeProvider, config.getTimeToLive().toMillis(), valuesPerReading);
        return switch (descriptor.getType()) {
            case LIST ->
                    new TtlEntryFilter(
                            expiry,
                            0,
                            new ListExpiry(
                                    expiry,
                                    ((ListSerializer<?>) serializer).getElementSerializer()));
            case MAP -> new TtlEntryFilter(expiry, 1, null);
            default -> new TtlEntryFilter(expiry, 0, null);
        };
    }

    @Override
    public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
        if (list != null) {
            return list.filter(value, replacement);
        }
        // A null in a map has no time, and a shorter value is not ours to judge.
        if (value.length() < timestampOffset + Long.BYTES
                || (timestampOffset == 1 && value.byteAt(0) != 0)) {
            return Decision.KEEP;
        }
        return expiry.isExpired(timestamp(value, timestampOffset)) ? Decision.DROP : Decision.KEEP;
    }

    static long timestamp(Slice value, int from) {
        long timestamp = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            timestamp = timestamp << 8 | value.byteAt(from + i) & 0xFF;
        }
        return timestamp;
    }

    /** Whether a time of last access is too long ago. Safe for any thread. */
    static final class ExpiryTest {

        private final TtlTimeProvider timeProvider;
        private final long timeToLiveMillis;
        private final long valuesPerReading;

        // Races between compactions only cost a reading more or less.
        private volatile long nowMillis;
        private volatile long valuesLeft;

        ExpiryTest(TtlTimeProvider timeProvider, long timeToLiveMillis, long valuesPerReading) {
            this.timeProvider = timeProvider;
            this.timeToLiveMillis = timeToLiveMillis;
            this.valuesPerReading = Math.max(1, valuesPerReading);
        }

        boolean isExpired(long timestampMillis) {
            long left = valuesLeft;
            if (left <= 0) {
                nowMillis = timeProvider.currentTimestamp();
                left = valuesPerReading;
            }
            valuesLeft = left - 1;
            // Flink's own test, so that reads and compaction agree, overflow included.
            return TtlUtils.expired(timestampMillis, timeToLiveMillis, nowMillis);
        }
    }
}
