/**
 * Where the flights come from: the embedded two weeks, or a CSV or Parquet file of the user.
 *
 * <p>In: a file. Out: {@link io.flinklsm.examples.flights.Flight}s in event-time order with their
 * positions. Invariant: two readings of one input give the same flights at the same positions; a
 * source may therefore resume from a position. Read {@link
 * io.flinklsm.examples.flights.input.FlightInput} first.
 */
@NullMarked
package io.flinklsm.examples.flights.input;

import org.jspecify.annotations.NullMarked;
