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
package io.flinklsm.benchmarks;

import static io.flinklsm.benchmarks.run.Peer.FORST;
import static io.flinklsm.benchmarks.run.Peer.HASHMAP;
import static io.flinklsm.benchmarks.run.Peer.LSM;
import static io.flinklsm.benchmarks.run.Peer.ROCKSDB;
import static io.flinklsm.benchmarks.run.Peer.ROCKSDB_TUNED;

import io.flinklsm.benchmarks.cases.CaseGroup;
import io.flinklsm.benchmarks.cases.CaseOptions;
import io.flinklsm.benchmarks.cases.CurveCases;
import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import io.flinklsm.benchmarks.run.Step;
import io.flinklsm.benchmarks.workload.Scale;
import java.util.ArrayList;
import java.util.List;

/**
 * The plan of a run: which group is measured on which backends, how often, and in how much memory.
 *
 * <p>The full plan is made to fill every row of the report in an hour and a half on two processors,
 * the quick one to start every group and every backend in some minutes. Where state does not fit
 * into memory, HashMap is not asked; long groups run once, for a curve needs no median. ForSt,
 * whose synchronous state API is RocksDB's, is asked here and there for orientation.
 */
final class RunPlan {

    private RunPlan() {}

    /** The line of a group. Heap, managed memory, rounds, peers. */
    static GroupSettings of(CaseGroup group, Scale scale) {
        return switch (scale.size()) {
            case FULL -> full(group);
            case QUICK -> quick(group);
            case TINY -> tiny(group);
        };
    }

    private static GroupSettings full(CaseGroup group) {
        return switch (group) {
            case HOT -> GroupSettings.of(2048, 256, 2, HASHMAP, ROCKSDB, ROCKSDB_TUNED, LSM);
            case HOT_LONG -> GroupSettings.of(2048, 256, 1, HASHMAP, ROCKSDB, LSM);
            case LATENCY -> GroupSettings.of(2048, 128, 1, HASHMAP, ROCKSDB, ROCKSDB_TUNED, LSM);
            case CURVE -> GroupSettings.of(256, 128, 1, HASHMAP, ROCKSDB, ROCKSDB_TUNED, LSM);
            case TIMERS -> GroupSettings.of(2048, 512, 1, HASHMAP, ROCKSDB, LSM);
            // HashMap has its objects on the heap, and another copy while it restores.
            case CHECKPOINT -> GroupSettings.of(3072, 256, 1, HASHMAP, ROCKSDB, LSM).andOnce(FORST);
            case LARGE -> GroupSettings.of(1024, 128, 1, ROCKSDB, ROCKSDB_TUNED, LSM);
            case RESTORE -> GroupSettings.of(1024, 256, 1, ROCKSDB, LSM);
            // A small heap: what is wasted beside it shows.
            case MEMORY -> GroupSettings.of(512, 128, 1, LSM);
            // Little memory, so that a large state is soon made.
            case SCALING -> GroupSettings.of(512, 32, 1, ROCKSDB, LSM);
            case STORAGE -> GroupSettings.of(1024, 256, 1, ROCKSDB, LSM).andOnce(FORST);
            case OVERWRITE -> GroupSettings.of(1024, 256, 1, ROCKSDB, LSM);
        };
    }

    private static GroupSettings quick(CaseGroup group) {
        return switch (group) {
            case HOT -> GroupSettings.of(1024, 64, 1, HASHMAP, ROCKSDB, ROCKSDB_TUNED, LSM);
            case HOT_LONG -> GroupSettings.of(1024, 64, 1, LSM);
            case CURVE -> GroupSettings.of(256, 32, 1, HASHMAP, ROCKSDB, ROCKSDB_TUNED, LSM);
            case LATENCY -> GroupSettings.of(1024, 32, 1, HASHMAP, ROCKSDB, LSM);
            case TIMERS -> GroupSettings.of(1024, 256, 1, ROCKSDB, LSM);
            case CHECKPOINT -> GroupSettings.of(1024, 64, 1, ROCKSDB, LSM);
            case LARGE -> GroupSettings.of(512, 32, 1, ROCKSDB, ROCKSDB_TUNED, LSM);
            case RESTORE -> GroupSettings.of(512, 64, 1, ROCKSDB, LSM);
            case MEMORY -> GroupSettings.of(512, 32, 1, LSM);
            case SCALING -> GroupSettings.of(512, 32, 1, LSM);
            case OVERWRITE, STORAGE -> GroupSettings.of(512, 64, 1, ROCKSDB, LSM);
        };
    }

