/**
 * The state benchmark: flink-lsm beside Flink's own backends, through Flink's own state API.
 *
 * <p>In comes a choice of peers and case groups, out goes a directory of results and a report.
 * Invariant: a figure of one backend is only ever compared with figures of the same run, each taken
 * in a fresh JVM in which no other backend was loaded. Read {@link
 * io.flinklsm.benchmarks.StateBenchmark} first: it starts one {@link
 * io.flinklsm.benchmarks.MeasuringJvm} for each round, group and peer. {@link
 * io.flinklsm.benchmarks.cases.CaseGroup} says how to add cases.
 */
@NullMarked
package io.flinklsm.benchmarks;

import org.jspecify.annotations.NullMarked;
