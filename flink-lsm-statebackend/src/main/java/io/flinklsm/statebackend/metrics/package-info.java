/**
 * Figures for Flink's metric system: in comes a store, out go a few gauges that are cheap to ask.
 * Invariant: asking after the backend is gone gives 0. Read {@link
 * io.flinklsm.statebackend.metrics.LsmMetrics} first; {@link
 * io.flinklsm.statebackend.metrics.EventLog} puts into the log what a figure cannot say.
 */
@NullMarked
package io.flinklsm.statebackend.metrics;

import org.jspecify.annotations.NullMarked;
