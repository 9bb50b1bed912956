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

import io.flinklsm.benchmarks.run.BenchmarkRun;
import io.flinklsm.benchmarks.run.RunOptions;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The program behind {@code bin/bench jobs}: whole jobs alone, chosen one by one and as long as one
 * likes. It fails if a job's result is not the same everywhere.
 */
@Command(
        name = "bench jobs",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs whole Flink jobs on state backends in turn, each in a fresh JVM, and writes a"
                        + " report; fails if results differ.")
public final class JobsBenchmark implements Callable<Integer> {

    @Mixin private RunOptions options = new RunOptions();

    @Option(
            names = "--jobs",
            split = ",",
            converter = JobConverter.class,
            description = "Which jobs; see --list (default: all, with --quick some).")
    private List<JobCase> jobs = List.of();

    @Option(
            names = "--events",
            description = "Length of the stream, instead of the scale's; a fifth is not measured.")
    private long events;

    @Option(
            names = "--parallelism",
            defaultValue = "1",
            description = "Of every operator (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    @Spec private @Nullable CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new JobsBenchmark()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("[bench] call it through picocli");
        }
        if (options.isList()) {
            JobCase.all()
                    .forEach(
                            job ->
                                    spec.commandLine()
                                            .getOut()
                                            .printf("%-10s %s%n", job.label(), job.description()));
            return 0;
        }
        JobScale named = JobScale.ofName(options.scaleName());
        JobScale scale = events > 0 ? named.withEvents(events) : named;
        return BenchmarkRun.execute(
                options,
                spec,
                JobSteps.of(scale, jobs.isEmpty() ? scale.jobs() : jobs, parallelism, options),
                false);
    }

    /** Reads a job's name. */
    static final class JobConverter implements CommandLine.ITypeConverter<JobCase> {
        @Override
        public JobCase convert(String value) {
            return JobCase.ofLabel(value);
        }
    }
}
