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

    /** Where the names of the cases say nothing of it. */
    static final int MANAGED_MEGABYTES = 256;

    private static final List<Peer> PEERS = List.of(Peer.HASHMAP, Peer.ROCKSDB, Peer.LSM);

    /** HashMap has its state on the heap, however much there is beside it. */
    private static final List<Peer> PEERS_IN_LITTLE_MEMORY = List.of(Peer.ROCKSDB, Peer.LSM);

    private JobSteps() {}

    /** What a run of everything does. */
    public static List<Step> ofRun(RunOptions options) {
        JobScale scale = JobScale.ofName(options.scaleName());
        List<Step> steps = new ArrayList<>(of(scale, scale.jobs(), 1, options));
        if (options.managedMegabytes(0) == 0) {
            steps.addAll(inLittleMemory(scale, options));
        }
        return steps;
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
        List<Peer> peers = options.peers().isEmpty() ? PEERS : options.peers();
        List<Step> steps = new ArrayList<>();
        for (int round = 1; round <= options.rounds(1); round++) {
            for (List<JobCase> together : processes(scale, jobs)) {
                for (Peer peer : peers) {
                    steps.add(
                            step(
                                    scale,
                                    together,
                                    parallelism,
                                    peer,
                                    round,
                                    managedMegabytes,
                                    options.heapMegabytes(HEAP_MEGABYTES)));
                }
            }
        }
        return steps;
    }

    /** Some jobs again in little memory: their state is up to five times as large. */
    private static List<Step> inLittleMemory(JobScale scale, RunOptions options) {
        List<Peer> peers = options.peers().isEmpty() ? PEERS_IN_LITTLE_MEMORY : options.peers();
        List<Step> steps = new ArrayList<>();
        for (int round = 1; round <= options.rounds(1); round++) {
            for (int managedMegabytes : scale.littleMegabytes()) {
                for (JobCase job : scale.jobsInLittleMemory()) {
                    for (Peer peer : peers) {
                        steps.add(
                                step(
                                        scale,
                                        List.of(job),
                                        1,
                                        peer,
                                        round,
                                        managedMegabytes,
                                        options.heapMegabytes(HEAP_MEGABYTES)));
                    }
                }
            }
        }
        return steps;
    }

    private static Step step(
            JobScale scale,
            List<JobCase> jobs,
            int parallelism,
            Peer peer,
            int round,
            int managedMegabytes,
            int heapMegabytes) {
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
        jobs.forEach(job -> arguments.add(job.label()));
        return new Step(
                GROUP,
                peer,
                round,
                new Step.Memory(heapMegabytes, managedMegabytes),
                List.of(),
                JobJvm.class,
                arguments,
                jobs.stream()
                        .map(job -> JobResult.caseName(job.label(), managedMegabytes))
                        .toList());
    }

    /** Which jobs share a process: none, but where starting one takes longer than the job. */
    private static List<List<JobCase>> processes(JobScale scale, List<JobCase> jobs) {
        return scale.sharesProcesses() ? List.of(jobs) : jobs.stream().map(List::of).toList();
    }
}
