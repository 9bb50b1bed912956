/**
 * Runs the job on an embedded cluster and tells what happened.
 *
 * <p>In: a {@link io.flinklsm.examples.flights.run.RunPlan}. Out: a {@link
 * io.flinklsm.examples.flights.run.RunReport} and its tables. Invariant: a run leaves no thread
 * and, outside the directories of its plan, no file behind. Read {@link
 * io.flinklsm.examples.flights.run.EmbeddedRun} first.
 */
@NullMarked
package io.flinklsm.examples.flights.run;

import org.jspecify.annotations.NullMarked;
