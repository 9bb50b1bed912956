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

import io.flinklsm.benchmarks.run.Peer;
import io.flinklsm.benchmarks.run.RunOptions;
import io.flinklsm.benchmarks.run.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Whole jobs as steps of a run: each job runs on all backends before the next one does. */
public final class JobSteps {

    /** What the results of jobs are filed under. */
    public static final String GROUP = "jobs";

    private static final int HEAP_MEGABYTES = 2048;
    private static final int MANAGED_MEGABYTES = 256;
    private static final List<Peer> PEERS = List.of(Peer.HASHMAP, Peer.ROCKSDB, Peer.LSM);

    private JobSteps() {}

    /** What a run of everything does. */
    public static List<Step> ofRun(RunOptions options) {
        JobScale scale = JobScale.ofName(options.scaleName());
        return of(scale, scale.jobs(), 1, options);
    }

    /** What {@link #ofRun} does, in a line. */
    public static String describe(RunOptions options) {
        JobScale scale = JobScale.ofName(options.scaleName());
        return String.format(
                Locale.ROOT,
                "%d whole jobs of %,d events, Flink SQL and DataStream",
                scale.jobs().size(),
                scale.events());
    }

    /**
     * Some jobs at a scale.
     *
     * @param parallelism of every operator
     */
    static List<Step> of(JobScale scale, List<JobCase> jobs, int parallelism, RunOptions options) {
        int managedMegabytes = options.managedMegabytes(MANAGED_MEGABYTES);
        List<Step> steps = new ArrayList<>();
        for (int round = 1; round <= options.rounds(1); round++) {
            for (List<JobCase> together : processes(scale, jobs)) {
                for (Peer peer : options.peers().isEmpty() ? PEERS : options.peers()) {
                    List<String> arguments =
                            new ArrayList<>(
                                    List.of(
                                            peer.label(),
                                            Long.toString(scale.events()),
                                            Long.toString(scale.unmeasuredEvents()),
                                            Long.toString(scale.restMillis()),
                                            Long.toString(scale.checkpointMillis()),
                                            Integer.toString(managedMegabytes),
                                            Integer.toString(parallelism)));
                    together.forEach(job -> arguments.add(job.label()));
                    steps.add(
                            new Step(
                                    GROUP,
                                    peer,
                                    round,
                                    options.heapMegabytes(HEAP_MEGABYTES),
                                    managedMegabytes,
                                    List.of(),
                                    JobJvm.class,
                                    arguments,
                                    together.stream()
                                            .map(job -> JobResult.caseName(job.label()))
                                            .toList()));
                }
            }
        }
        return steps;
    }

    /** Which jobs share a process: none, but where starting one takes longer than the job. */
    private static List<List<JobCase>> processes(JobScale scale, List<JobCase> jobs) {
        return scale.sharesProcesses() ? List.of(jobs) : jobs.stream().map(List::of).toList();
    }
}
