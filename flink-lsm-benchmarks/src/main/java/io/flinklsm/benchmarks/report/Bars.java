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
package io.flinklsm.benchmarks.report;

import static io.flinklsm.benchmarks.report.Measurements.HASHMAP;
import static io.flinklsm.benchmarks.report.Measurements.ROCKSDB;
import static io.flinklsm.benchmarks.report.Measurements.ROCKSDB_TUNED;

import io.flinklsm.benchmarks.results.Sample;
import io.flinklsm.benchmarks.storage.StorageBenchmark;
import java.util.List;

/**
 * What flink-lsm has to reach, row by row. Against the default RocksDB where state fits into
 * memory; against the tuned one where it does not and the default thrashes.
 */
public final class Bars {

    /** What a whole job is judged by. */
    public static final String EVENTS_PER_CPU_SECOND = "events/CPU s";

    /** What the cases of whole jobs begin with. */
    public static final String JOB = "job ";

    private static final String FIRST_GET = "first get ms";
    private static final String OVER_BUDGET = "over budget %";
    private static final String REWRITTEN = "written MB, copies included";

    private static final String LATENCY_IN_MEMORY = "latency, state of 0.5 × the memory, ";
    private static final String LATENCY_OUTSIDE = "latency, state of 2 × the memory, ";

    /** Point accesses to small values that a heap answers by following references. */
    private static final List<String> SMALL_POINTS =
            List.of(
                    "hot: value get",
                    "hot: value get, missing key",
                    "hot: value update",
                    "hot: value update, new key",
                    "hot: map get",
                    "hot: map contains",
                    "hot: map put",
                    "hot: map put, new entry",
                    "hot: map remove",
                    "hot: reducing get",
                    "hot: reducing add");

