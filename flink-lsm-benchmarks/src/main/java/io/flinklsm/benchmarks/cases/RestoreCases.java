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
import io.flinklsm.benchmarks.results.Series;
import io.flinklsm.benchmarks.run.FileTrees;
import io.flinklsm.benchmarks.workload.KeyOrder;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the time from a checkpoint to the first get grows with the state: 0.1, 0.3 and 1 GB. The
 * median of three restores in one JVM, the smallest state first, after one that does not count.
 */
final class RestoreCases implements CaseGroup.Program {

    static final String CASE = "restore by state size";

    private static final String STATE = "restored";
    private static final String OPERATOR = "restored-operator";
    private static final int RESTORES = 3;

    @Override
    public void run(Workbench bench, Scale scale, Meter meter) throws Exception {
        double[] gigabytes =
                scale.choose(
                        new double[] {0.1, 0.3, 1},
                        new double[] {0.01, 0.03},
                        new double[] {0.0002, 0.001});
        double[] firstGets = new double[gigabytes.length];
        List<Figure> figures = new ArrayList<>();
        for (int i = 0; i < gigabytes.length; i++) {
            firstGets[i] = firstGetMillis(bench, gigabytes[i], Rest.limitMillis(scale));
            figures.add(
                    new Figure(
                            String.format(Locale.ROOT, "%s GB: first get ms", gigabytes[i]),
                            firstGets[i]));
        }
        figures.add(
                new Figure("largest ÷ smallest", firstGets[firstGets.length - 1] / firstGets[0]));
        meter.series(
                CASE,
                List.of(
                        new Series(
                                "restore to first get",
                                "state, GB",
                                "restore to first get, ms",
                                gigabytes,
                                firstGets)),
                figures.toArray(Figure[]::new));
    }

    private static double firstGetMillis(Workbench bench, double gigabytes, long restMillis)
            throws Exception {
        KeyOrder order = new KeyOrder((int) (gigabytes * 1e9 / KeyedByteValues.ENTRY_BYTES));
        KeyedByteValues.Versions versions = new KeyedByteValues.Versions(order.count());
        String name = "restore-" + gigabytes;
        double[] firstGets = new double[RESTORES];
        try (BackendSlot slot = bench.slot(name, CheckpointCases.INCREMENTAL)) {
            TakenCheckpoint taken;
            try (BenchmarkedBackend backend = slot.open(BackendSpec.empty(OPERATOR))) {
                new KeyedByteValues(CASE, backend, STATE, versions).loadAll(order);
                Rest.await(restMillis);
                taken = backend.checkpoint();
            }
            BackendSpec spec = BackendSpec.empty(OPERATOR).restoredFrom(List.of(taken.handle()));
            for (int i = -1; i < RESTORES; i++) {
                long start = System.nanoTime();
                try (BenchmarkedBackend backend = slot.open(spec)) {
                    KeyedByteValues values = new KeyedByteValues(CASE, backend, STATE, versions);
                    values.get(order.at(i + 1));
                    if (i >= 0) {
                        firstGets[i] = CheckpointCases.millis(System.nanoTime() - start);
                    }
                    values.checkSome(1_000);
                }
            }
        }
        FileTrees.delete(bench.directory().resolve(name));
        return CheckpointCases.median(firstGets);
    }
}
