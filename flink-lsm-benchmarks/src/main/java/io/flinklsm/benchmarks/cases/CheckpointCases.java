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
package io.flinklsm.benchmarks.cases;

import io.flinklsm.benchmarks.backend.BackendSlot;
import io.flinklsm.benchmarks.backend.BackendSpec;
import io.flinklsm.benchmarks.backend.BenchmarkedBackend;
import io.flinklsm.benchmarks.backend.TakenCheckpoint;
import io.flinklsm.benchmarks.measure.Meter;
import io.flinklsm.benchmarks.measure.Rest;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.ProcessCounters;
import io.flinklsm.benchmarks.workload.ByteValues;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.flink.runtime.state.KeyedStateHandle;

/**
 * Incremental checkpoints of 1.5 M keys with {@link ByteValues}: the first one, small ones after 1
 * % of the keys changed, the way back, and to twice and half the parallelism. Checkpoint and
 * working directory are on one disk; a restored backend is a new one in the same JVM, with all
 * files in the machine's page cache, for every backend.
 */
final class CheckpointCases implements CaseGroup.Program {

    /** A job has only one of these, and its time is that of loading classes. */
    static final String FIRST = "checkpoint, the JVM's first, of a small state";

    static final String FULL = "checkpoint, full";
    static final String CHANGED = "checkpoint, 1 % changed";
    static final String RESTORE = "checkpoint, restore";
    static final String SCALE_OUT = "checkpoint, rescale 1 to 2";
    static final String SCALE_IN = "checkpoint, rescale 2 to 1";

    /** Incremental checkpoints, as everybody with state worth the name has them. */
    static final Map<String, String> INCREMENTAL =
            Map.of("execution.checkpointing.incremental", "true");

