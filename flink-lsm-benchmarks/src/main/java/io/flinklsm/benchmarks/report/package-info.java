/**
 * From the results of a run to something to read: {@code benchmarks.md} and its plots.
 *
 * <p>In come the JSON files of a run directory, out go Markdown and SVG. Invariant: the same
 * results give the same report, to the byte, and what was not measured is said to be so. Read
 * {@link io.flinklsm.benchmarks.report.BenchmarkReport} first; {@link
 * io.flinklsm.benchmarks.report.Bars} says what flink-lsm has to reach.
 */
@NullMarked
package io.flinklsm.benchmarks.report;

import org.jspecify.annotations.NullMarked;
