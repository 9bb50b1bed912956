/**
 * The streaming job: keyed state of several kinds over a stream of flights.
 *
 * <p>In: a Flink source of {@link io.flinklsm.examples.flights.Flight}s, each route in event-time
 * order. Out: lines of text, one for each route, airport and quiet time of a route, in files that a
 * checkpoint commits. Invariant: the lines depend on the flights alone. Read {@link
 * io.flinklsm.examples.flights.job.FlightsJob} first.
 */
@NullMarked
package io.flinklsm.examples.flights.job;

import org.jspecify.annotations.NullMarked;
