/**
 * Figures for Flink's metric system: in comes a store, out go a few gauges that are cheap to ask.
 * Invariant: asking after the backend is gone gives 0. {@link
 * io.flinklsm.statebackend.metrics.LsmMetrics} is all there is.
 */
@NullMarked
package io.flinklsm.statebackend.metrics;

import org.jspecify.annotations.NullMarked;