    private static GroupSettings tiny(CaseGroup group) {
        return switch (group) {
            case HOT, TIMERS -> GroupSettings.of(512, 64, 1, HASHMAP, ROCKSDB, FORST, LSM);
            case HOT_LONG -> GroupSettings.of(512, 64, 1, HASHMAP, LSM);
            case CURVE, LATENCY -> GroupSettings.of(256, 32, 1, HASHMAP, ROCKSDB, LSM);
            case LARGE -> GroupSettings.of(512, 32, 1, ROCKSDB, ROCKSDB_TUNED, LSM);
            case MEMORY, OVERWRITE -> GroupSettings.of(512, 64, 1, ROCKSDB, LSM);
            case STORAGE -> GroupSettings.of(512, 64, 1, ROCKSDB, FORST, LSM);
            case CHECKPOINT, RESTORE -> GroupSettings.of(512, 64, 1, LSM);
            case SCALING -> GroupSettings.of(512, 32, 1, LSM);
        };
    }

    /**
     * All JVMs in the order of measuring: every round of a group runs its backends in turn.
     *
     * @param caseOptions of the first round: the seeds of the others count on from there, so that a
     *     round draws the same keys and the same order of cases for every backend
     * @param ratios the sizes of state, by memory, at which the curve is measured
     */
    static List<Step> steps(
            List<CaseGroup> groups,
            Scale scale,
            RunOptions options,
            CaseOptions caseOptions,
            List<Double> ratios) {
        List<Step> steps = new ArrayList<>();
        int rounds =
                groups.stream()
                        .mapToInt(group -> chosen(group, scale, options).rounds())
                        .max()
                        .orElse(0);
        for (int round = 1; round <= rounds; round++) {
            for (CaseGroup group : groups) {
                GroupSettings settings = chosen(group, scale, options);
                CaseOptions own = caseOptions.ofRound(round);
                if (group == CaseGroup.CURVE) {
                    steps.addAll(curve(round, settings, scale, own, ratios));
                    continue;
                }
                for (Peer peer : settings.peersOf(round)) {
                    steps.add(
                            MeasuringJvm.step(group, peer, round, settings, scale, own, List.of()));
                }
            }
        }
        return steps;
    }

    /** A JVM for each size of state, so that none inherits the files of a smaller one. */
    private static List<Step> curve(
            int round,
            GroupSettings settings,
            Scale scale,
            CaseOptions options,
            List<Double> ratios) {
        List<Step> steps = new ArrayList<>();
        for (double ratio : ratios) {
            for (Peer peer : settings.peersOf(round)) {
                steps.add(
                        MeasuringJvm.step(
                                CaseGroup.CURVE,
                                peer,
                                round,
                                // The others have a heap beside their memory: as much in all.
                                peer == HASHMAP
                                        ? settings.withMoreHeap(settings.managedMegabytes())
                                        : settings,
                                scale,
                                options.ofState(ratio),
                                List.of(CurveCases.stateName(ratio))));
            }
        }
        return steps;
    }

    /** What the plan says, unless the command line says otherwise. */
    static GroupSettings chosen(CaseGroup group, Scale scale, RunOptions options) {
        GroupSettings own = of(group, scale);
        boolean named = !options.peers().isEmpty();
        return new GroupSettings(
                options.heapMegabytes(own.heapMegabytes()),
                options.managedMegabytes(own.managedMegabytes()),
                options.rounds(own.rounds()),
                named ? options.peers() : own.peers(),
                named ? List.of() : own.once());
    }
}
