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
package io.flinklsm.benchmarks.storage;

import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.storage.SlowFileSystem.Traffic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * What a restore and a rescale cost with state on remote storage: time until the first get, time
 * until gets are half as fast as locally, requests, and bytes in both directions. Gets are drawn
 * with Zipf's distribution of exponent 1.
 */
public final class StorageBenchmark {

    public static final String RESTORE = "storage, restore";
    public static final String SCALE_OUT = "storage, rescale 2 to 3";
    public static final String SCALE_IN = "storage, rescale 3 to 2";

    public static final String FIRST_GET = "first get ms";
    public static final String HALF_SPEED = "half of local speed after s";
    public static final String UPLOADED = "uploaded by two checkpoints ÷ state";

    private static final int GETS = 20_000;
    private static final int GETS_BETWEEN_LOOKS = 20;
    private static final long SEED = 11;
    private static final int KEYS_MIN = 1_000;

    /** What changes before each checkpoint: one key in so many. */
    private static final int CHANGED_PART = 100;

    /**
     * How long it is measured.
     *
     * @param localMillis of gets at local speed
     * @param mostMillis until half of that is reached; the figure is this if it is not
     */
    public record Times(long localMillis, long mostMillis) {}

    /** Where a case goes. */
    @FunctionalInterface
    public interface Results {
        void add(String caseName, List<Figure> figures);
    }

    private final Peer peer;
    private final Path directory;
    private final long managedBytes;
    private final Times times;
    private final Results results;

    /**
     * @param directory is filled and emptied
     * @param managedBytes of each slot
     */
    public StorageBenchmark(
            Peer peer, Path directory, long managedBytes, Times times, Results results) {
        this.peer = peer;
        this.directory = directory;
        this.managedBytes = managedBytes;
        this.times = times;
        this.results = results;
    }

    /**
     * Runs all cases with a state of so many gigabytes.
     *
     * @param suffix of the names of the cases
     */
    public void run(double gigabytes, String suffix) throws Exception {
        int keys = (int) (gigabytes * 1e9 / RemoteBackend.ENTRY_BYTES);
        if (keys < KEYS_MIN) {
            throw new IllegalArgumentException(
                    "[storage] the state is too small: gigabytes="
                            + gigabytes
                            + ", keys="
                            + keys
                            + ", atLeast="
                            + KEYS_MIN
                            + "; choose more with --storage-gb");
        }
        Path own = directory.resolve("storage-" + gigabytes);
        RemoteJob job = new RemoteJob(peer, own, managedBytes);
        KeyedStateHandle whole;
        double localGetsPerMilli;
        try (RemoteBackend backend = job.open(0, 1, List.of())) {
            for (int key = 0; key < keys; key++) {
                backend.put(key);
            }
            whole = backend.checkpoint();
            localGetsPerMilli = localSpeed(backend, keys);
        }
        restore(job, whole, keys, localGetsPerMilli, gigabytes, suffix);
        List<KeyedStateHandle> two = rescale(job, List.of(whole), 2, keys, null);
        List<KeyedStateHandle> three = rescale(job, two, 3, keys, SCALE_OUT + suffix);
        rescale(job, three, 2, keys, SCALE_IN + suffix);
        FileTrees.delete(own);
    }

