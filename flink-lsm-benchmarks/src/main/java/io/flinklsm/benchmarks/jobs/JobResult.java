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
 * @param checkpoints those that were completed
 * @param writtenBytes files of the backend and of checkpoints
 */
public record JobResult(
        String job,
        String backend,
        long events,
        Times times,
        Checkpoints checkpoints,
        Memory memory,
        long writtenBytes,
        Answer answer) {

    /**
     * How long it took.
     *
     * @param wallMillis time from the first measured event until the job had ended
     * @param cpuMillis CPU time of all threads of the process in that time, but the just-in-time
     *     compiler's
     * @param compilerCpuMillis CPU time of the just-in-time compiler
     * @param gcMillis time in garbage collections
     * @param cpuMillisByKind CPU time by what threads are for, in the order of the table
     */
    public record Times(
            double wallMillis,
            double cpuMillis,
            double compilerCpuMillis,
            long gcMillis,
            Map<String, Double> cpuMillisByKind) {

        public Times {
            // In its order.
            cpuMillisByKind = Collections.unmodifiableMap(new LinkedHashMap<>(cpuMillisByKind));
        }

        /** The compiler's time too: the parts are parts of what a machine has to give. */
        private double allMillis() {
            return cpuMillis + compilerCpuMillis;
        }
    }

    /**
     * Completed checkpoints.
     *
     * @param longestSyncMillis the longest synchronous part of a checkpoint in one task
     * @param longestAsyncMillis the longest asynchronous part of a checkpoint in one task
     * @param stateBytes of the largest checkpoint, all that it refers to
     */
    public record Checkpoints(
            int count, long longestSyncMillis, long longestAsyncMillis, long stateBytes) {}

    /**
     * Memory of the process.
     *
     * @param residentBytes the peak of resident memory since the job began; 0 if unknown
     * @param managedBytes managed memory of the task manager
     */
    public record Memory(long residentBytes, long managedBytes) {}

    /**
     * What the job came to, which must be the same on every backend.
     *
     * @param rows rows of the result
     * @param hash hash of the result, whatever the order of its rows, in hexadecimal
     */
    public record Answer(long rows, String hash) {

        String text() {
            return "rows=" + rows + ", hash=" + hash;
        }
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
                        new Figure("wall s", times.wallMillis() / 1e3),
                        new Figure("longest sync ms", checkpoints.longestSyncMillis()),
                        new Figure("longest async ms", checkpoints.longestAsyncMillis()),
                        new Figure("GC ms", times.gcMillis()),
                        new Figure("compiler CPU s", times.compilerCpuMillis() / 1e3),
                        new Figure("checkpoints", checkpoints.count()),
                        new Figure("peak RSS MB", memory.residentBytes() / 1e6),
                        new Figure(
                                "state ÷ memory",
                                checkpoints.stateBytes() / (double) memory.managedBytes()),
                        new Figure("written MB", writtenBytes / 1e6)));
        times.cpuMillisByKind()
                .forEach(
                        (kind, millis) ->
                                figures.add(
                                        new Figure(kind + " %", 100 * millis / times.allMillis())));
        return Sample.ofAnswer(
                caseName(job, (int) (memory.managedBytes() >> 20)), figures, answer.text());
    }

    /** What counts: how far a second of one processor brings the job. */
    double eventsPerCpuSecond() {
        return events * 1e3 / times.cpuMillis();
    }
}
