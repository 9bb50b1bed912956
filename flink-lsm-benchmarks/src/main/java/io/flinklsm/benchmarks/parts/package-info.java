/**
 * JMH benchmarks of the engine's parts: what one call of a memtable, an SSTable, a filter, a codec
 * or a cursor costs.
 *
 * <p>In comes nothing but JMH's options, out go nanoseconds an operation, on one thread. Invariant:
 * what a benchmark reads was written by the engine's own writers, and answers are consumed. Read
 * {@link io.flinklsm.benchmarks.parts.PartEntries} first: all benchmarks use its entries. Those of
 * classes that the engine keeps to itself stand in the engine's package, in this module.
 */
@NullMarked
package io.flinklsm.benchmarks.parts;

import org.jspecify.annotations.NullMarked;
