/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.flinklsm.benchmarks.jobs;

import java.util.List;
import java.util.Locale;

/**
 * How long the jobs are.
 *
 * @param events events of the stream, those of all three tables together
 * @param unmeasuredEvents how many of them go by before the clock starts
 * @param restMillis how long the clock may wait for the process to come to rest before it starts
 * @param checkpointMillis the time between two checkpoints
 * @param sharesProcesses whether the jobs of a backend run in one process, one after another
 * @param jobs the jobs that run unless others are chosen
 */
record JobScale(
        long events,
        long unmeasuredEvents,
        long restMillis,
        long checkpointMillis,
        boolean sharesProcesses,
        List<JobCase> jobs) {

    JobScale {
        jobs = List.copyOf(jobs);
    }

    /**
     * Every job, with checkpoints as far apart as in the design, and long enough that some are
     * taken.
     */
    static final JobScale FULL =
            new JobScale(800_000, 200_000, 30_000, 10_000, false, JobCase.all());

    /** Half a minute for three backends on two processors. */
    static final JobScale QUICK =
            new JobScale(
                    30_000,
                    10_000,
                    0,
                    500,
                    true,
                    List.of(JobCase.JOIN, JobCase.LATEST, JobCase.TOP, JobCase.TIMERS));

    /** Shows that the jobs run and give the same results; its times mean nothing. */
    static final JobScale TINY = new JobScale(10_000, 1_000, 0, 100, true, JobCase.all());

    /** Managed memory in which some jobs run again; none at shorter scales. */
    List<Integer> littleMegabytes() {
        return sharesProcesses ? List.of() : List.of(64, 32);
    }

    /** Those whose state grows with the stream. */
    List<JobCase> jobsInLittleMemory() {
        return List.of(JobCase.JOIN, JobCase.LATEST, JobCase.TIMERS);
    }

    /** The same with another length of the stream; a fifth of it is not measured. */
    JobScale withEvents(long newEvents) {
        return new JobScale(
                newEvents, newEvents / 5, restMillis, checkpointMillis, sharesProcesses, jobs);
    }

    /**
     * The scale of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static JobScale ofName(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "full" -> FULL;
            case "quick" -> QUICK;
            case "tiny" -> TINY;
            default ->
                    throw new IllegalArgumentException(
                            "[jobs] unknown scale: name=" + name + "; use full, quick or tiny");
        };
    }
}
