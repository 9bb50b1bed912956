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
package io.flinklsm.benchmarks.measure;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * Counts garbage collections and keeps the longest of them. The JVM tells a collection's length on
 * a thread of its own, some time after it: readers wait for what the counters already know of.
 */
final class GcWatch {

    private static final long PATIENCE_NANOS = 500_000_000L;

    private final List<GarbageCollectorMXBean> collectors =
            ManagementFactory.getGarbageCollectorMXBeans();
    private final AtomicLong longestMillis = new AtomicLong();

    /** Collections whose length has been told, and those that were over before the watch began. */
    private final AtomicLong told = new AtomicLong();

    private GcWatch() {}

    /** A watch over all collectors of this JVM, for the rest of its life. */
    static GcWatch start() {
        GcWatch watch = new GcWatch();
        for (GarbageCollectorMXBean collector : watch.collectors) {
            ((NotificationEmitter) collector)
                    .addNotificationListener(
                            (notification, handback) -> watch.accept(notification), null, null);
        }
        watch.told.set(watch.count());
        return watch;
    }

    /** Collections since the JVM began. */
    long count() {
        return collectors.stream()
                .mapToLong(collector -> Math.max(0, collector.getCollectionCount()))
                .sum();
    }

    /** Time in collections since the JVM began. */
    long millis() {
        return collectors.stream()
                .mapToLong(collector -> Math.max(0, collector.getCollectionTime()))
                .sum();
    }

    /** The longest collection since {@link #forgetLongestPause}. */
    long longestPauseMillis() {
        awaitNews();
        return longestMillis.get();
    }

    void forgetLongestPause() {
        awaitNews();
        longestMillis.set(0);
    }

    private void awaitNews() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (told.get() < count() && System.nanoTime() < end) {
            LockSupport.parkNanos(200_000);
        }
    }

    private void accept(Notification notification) {
        if (notification
                .getType()
                .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            GarbageCollectionNotificationInfo info =
                    GarbageCollectionNotificationInfo.from(
                            (CompositeData) notification.getUserData());
            longestMillis.accumulateAndGet(info.getGcInfo().getDuration(), Math::max);
            told.incrementAndGet();
        }
    }
}
