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
 * @param checkpointMillis the time between two checkpoints
 * @param jobs the jobs that run unless others are chosen
 * @param rounds how often, unless chosen otherwise
 */
record JobScale(
        long events, long unmeasuredEvents, long checkpointMillis, List<JobCase> jobs, int rounds) {

    JobScale {
        jobs = List.copyOf(jobs);
    }

    /** Every job, long enough that state grows to hundreds of megabytes. */
    static final JobScale FULL = new JobScale(1_500_000, 300_000, 10_000, JobCase.all(), 1);

    /** Under a minute for three backends on two processors. */
    static final JobScale QUICK =
            new JobScale(
                    100_000,
                    25_000,
                    1_000,
                    List.of(
                            JobCase.JOIN,
                            JobCase.RETRACT,
                            JobCase.LATEST,
                            JobCase.TOP,
                            JobCase.TIMERS),
                    1);

    /** Shows that the jobs run and give the same results; its times mean nothing. */
    static final JobScale TINY = new JobScale(10_000, 1_000, 100, JobCase.all(), 1);

    /** The same with another length of the stream; a fifth of it is not measured. */
    JobScale withEvents(long newEvents) {
        return new JobScale(newEvents, newEvents / 5, checkpointMillis, jobs, rounds);
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