    /** All rows, in the order of the report. */
    public static final List<Bar> ALL =
            List.of(
                    mean("hot", "state in memory, beside HashMap", "hot: *", HASHMAP, 0.8),
                    mean("hot", "state in memory, beside RocksDB", "hot: *", ROCKSDB, 5),
                    each("hot", "state in memory: worst case", "hot: *", ROCKSDB, 1.5),
                    new Bar(
                            "hot",
                            "small values in memory: worst case",
                            SMALL_POINTS,
                            Sample.SPEED,
                            Bar.Rule.EVERY_AT_LEAST_TIMES,
                            HASHMAP,
                            1),
                    new Bar(
                            "hot",
                            "state in memory: after 20 checkpoints ÷ before",
                            List.of("hot state"),
                            "speed after 20 checkpoints ÷ before",
                            Bar.Rule.AT_LEAST,
                            ROCKSDB,
                            0.9),
                    mean(
                            "hot-long",
                            "warm state in memory, beside HashMap",
                            "hot, long warm-up: *",
                            HASHMAP,
                            0.9),
                    mean(
                            "hot-long",
                            "warm state in memory, beside RocksDB",
                            "hot, long warm-up: *",
                            ROCKSDB,
                            7),
                    each(
                            "hot-long",
                            "warm state in memory: worst case",
                            "hot, long warm-up: *",
                            ROCKSDB,
                            3),
                    new Bar(
                            "curve",
                            "state of 0.9 of the memory: speed ÷ at 0.25",
                            List.of(CapacityCurves.SUMMARY),
                            CapacityCurves.NEARLY_FULL,
                            Bar.Rule.AT_LEAST,
                            ROCKSDB,
                            0.7),
                    atMost("latency", LATENCY_IN_MEMORY + "70 % of it", "p99.9 µs", 1_000),
                    atMost("latency", LATENCY_IN_MEMORY + "full speed", "longest ms", 100),
                    atMost("latency", LATENCY_OUTSIDE + "70 % of it", "p99.9 µs", 1_000),
                    atMost("latency", LATENCY_OUTSIDE + "full speed", "longest ms", 100),
                    faster("timers", "timers add", 3),
                    faster("timers", "timers poll", 2),
                    faster("timers", "timers poll and add", 2),
                    fasterThan(ROCKSDB_TUNED, "large", "larger than memory: load", 2),
                    fasterThan(ROCKSDB_TUNED, "large", "larger than memory: get, uniform", 5),
                    fasterThan(ROCKSDB_TUNED, "large", "larger than memory: get, zipf", 9),
                    fasterThan(
                            ROCKSDB_TUNED,
                            "large",
                            "larger than memory: read-modify-write, uniform",
                            2),
                    fasterThan(
                            ROCKSDB_TUNED,
                            "large",
                            "larger than memory: read-modify-write, zipf",
                            2),
                    atMost("checkpoint", "checkpoint, full", "sync ms", 1),
                    atMostTimes("checkpoint", "checkpoint, full", "sync + async ms", ROCKSDB, 0.7),
                    atMostTimes("checkpoint", "checkpoint, full", "uploaded MB", ROCKSDB, 0.9),
                    atMost("checkpoint", "checkpoint, 1 % changed", "sync ms", 1),
                    atMost("checkpoint", "checkpoint, 1 % changed", "async ms", 60),
                    atMost("checkpoint", "checkpoint, 1 % changed", "uploaded ÷ changed", 1.5),
                    atMostTimes("checkpoint", "checkpoint, restore", FIRST_GET, ROCKSDB, 0.2),
                    atMostTimes(
                            "checkpoint",
                            "checkpoint, restore",
                            "next 20000 gets ms",
                            ROCKSDB,
                            0.5),
                    atMost("restore", "restore by state size", "largest ÷ smallest", 1.5),
                    atMostTimes(
                            "checkpoint", "checkpoint, rescale 1 to 2", FIRST_GET, ROCKSDB, 0.3),
                    atMost("checkpoint", "checkpoint, rescale 1 to 2", REWRITTEN, 1),
                    atMostTimes(
                            "checkpoint", "checkpoint, rescale 2 to 1", FIRST_GET, ROCKSDB, 0.02),
                    atMost("checkpoint", "checkpoint, rescale 2 to 1", REWRITTEN, 1),
                    atMostTimes(
                            "storage",
                            StorageBenchmark.RESTORE,
                            StorageBenchmark.FIRST_GET,
                            ROCKSDB,
                            0.5),
                    atMost("storage", StorageBenchmark.RESTORE, StorageBenchmark.HALF_SPEED, 10),
                    atMostTimes(
                            "storage",
                            StorageBenchmark.SCALE_OUT,
                            StorageBenchmark.FIRST_GET,
                            ROCKSDB,
                            0.5),
                    atMost("storage", StorageBenchmark.SCALE_OUT, StorageBenchmark.UPLOADED, 0.05),
                    atMostTimes(
                            "storage",
                            StorageBenchmark.SCALE_IN,
                            StorageBenchmark.FIRST_GET,
                            ROCKSDB,
                            0.5),
                    atMost("storage", StorageBenchmark.SCALE_IN, StorageBenchmark.UPLOADED, 0.05),
                    atMost("memory", "memory, state larger than it", OVER_BUDGET, 5),
                    atMost("memory", "memory, 8 backends in a slot", OVER_BUDGET, 5),
                    atMost("memory", "memory, 32 MB managed", OVER_BUDGET, 5),
                    atMost(
                            "memory",
                            "memory, open-close-restore cycles",
                            "growth a restore KB",
                            50),
                    new Bar(
                            "memory",
                            "memory, two slots: slower ÷ faster",
                            List.of("memory, two slots"),
                            "slower ÷ faster",
                            Bar.Rule.AT_LEAST,
                            ROCKSDB,
                            0.7),
                    atMostTimes(
                            "overwrite",
                            "overwrite at full speed",
                            Sample.WRITE_AMPLIFICATION,
                            ROCKSDB,
                            1),
                    atMost("overwrite", "overwrite at full speed", "longest update ms", 1000),
                    new Bar(
                            "jobs",
                            "whole jobs: events per CPU second",
                            List.of(JOB + "*"),
                            EVENTS_PER_CPU_SECOND,
                            Bar.Rule.MEAN_AT_LEAST_TIMES,
                            ROCKSDB,
                            3.2),
                    new Bar(
                            "jobs",
                            "whole jobs: no job behind",
                            List.of(JOB + "*"),
                            EVENTS_PER_CPU_SECOND,
                            Bar.Rule.EVERY_AT_LEAST_TIMES,
                            ROCKSDB,
                            1));

    private Bars() {}

    private static Bar mean(String group, String row, String cases, String peer, double factor) {
        return new Bar(
                group,
                row,
                List.of(cases),
                Sample.SPEED,
                Bar.Rule.MEAN_AT_LEAST_TIMES,
                peer,
                factor);
    }

    private static Bar each(String group, String row, String cases, String peer, double factor) {
        return new Bar(
                group,
                row,
                List.of(cases),
                Sample.SPEED,
                Bar.Rule.EVERY_AT_LEAST_TIMES,
                peer,
                factor);
    }

    private static Bar faster(String group, String caseName, double factor) {
        return fasterThan(ROCKSDB, group, caseName, factor);
    }

    private static Bar fasterThan(String peer, String group, String caseName, double factor) {
        return new Bar(
                group,
                caseName,
                List.of(caseName),
                Sample.SPEED,
                Bar.Rule.AT_LEAST_TIMES,
                peer,
                factor);
    }

    private static Bar atMost(String group, String caseName, String quantity, double limit) {
        return new Bar(
                group,
                caseName + ": " + quantity,
                List.of(caseName),
                quantity,
                Bar.Rule.AT_MOST,
                ROCKSDB,
                limit);
    }

    private static Bar atMostTimes(
            String group, String caseName, String quantity, String peer, double factor) {
        return new Bar(
                group,
                caseName + ": " + quantity,
                List.of(caseName),
                quantity,
                Bar.Rule.AT_MOST_TIMES,
                peer,
                factor);
    }
}