    private double localSpeed(RemoteBackend backend, int keys) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < GETS; i++) {
            backend.get(draw(random, keys));
        }
        long gets = 0;
        long begin = System.nanoTime();
        do {
            for (int i = 0; i < GETS_BETWEEN_LOOKS; i++) {
                backend.get(draw(random, keys));
            }
            gets += GETS_BETWEEN_LOOKS;
        } while (millisSince(begin) < times.localMillis());
        return gets / millisSince(begin);
    }

    private void restore(
            RemoteJob job,
            KeyedStateHandle handle,
            int keys,
            double localGetsPerMilli,
            double gigabytes,
            String suffix)
            throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        Traffic before = SlowFileSystem.traffic();
        long begin = System.nanoTime();
        try (RemoteBackend backend = job.open(0, 1, List.of(handle))) {
            backend.get(draw(random, keys));
            double firstGet = millisSince(begin);
            Traffic toFirst = SlowFileSystem.traffic().minus(before);
            double next = 0;
            double half = times.mostMillis();
            long gets = 0;
            long window = System.nanoTime();
            long inWindow = 0;
            long from = System.nanoTime();
            while (gets < GETS || half == times.mostMillis()) {
                for (int i = 0; i < GETS_BETWEEN_LOOKS; i++) {
                    backend.get(draw(random, keys));
                }
                gets += GETS_BETWEEN_LOOKS;
                inWindow += GETS_BETWEEN_LOOKS;
                if (gets == GETS) {
                    next = millisSince(from);
                }
                double windowMillis = millisSince(window);
                if (windowMillis >= times.localMillis() / 4.0) {
                    if (half == times.mostMillis()
                            && inWindow / windowMillis >= localGetsPerMilli / 2) {
                        half = millisSince(from);
                    }
                    window = System.nanoTime();
                    inWindow = 0;
                }
                if (millisSince(from) > times.mostMillis()) {
                    break;
                }
            }
            Traffic all = SlowFileSystem.traffic().minus(before);
            List<Figure> figures = new ArrayList<>();
            figures.add(new Figure("state GB", gigabytes));
            figures.add(new Figure(FIRST_GET, firstGet));
            figures.add(new Figure("requests until the first get", toFirst.requests()));
            figures.add(new Figure("MB down until the first get", megabytes(toFirst.bytesDown())));
            if (gets >= GETS) {
                figures.add(new Figure("next 20000 gets ms", next));
            }
            figures.add(new Figure(HALF_SPEED, half / 1e3));
            figures.add(new Figure("local gets per ms", localGetsPerMilli));
            figures.add(new Figure("requests in all", all.requests()));
            figures.add(new Figure("MB down in all", megabytes(all.bytesDown())));
            results.add(RESTORE + suffix, figures);
        }
    }

    /**
     * Restores with another parallelism, and takes two checkpoints, each after 1 % has changed.
     *
     * @param caseName null if it is not a case
     * @return the handles of the second checkpoint
     */
    private List<KeyedStateHandle> rescale(
            RemoteJob job,
            List<KeyedStateHandle> handles,
            int parallelism,
            int keys,
            @Nullable String caseName)
            throws Exception {
        Traffic before = SlowFileSystem.traffic();
        List<KeyedStateHandle> last = new ArrayList<>();
        double slowest = 0;
        for (int subtask = 0; subtask < parallelism; subtask++) {
            long begin = System.nanoTime();
            try (RemoteBackend backend = job.open(subtask, parallelism, handles)) {
                int first = 0;
                while (!backend.owns(first)) {
                    first++;
                }
                backend.get(first);
                slowest = Math.max(slowest, millisSince(begin));
                change(backend, keys, 0);
                backend.checkpoint();
                change(backend, keys, CHANGED_PART / 2);
                last.add(backend.checkpoint());
                check(backend, keys);
            }
        }
        if (caseName != null) {
            Traffic used = SlowFileSystem.traffic().minus(before);
            double stateBytes = (double) keys * RemoteBackend.ENTRY_BYTES;
            results.add(
                    caseName,
                    List.of(
                            new Figure(FIRST_GET, slowest),
                            new Figure("requests", used.requests()),
                            new Figure("MB down", megabytes(used.bytesDown())),
                            new Figure("MB up", megabytes(used.bytesUp())),
                            new Figure(UPLOADED, used.bytesUp() / stateBytes)));
        }
        return last;
    }

    private static void change(RemoteBackend backend, int keys, int from) throws Exception {
        for (int key = from; key < keys; key += CHANGED_PART) {
            if (backend.owns(key)) {
                backend.put(key);
            }
        }
    }

    private static void check(RemoteBackend backend, int keys) throws Exception {
        for (int key = 0; key < keys; key += Math.max(1, keys / 1_000)) {
            if (backend.owns(key)) {
                backend.get(key);
            }
        }
    }

    /** Frequent keys are next to none of each other. */
    private static long draw(SplittableRandom random, int keys) {
        long rank = (long) Math.pow(keys, random.nextDouble()) - 1;
        return (rank * 0x9E3779B1L & Long.MAX_VALUE) % keys;
    }

    private static double millisSince(long begin) {
        return (System.nanoTime() - begin) / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    private static double megabytes(long bytes) {
        return bytes / (double) (1 << 20);
    }
}
