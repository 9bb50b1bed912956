/**
 * A streaming job over real flight records, and the program that runs it on an embedded cluster.
 *
 * <p>In: flights in event-time order ({@code input}), replayed by a Flink source ({@code source}).
 * Out: a row for each route, airport and quiet route ({@code job}), and a report of the run ({@code
 * run}). Invariant: the rows are a function of the flights alone, whatever the state backend, the
 * parallelism and the failures were. Read {@link io.flinklsm.examples.flights.FlightsDemo} first,
 * then {@code job.FlightsJob}.
 */
@NullMarked
package io.flinklsm.examples.flights;

import org.jspecify.annotations.NullMarked;
