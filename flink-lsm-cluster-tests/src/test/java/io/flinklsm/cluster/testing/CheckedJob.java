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
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.source.legacy.SourceFunction;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.util.Collector;

/**
 * A job that knows what each of its states must hold whenever it meets an element: numbers 0, 1, 2,
 * … come in order, and those of a key are {@code KEYS} apart. A number that is lost or comes twice,
 * a state that is older or newer than the others, and a timer that fires twice or not at all are
 * seen at the next element of their key. What is seen is written to a file, and fails the task.
 */
public final class CheckedJob {

    public static final int KEYS = 2_000;

    public static final int MAX_PARALLELISM = 16;

    private static final int RECENT = 5;

    private static final int TIMER_ROUNDS = 2;

    private static final String PROGRESS = "progress";

    private CheckedJob() {}

    /**
     * @param reports a local directory for what was seen
     * @param restoreFrom a retained checkpoint, claimed; null to begin anew
     */
    public static JobGraph graph(
            Configuration settings, Path reports, Path jar, int parallelism, String restoreFrom) {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(settings);
        environment.setParallelism(parallelism);
        build(environment, reports.toString());
        JobGraph graph = environment.getStreamGraph().getJobGraph();
        graph.addJar(new org.apache.flink.core.fs.Path(jar.toUri()));
        if (restoreFrom != null) {
            graph.setSavepointRestoreSettings(
                    SavepointRestoreSettings.forPath(restoreFrom, false, RecoveryClaimMode.CLAIM));
        }
        return graph;
    }

