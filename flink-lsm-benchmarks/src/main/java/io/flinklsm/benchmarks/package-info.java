/**
 * The state benchmark: flink-lsm beside Flink's own backends, through Flink's own state API.
 *
 * <p>In comes a choice of peers and case groups, out goes one Markdown table of medians and ratios.
 * Invariant: a figure of one backend is only ever compared with figures of the same run, each taken
 * in a fresh JVM in which no other backend was loaded. Read {@link
 * io.flinklsm.benchmarks.StateBenchmark} first: it starts one {@link
 * io.flinklsm.benchmarks.MeasuringJvm} for each round, group and peer, and {@link
 * io.flinklsm.benchmarks.ResultTable} puts their samples together.
 */
@NullMarked
package io.flinklsm.benchmarks;

import org.jspecify.annotations.NullMarked;
