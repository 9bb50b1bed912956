/**
 * Whole jobs: Flink SQL over generated auctions, and a job of timers, on an embedded cluster.
 *
 * <p>In comes a choice of jobs and backends, out go events per CPU second of each, times of
 * checkpoints and peak memory. Invariant: a job's folded result is the same on every backend, or
 * the run fails. Read {@link io.flinklsm.benchmarks.jobs.JobRunner} first, which runs one job;
 * {@link io.flinklsm.benchmarks.jobs.JobSteps} starts a JVM for each round, job and backend; {@link
 * io.flinklsm.benchmarks.jobs.AuctionStream} makes the events, {@link
 * io.flinklsm.benchmarks.jobs.JobCase} lists the jobs.
 */
@NullMarked
package io.flinklsm.benchmarks.jobs;

import org.jspecify.annotations.NullMarked;