    /** For {@code flink run}: takes the local directory for what is seen. */
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        build(environment, arguments[0]);
        environment.execute("checked");
    }

    private static void build(StreamExecutionEnvironment environment, String reports) {
        environment.setMaxParallelism(MAX_PARALLELISM);
        environment
                .addSource(new Numbers(), "numbers", Types.LONG)
                .setParallelism(1)
                .uid("numbers")
                .keyBy(number -> number % KEYS, Types.LONG)
                .process(new Checks(reports))
                .uid("checks");
    }

    /** The highest number that is known to have been checked. */
    public static long progress(Path reports) throws IOException {
        Path file = reports.resolve(PROGRESS);
        return Files.exists(file) ? Long.parseLong(Files.readString(file)) : 0;
    }

    public static List<String> violations(Path reports) throws IOException {
        List<String> violations = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(reports, "violation-*.txt")) {
            for (Path file : files) {
                violations.add(Files.readString(file));
            }
        }
        return violations;
    }

    /** The classes of this job, as a user's jar has them. */
    public static Path jar(Path jar) throws IOException {
        String prefix = CheckedJob.class.getName().replace('.', '/');
        Path classes;
        try {
            URL root = CheckedJob.class.getProtectionDomain().getCodeSource().getLocation();
            classes = Path.of(root.toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IOException(e);
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.list(classes.resolve(prefix).getParent())) {
            for (Path file : files.sorted().toList()) {
                String name = classes.relativize(file).toString().replace('\\', '/');
                if (name.startsWith(prefix)) {
                    entries.putNextEntry(new JarEntry(name));
                    try (InputStream in = Files.newInputStream(file)) {
                        in.transferTo(entries);
                    }
                    entries.closeEntry();
                }
            }
        }
        return jar;
    }

    /** Numbers without end, in order, each once in each life of the job. */
    static final class Numbers implements SourceFunction<Long>, CheckpointedFunction {
        private static final long serialVersionUID = 1L;

        private volatile boolean cancelled;
        private long next;
        private transient ListState<Long> offset;

        @Override
        public void run(SourceContext<Long> out) {
            while (!cancelled) {
                synchronized (out.getCheckpointLock()) {
                    out.collectWithTimestamp(next, next);
                    if (next % 100 == 99) {
                        out.emitWatermark(new Watermark(next));
                    }
                    next++;
                }
                LockSupport.parkNanos(20_000);
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            offset.update(List.of(next));
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            offset =
                    context.getOperatorStateStore()
                            .getListState(new ListStateDescriptor<>("offset", Types.LONG));
            for (Long position : offset.get()) {
                next = position;
            }
        }
    }

    /** Holds each state against what it must be. */
    static final class Checks extends KeyedProcessFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        private final String reports;

        private transient ValueState<Long> last;
        private transient ValueState<Long> fired;
        private transient ValueState<byte[]> payload;
        private transient MapState<Integer, Long> byRound;
        private transient ListState<Long> recent;

        Checks(String reports) {
            this.reports = reports;
        }

        @Override
        public void open(OpenContext context) {
            var runtime = getRuntimeContext();
            last = runtime.getState(new ValueStateDescriptor<>("last", Types.LONG));
            fired = runtime.getState(new ValueStateDescriptor<>("fired", Types.LONG));
            payload =
                    runtime.getState(
                            new ValueStateDescriptor<>(
                                    "payload",
                                    PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
            byRound =
                    runtime.getMapState(
                            new MapStateDescriptor<>("by round", Types.INT, Types.LONG));
            recent = runtime.getListState(new ListStateDescriptor<>("recent", Types.LONG));
        }

        @Override
        public void processElement(Long number, Context context, Collector<Long> out)
                throws Exception {
            Long before = number < KEYS ? null : Long.valueOf(number - KEYS);
            check("last", number, before, last.value());
            long round = number / KEYS;
            check("by round", number, before, byRound.get((int) ((round + RECENT - 1) % RECENT)));
            List<Long> expected = new ArrayList<>();
            for (long i = Math.max(0, round - RECENT); i < round; i++) {
                expected.add(number - (round - i) * KEYS);
            }
            List<Long> found = new ArrayList<>();
            if (recent.get() != null) {
                recent.get().forEach(found::add);
            }
            check("recent", number, expected, found);
            byte[] bytes = payload.value();
            if (!Arrays.equals(before == null ? null : payloadOf(before), bytes)) {
                report("payload of number=" + number + " is not that of " + before);
            }

            last.update(number);
            byRound.put((int) (round % RECENT), number);
            if (found.size() == RECENT) {
                found.remove(0);
                found.add(number);
                recent.update(found);
            } else {
                recent.add(number);
            }
            payload.update(payloadOf(number));
            context.timerService().registerEventTimeTimer(number + TIMER_ROUNDS * KEYS);
            if (number % KEYS == 0) {
                tellProgress(number);
            }
        }

        @Override
        public void onTimer(long timestamp, OnTimerContext context, Collector<Long> out)
                throws Exception {
            long number = timestamp - TIMER_ROUNDS * KEYS;
            check(
                    "fired",
                    number,
                    number < KEYS ? null : Long.valueOf(number - KEYS),
                    fired.value());
            fired.update(number);
        }

        private static byte[] payloadOf(long number) {
            byte[] bytes = new byte[100 + (int) (number % 400)];
            new Random(number).nextBytes(bytes);
            return bytes;
        }

        private void check(String state, long number, Object expected, Object found)
                throws IOException {
            if (expected == null ? found != null : !expected.equals(found)) {
                report(
                        state
                                + " of number="
                                + number
                                + " is wrong: expected="
                                + expected
                                + ", found="
                                + found);
            }
        }

        private void report(String violation) throws IOException {
            String text = violation + ", subtask=" + getRuntimeContext().getTaskInfo();
            Files.writeString(
                    Path.of(reports, "violation-" + UUID.randomUUID() + ".txt"),
                    text,
                    StandardCharsets.UTF_8);
            throw new IllegalStateException(text);
        }

        private void tellProgress(long number) throws IOException {
            Path written = Path.of(reports, "." + PROGRESS + UUID.randomUUID());
            Files.writeString(written, String.valueOf(number));
            Files.move(
                    written,
                    Path.of(reports, PROGRESS),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
