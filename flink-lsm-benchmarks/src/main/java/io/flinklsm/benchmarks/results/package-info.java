/**
 * What a run of the benchmarks leaves behind: a directory of JSON files.
 *
 * <p>In come the samples of measuring JVMs, out come the same samples for the report. Invariant: a
 * file is written once, by one JVM, and a later run into the same directory only adds files. Read
 * {@link io.flinklsm.benchmarks.results.RunDirectory} first, then {@link
 * io.flinklsm.benchmarks.results.Sample}. Nothing here knows a backend or a case by name.
 */
@NullMarked
package io.flinklsm.benchmarks.results;

import org.jspecify.annotations.NullMarked;