    private static final String STATE = "checkpointed";
    private static final String OPERATOR = "checkpointed-operator";
    private static final long SEED = 7;
    private static final int SMALL_CHECKPOINTS = 5;
    private static final int WARM_UP_KEYS = 1_000;
    private static final int RESTORES = 3;
    private static final int CHANGED_PART = 100;
    private static final int GETS_AFTER_RESTORE = 20_000;

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        int keys = scale.choose(1_500_000, 60_000, 3_000);
        long restMillis = Rest.limitMillis(scale);
        KeyOrder order = new KeyOrder(keys);
        KeyedByteValues.Versions versions = new KeyedByteValues.Versions(keys);
        meter.figures(FIRST, new Figure("sync ms", warmUp(bench)));
        try (BackendSlot slot = bench.slot("checkpoint", INCREMENTAL)) {
            KeyedStateHandle one;
            try (BenchmarkedBackend backend = slot.open(BackendSpec.empty(OPERATOR))) {
                one = checkpoints(backend, order, versions, restMillis, meter);
            }
            restores(slot, one, order, versions, meter);
            List<KeyedStateHandle> two = scaleOut(slot, one, versions, restMillis, meter);
            scaleIn(slot, two, order, versions, restMillis, meter);
        }
    }

    /**
     * Checkpoints and restores a small state, so that what follows loads no classes.
     *
     * @return milliseconds of the very first synchronous part
     */
    private static double warmUp(Workbench bench) throws Exception {
        KeyOrder order = new KeyOrder(WARM_UP_KEYS);
        KeyedByteValues.Versions versions = new KeyedByteValues.Versions(WARM_UP_KEYS);
        try (BackendSlot slot = bench.slot("checkpoint-warm-up", INCREMENTAL)) {
            TakenCheckpoint first;
            try (BenchmarkedBackend backend = slot.open(BackendSpec.empty(OPERATOR))) {
                new KeyedByteValues(FIRST, backend, STATE, versions).loadAll(order);
                first = backend.checkpoint();
                backend.checkpoint();
            }
            try (BenchmarkedBackend backend =
                    slot.open(BackendSpec.empty(OPERATOR).restoredFrom(List.of(first.handle())))) {
                new KeyedByteValues(FIRST, backend, STATE, versions).checkSome(WARM_UP_KEYS);
            }
            return millis(first.syncNanos());
        }
    }

    private static KeyedStateHandle checkpoints(
            BenchmarkedBackend backend,
            KeyOrder order,
            KeyedByteValues.Versions versions,
            long restMillis,
            Meter meter)
            throws Exception {
        KeyedByteValues values = new KeyedByteValues(FULL, backend, STATE, versions);
        values.loadAll(order);
        Rest.await(restMillis);
        TakenCheckpoint full = backend.checkpoint();
        meter.figures(
                FULL,
                new Figure("sync ms", millis(full.syncNanos())),
                new Figure("async ms", millis(full.asyncNanos())),
                new Figure("sync + async ms", millis(full.syncNanos() + full.asyncNanos())),
                new Figure("uploaded MB", megabytes(full.uploadedBytes())));

        SplittableRandom random = new SplittableRandom(SEED);
        int changes = Math.max(1, order.count() / CHANGED_PART);
        double[] sync = new double[SMALL_CHECKPOINTS];
        double[] async = new double[SMALL_CHECKPOINTS];
        double[] uploaded = new double[SMALL_CHECKPOINTS];
        TakenCheckpoint last = full;
        for (int i = 0; i < SMALL_CHECKPOINTS; i++) {
            Rest.await(restMillis);
            for (int change = 0; change < changes; change++) {
                values.overwrite(random.nextInt(order.count()));
            }
            last = backend.checkpoint();
            sync[i] = millis(last.syncNanos());
            async[i] = millis(last.asyncNanos());
            uploaded[i] = megabytes(last.uploadedBytes());
        }
        double changedMegabytes = megabytes((long) changes * KeyedByteValues.ENTRY_BYTES);
        meter.figures(
                CHANGED,
                new Figure("sync ms", median(sync)),
                new Figure("async ms", median(async)),
                new Figure("longest sync ms", Arrays.stream(sync).max().orElseThrow()),
                new Figure("uploaded MB", median(uploaded)),
                new Figure("most uploaded MB", Arrays.stream(uploaded).max().orElseThrow()),
                new Figure("uploaded ÷ changed", median(uploaded) / changedMegabytes),
                new Figure("checkpoint's MB", megabytes(last.stateBytes())));
        return last.handle();
    }

    private static void restores(
            BackendSlot slot,
            KeyedStateHandle handle,
            KeyOrder order,
            KeyedByteValues.Versions versions,
            Meter meter)
            throws Exception {
        double[] firstGet = new double[RESTORES];
        double[] nextGets = new double[RESTORES];
        for (int i = 0; i < RESTORES; i++) {
            long start = System.nanoTime();
            try (BenchmarkedBackend backend =
                    slot.open(BackendSpec.empty(OPERATOR).restoredFrom(List.of(handle)))) {
                KeyedByteValues values = new KeyedByteValues(RESTORE, backend, STATE, versions);
                values.get(order.at(i));
                long got = System.nanoTime();
                for (int get = 0; get < GETS_AFTER_RESTORE; get++) {
                    values.get(order.at(order.count() / 2 + get));
                }
                long end = System.nanoTime();
                firstGet[i] = millis(got - start);
                nextGets[i] = millis(end - got);
            }
        }
        meter.figures(
                RESTORE,
                new Figure("first get ms", median(firstGet)),
                new Figure("slowest first get ms", Arrays.stream(firstGet).max().orElseThrow()),
                new Figure("next 20000 gets ms", median(nextGets)),
                new Figure(
                        "slowest next 20000 gets ms", Arrays.stream(nextGets).max().orElseThrow()));
    }

    /** Two backends, one after the other, each with half of the key groups. */
    private static List<KeyedStateHandle> scaleOut(
            BackendSlot slot,
            KeyedStateHandle handle,
            KeyedByteValues.Versions versions,
            long restMillis,
            Meter meter)
            throws Exception {
        KeyedStateHandle[] halves = new KeyedStateHandle[2];
        double slowest = 0;
        double written = 0;
        for (int half = 0; half < halves.length; half++) {
            BackendSpec spec =
                    BackendSpec.empty(OPERATOR)
                            .ofSubtask(half, halves.length)
                            .restoredFrom(List.of(handle));
            long writtenBefore = ProcessCounters.io().writtenBytes();
            long start = System.nanoTime();
            try (BenchmarkedBackend backend = slot.open(spec)) {
                KeyedByteValues values = new KeyedByteValues(SCALE_OUT, backend, STATE, versions);
                values.get(firstKeyOf(spec));
                slowest = Math.max(slowest, millis(System.nanoTime() - start));
                Rest.await(restMillis);
                written += megabytes(ProcessCounters.io().writtenBytes() - writtenBefore);
                values.checkSome(GETS_AFTER_RESTORE);
                halves[half] = backend.checkpoint().handle();
            }
        }
        meter.figures(
                SCALE_OUT,
                new Figure("first get ms", slowest),
                new Figure("written MB, copies included", written));
        return List.of(halves);
    }

    private static void scaleIn(
            BackendSlot slot,
            List<KeyedStateHandle> handles,
            KeyOrder order,
            KeyedByteValues.Versions versions,
            long restMillis,
            Meter meter)
            throws Exception {
        long writtenBefore = ProcessCounters.io().writtenBytes();
        long start = System.nanoTime();
        try (BenchmarkedBackend backend =
                slot.open(BackendSpec.empty(OPERATOR).restoredFrom(handles))) {
            KeyedByteValues values = new KeyedByteValues(SCALE_IN, backend, STATE, versions);
            values.get(order.at(0));
            double firstGet = millis(System.nanoTime() - start);
            Rest.await(restMillis);
            double written = megabytes(ProcessCounters.io().writtenBytes() - writtenBefore);
            values.checkSome(GETS_AFTER_RESTORE);
            meter.figures(
                    SCALE_IN,
                    new Figure("first get ms", firstGet),
                    new Figure("written MB, copies included", written));
        }
    }

    private static long firstKeyOf(BackendSpec spec) {
        long key = 0;
        while (!spec.owns(key)) {
            key++;
        }
        return key;
    }

    static double millis(long nanos) {
        return nanos / 1e6;
    }

    static double megabytes(long bytes) {
        return bytes / (double) (1 << 20);
    }

    /** The middle value, of an odd number of them. */
    static double median(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
