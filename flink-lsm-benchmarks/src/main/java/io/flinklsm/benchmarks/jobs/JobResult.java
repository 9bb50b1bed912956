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

import io.flinklsm.benchmarks.report.Bars;
import io.flinklsm.benchmarks.results.Figure;
import io.flinklsm.benchmarks.results.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run of a job showed.
 *
 * @param job label of the job
 * @param backend label of the backend
 * @param events events of the stream that were given out on the clock
 * @param wallMillis time from the first measured event until the job had ended
 * @param cpuMillis CPU time of all threads of the process in that time, but the just-in-time
 *     compiler's
 * @param compilerCpuMillis CPU time of the just-in-time compiler
 * @param gcMillis time in garbage collections
 * @param checkpoints completed checkpoints
 * @param longestSyncMillis the longest synchronous part of a checkpoint in one task
 * @param longestAsyncMillis the longest asynchronous part of a checkpoint in one task
 * @param residentBytes the peak of resident memory since the job began; 0 if unknown
 * @param managedBytes managed memory of the task manager
 * @param stateBytes of the largest checkpoint, all that it refers to
 * @param writtenBytes files of the backend and of checkpoints
 * @param cpuMillisByKind CPU time by what threads are for, in the order of the table
 * @param rows rows of the result
 * @param hash hash of the result, whatever the order of its rows, in hexadecimal
 */
public record JobResult(
        String job,
        String backend,
        long events,
        double wallMillis,
        double cpuMillis,
        double compilerCpuMillis,
        long gcMillis,
        int checkpoints,
        long longestSyncMillis,
        long longestAsyncMillis,
        long residentBytes,
        long managedBytes,
        long stateBytes,
        long writtenBytes,
        Map<String, Double> cpuMillisByKind,
        long rows,
        String hash) {

    public JobResult {
        // In its order.
        cpuMillisByKind = Collections.unmodifiableMap(new LinkedHashMap<>(cpuMillisByKind));
    }

    /** The quantity that counts. */
    static final String SPEED = Bars.EVENTS_PER_CPU_SECOND;

    /** The case of a job in the report: {@code job join, 32 MB}, or of the usual memory. */
    static String caseName(String job, int managedMegabytes) {
        return Bars.JOB
                + job
                + (managedMegabytes == JobSteps.MANAGED_MEGABYTES
                        ? ""
                        : ", " + managedMegabytes + " MB");
    }

    /** In the form of a case of the report. */
    Sample toSample() {
        List<Figure> figures = new ArrayList<>();
        figures.addAll(
                List.of(
                        new Figure(SPEED, eventsPerCpuSecond()),
                        new Figure("wall s", wallMillis / 1e3),
                        new Figure("longest sync ms", longestSyncMillis),
                        new Figure("longest async ms", longestAsyncMillis),
                        new Figure("GC ms", gcMillis),
                        new Figure("compiler CPU s", compilerCpuMillis / 1e3),
                        new Figure("checkpoints", checkpoints),
                        new Figure("peak RSS MB", residentBytes / 1e6),
                        new Figure("state ÷ memory", stateBytes / (double) managedBytes),
                        new Figure("written MB", writtenBytes / 1e6)));
        cpuMillisByKind.forEach(
                (kind, millis) -> figures.add(new Figure(kind + " %", 100 * millis / allMillis())));
        return Sample.ofAnswer(caseName(job, (int) (managedBytes >> 20)), figures, result());
    }

    /** The compiler's time too: the parts are parts of what a machine has to give. */
    private double allMillis() {
        return cpuMillis + compilerCpuMillis;
    }

    /** What counts: how far a second of one processor brings the job. */
    double eventsPerCpuSecond() {
        return events * 1e3 / cpuMillis;
    }

    /** Rows and hash, which must be the same on every backend. */
    String result() {
        return "rows=" + rows + ", hash=" + hash;
    }
}
