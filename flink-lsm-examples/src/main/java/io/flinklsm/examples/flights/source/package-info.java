/**
 * The Flink source that replays a log of flights.
 *
 * <p>In: a {@link io.flinklsm.examples.flights.input.FlightInput}. Out: its flights, in partitions
 * that hold whole routes, each in event-time order, as a Kafka topic keyed by route would give
 * them. Invariant: a partition read from a position gives what it gave before, so that a restored
 * job sees each flight exactly once. Read {@link io.flinklsm.examples.flights.source.FlightSource}
 * first.
 */
@NullMarked
package io.flinklsm.examples.flights.source;

import org.jspecify.annotations.NullMarked;
