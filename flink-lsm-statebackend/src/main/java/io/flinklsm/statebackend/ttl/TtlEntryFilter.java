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

import io.flinklsm.core.bytes.LargeValue;
import io.flinklsm.core.bytes.Slice;
import io.flinklsm.core.bytes.ValueBuffer;
import io.flinklsm.core.merge.EntryFilter;
import io.flinklsm.statebackend.key.MapValues;
import java.io.IOException;
import java.io.InputStream;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.StateTtlConfig.RocksdbCompactFilterCleanupStrategy;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.ListSerializer;
import org.apache.flink.runtime.state.ttl.TtlStateFactory.TtlSerializer;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.runtime.state.ttl.TtlUtils;
import org.jspecify.annotations.Nullable;

/**
 * Drops expired values in compaction. A TTL value begins with its last access time (8 bytes, big
 * endian, milliseconds); in a map it follows the null flag; in a list each element is one.
 *
 * <p>This is the filter of a state, safe for any thread; every compaction works with one of its
 * own, see {@link #begin}. The time is asked for when a compaction begins and then once in a number
 * of values, as Flink's configuration of compaction filters says. A late answer only keeps a value
 * longer.
 */
public final class TtlEntryFilter implements EntryFilter {

    /** Values judged by one reading of the time, if the job does not say. */
    private static final long DEFAULT_VALUES_PER_READING = 1000;

    private final TtlTimeProvider timeProvider;
    private final long timeToLiveMillis;
    private final long valuesPerReading;
    private final int timestampOffset;

    /** Of a list, else null. Serializers are not thread-safe: only duplicated, under the lock. */
    private final @Nullable TypeSerializer<?> elementSerializer;

    private TtlEntryFilter(
            TtlTimeProvider timeProvider,
            StateTtlConfig config,
            int timestampOffset,
            @Nullable TypeSerializer<?> elementSerializer) {
        RocksdbCompactFilterCleanupStrategy strategy =
                config.getCleanupStrategies().getRocksdbCompactFilterCleanupStrategy();
        this.timeProvider = timeProvider;
        this.timeToLiveMillis = config.getTimeToLive().toMillis();
        this.valuesPerReading =
                strategy == null
                        ? DEFAULT_VALUES_PER_READING
                        : strategy.getQueryTimeAfterNumEntries();
        this.timestampOffset = timestampOffset;
        this.elementSerializer = elementSerializer;
    }

    /**
     * The filter of a state, or null if the state has no TTL or its clean-up is not wanted.
     *
     * @param serializer the state's current serializer; it says what values are, the descriptor how
     *     long they live
     */
    public static @Nullable EntryFilter create(
            StateDescriptor<?, ?> descriptor,
            TypeSerializer<?> serializer,
            TtlTimeProvider timeProvider) {
        StateTtlConfig config = descriptor.getTtlConfig();
        if (!config.isEnabled()
                || !config.getCleanupStrategies().inRocksdbCompactFilter()
                || !TtlSerializer.isTtlStateSerializer(serializer)) {
            return null;
        }
        return switch (descriptor.getType()) {
            case LIST ->
                    new TtlEntryFilter(
                            timeProvider,
                            config,
                            0,
                            ((ListSerializer<?>) serializer).getElementSerializer().duplicate());
            case MAP -> new TtlEntryFilter(timeProvider, config, MapValues.TIME_OFFSET, null);
            default -> new TtlEntryFilter(timeProvider, config, 0, null);
        };
    }

    @Override
    public EntryFilter begin() {
        ExpiryTest expiry = new ExpiryTest(timeProvider, timeToLiveMillis, valuesPerReading);
        if (elementSerializer == null) {
            return new OfValues(expiry, timestampOffset);
        }
        ListExpiry list;
        synchronized (elementSerializer) {
            list = new ListExpiry(expiry, elementSerializer.duplicate());
        }
        return new OfLists(list);
    }

    @Override
    public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
        return begin().filter(key, value, replacement);
    }

    @Override
    public @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
        return begin().filterLarge(key, value);
    }

    /** The filter of one compaction, where an entry is one value. */
    private record OfValues(ExpiryTest expiry, int timestampOffset) implements EntryFilter {

        @Override
        public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
            return judge(value, expiry, timestampOffset);
        }

        /** The time stands at the beginning. */
        @Override
        public @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
            byte[] beginning;
            try (InputStream in = value.open()) {
                beginning = in.readNBytes(timestampOffset + Long.BYTES);
            }
            Decision decision = judge(new Slice(beginning), expiry, timestampOffset);
            return decision == Decision.DROP ? null : value;
        }
    }

    /** The filter of one compaction, where an entry is a list of values. */
    private record OfLists(ListExpiry list) implements EntryFilter {

        @Override
        public Decision filter(Slice key, Slice value, ValueBuffer replacement) {
            return list.filter(value, replacement);
        }

        @Override
        public @Nullable LargeValue filterLarge(Slice key, LargeValue value) throws IOException {
            return list.filterLarge(value);
        }
    }

    private static Decision judge(Slice value, ExpiryTest expiry, int timestampOffset) {
        if (value.length() < timestampOffset + Long.BYTES) {
            // A null of a map without a time, which no read can see any more; else not ours.
            boolean isNull = timestampOffset > 0 && value.length() > 0 && value.byteAt(0) != 0;
            return isNull ? Decision.DROP : Decision.KEEP;
        }
        long timestampMillis = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            timestampMillis = timestampMillis << 8 | value.byteAt(timestampOffset + i) & 0xFF;
        }
        return expiry.isExpired(timestampMillis) ? Decision.DROP : Decision.KEEP;
    }

    /** Whether a time of last access is too long ago. Of one compaction, on one thread. */
    static final class ExpiryTest {

        private final TtlTimeProvider timeProvider;
        private final long timeToLiveMillis;
        private final long valuesPerReading;
        private long nowMillis;
        private long valuesLeft;

        ExpiryTest(TtlTimeProvider timeProvider, long timeToLiveMillis, long valuesPerReading) {
            this.timeProvider = timeProvider;
            this.timeToLiveMillis = timeToLiveMillis;
            this.valuesPerReading = Math.max(1, valuesPerReading);
        }

        boolean isExpired(long timestampMillis) {
            if (valuesLeft == 0) {
                nowMillis = timeProvider.currentTimestamp();
                valuesLeft = valuesPerReading;
            }
            valuesLeft--;
            // Flink's own test, so that reads and compaction agree, overflow included.
            return TtlUtils.expired(timestampMillis, timeToLiveMillis, nowMillis);
        }
    }
}
