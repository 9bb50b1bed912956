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
package io.flinklsm.benchmarks.run;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * CPU time of this process by what its threads are for. A thread of its own looks four times a
 * second: a thread that ends takes its count with it, and at most so much of it is missed, unless
 * it asks for a {@link #lookNow} before; a look takes a few milliseconds of a processor.
 *
 * <p>Threads are told apart by their names: those of Java as the JVM knows them, those of native
 * code (RocksDB, the collector, the compiler) as the system does.
 */
public final class ThreadCpu implements AutoCloseable {

    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** What a thread is for. */
    public enum Kind {
        /** Runs operators: Flink calls such a thread {@code Join[4] (1/1)#0}. */
        TASK("task", "java:.* \\(\\d+/\\d+\\)#\\d+.*"),
        FLUSH("flush", "java:.*-flush-\\d+|native:(rocksdb|forst):high.*"),
        COMPACTION("compaction", "java:.*-compaction-\\d+|native:(rocksdb|forst):low.*"),
        /** The asynchronous part of checkpoints, and what uploads for it. */
        CHECKPOINT("checkpoint", "java:(AsyncOperations|flink-taskexecutor-io|Flink-.*Transfer).*"),
        COMPILER("compiler", "native:C[12] Comp.*"),
        GC("GC", "native:(GC Thread|G1 ).*");

        private final String label;
        private final Pattern names;

        Kind(String label, String names) {
            this.label = label;
            this.names = Pattern.compile(names);
        }

        /** The name in a table. */
        public String label() {
            return label;
        }

        /** The kind of a thread, or null if it is of none of them. */
        static @Nullable Kind of(String name) {
            for (Kind kind : values()) {
                if (kind.names.matcher(name).matches()) {
                    return kind;
                }
            }
            return null;
        }
    }

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Thread watcher = new Thread(this::watch, "thread-cpu");
    private volatile boolean closed;

    // Guarded by this.
    private final Map<String, Seen> seen = new HashMap<>();

    /** A thread: its kind, and its CPU time at the first look and at the last. */
    private record Seen(Kind kind, long firstNanos, long lastNanos) {}

    private ThreadCpu() {}

    /** Begins to count: what threads have used until now is not counted. */
    public static ThreadCpu start() {
        ThreadCpu counts = new ThreadCpu();
        counts.look(true);
        counts.watcher.setDaemon(true);
        counts.watcher.start();
        return counts;
    }

    /** CPU time since the start, in nanoseconds; every kind is in it. */
    public synchronized Map<Kind, Long> nanosByKind() {
        look(false);
        Map<Kind, Long> nanos = new EnumMap<>(Kind.class);
        Arrays.stream(Kind.values()).forEach(kind -> nanos.put(kind, 0L));
        seen.values()
                .forEach(
                        each ->
                                nanos.merge(
                                        each.kind, each.lastNanos - each.firstNanos, Long::sum));
        return nanos;
    }

    /** Looks now: for a thread that is about to end. */
    public void lookNow() {
        look(false);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
    }

    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(INTERVAL_NANOS);
            look(false);
        }
    }

    private synchronized void look(boolean isFirst) {
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null) {
                see(
                        "java:" + info.getThreadName(),
                        info.getThreadId(),
                        threads.getThreadCpuTime(info.getThreadId()),
                        isFirst);
            }
        }
        for (ProcessCounters.NativeThread each : ProcessCounters.nativeThreads()) {
            see("native:" + each.name(), each.id(), each.cpuNanos(), isFirst);
        }
    }

    private void see(String name, long id, long nanos, boolean isFirst) {
        Kind kind = Kind.of(name);
        if (kind == null || nanos < 0) {
            return;
        }
        String key = String.format(Locale.ROOT, "%d %s", id, kind);
        seen.merge(
                key,
                // A thread that begins later has used nothing before.
                new Seen(kind, isFirst ? nanos : 0, nanos),
                (known, now) -> new Seen(kind, known.firstNanos, Math.max(known.lastNanos, nanos)));
    }
}
