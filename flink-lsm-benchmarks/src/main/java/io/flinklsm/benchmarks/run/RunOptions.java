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
package io.flinklsm.benchmarks.run;

import io.flinklsm.benchmarks.results.JvmRun;
import io.flinklsm.benchmarks.results.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that all programs of the benchmarks have. */
public final class RunOptions {

    @ArgGroup private ScaleOptions scale = new ScaleOptions();

    @Option(
            names = "--backends",
            split = ",",
            converter = PeerConverter.class,
            description =
                    "Of hashmap, rocksdb, rocksdb-tuned, forst, lsm; measured in this order"
                            + " (default: see --list).")
    private List<Peer> peers = List.of();

    @Option(
            names = "--rounds",
            description = "JVMs for each group and backend (default: see --list).")
    private int rounds;

    @Option(
            names = "--managed-mb",
            description = "Managed memory of each backend in MB (default: see --list).")
    private int managedMegabytes;

    @Option(names = "--heap-mb", description = "Heap of each JVM in MB (default: see --list).")
    private int heapMegabytes;

    @ArgGroup private Place place = new Place();

    @Option(
            names = "--replace",
            description = "With --into: forget what it has of the same groups and backends.")
    private boolean replace;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description =
                    "Write benchmarks.md and its plots here (default: docs for a full run of"
                            + " everything, else the directory of the results).")
    private @Nullable Path report;

    @Option(
            names = "--jfr",
            paramLabel = "DIR",
            description = "Leave a flight recording of every JVM in this directory.")
    private @Nullable Path recordings;

    @Option(names = "--list", description = "Show what would be measured, and end.")
    private boolean list;

    /** How long the cases are: one of these, or the full length. */
    static final class ScaleOptions {

        @Option(
                names = "--quick",
                description = "Short cases and small states: some minutes in all.")
        private boolean quick;

        @Option(names = "--tiny", description = "Only shows that every case runs: seconds.")
        private boolean tiny;

        @Option(names = "--scale", description = "full (default), quick or tiny, by name.")
        private @Nullable String name;
    }

    /** Where the results go. */
    static final class Place {

        @Option(
                names = "--into",
                paramLabel = "DIR",
                description =
                        "Keep the results in this directory, beside those that an earlier run left"
                                + " there (default: a new one below target/bench-runs).")
        private @Nullable Path into;

        @Option(
                names = "--resume",
                paramLabel = "DIR",
                description =
                        "Go on with a run that was stopped or had failures, with the same options:"
                                + " start only the JVMs that left no result in this directory.")
        private @Nullable Path resumed;
    }

    /** {@code full}, {@code quick}, {@code tiny}, or what else was typed. */
    public String scaleName() {
        if (scale.name != null) {
            return scale.name;
        }
        return scale.tiny ? "tiny" : scale.quick ? "quick" : "full";
    }

    /** The chosen backends; empty if none was named. */
    public List<Peer> peers() {
        return peers;
    }

    /** Whether backends and their memory are those of the plan. */
    public boolean isAsPlanned() {
        return peers.isEmpty() && managedMegabytes == 0 && heapMegabytes == 0;
    }

    /** The chosen rounds, or {@code otherwise}. */
    public int rounds(int otherwise) {
        return rounds > 0 ? rounds : otherwise;
    }

    /** The chosen managed memory, or {@code otherwise}. */
    public int managedMegabytes(int otherwise) {
        return managedMegabytes > 0 ? managedMegabytes : otherwise;
    }

    /** The chosen heap, or {@code otherwise}. */
    public int heapMegabytes(int otherwise) {
        return heapMegabytes > 0 ? heapMegabytes : otherwise;
    }

    /** Whether only a list was asked for. */
    public boolean isList() {
        return list;
    }

    /** Whether the results join those of another run. */
    boolean isAddition() {
        return place.into != null;
    }

    /** What the run has measured that is to be resumed; nothing if none is. */
    public List<JvmRun> resumedRuns() throws IOException {
        return place.resumed != null && Files.isDirectory(place.resumed)
                ? RunDirectory.open(place.resumed).jvmRuns()
                : List.of();
    }

    boolean isResumption() {
        return place.resumed != null;
    }

    boolean isReplacement() {
        return replace;
    }

    @Nullable Path report() {
        return report;
    }

    @Nullable Path recordings() {
        return recordings;
    }

    RunDirectory openResults() throws IOException {
        if (place.resumed != null && !Files.isDirectory(place.resumed)) {
            throw new IOException(
                    "[" + place.resumed + "] nothing to go on with: no such directory; use --into");
        }
        Path chosen = place.into != null ? place.into : place.resumed;
        return RunDirectory.open(chosen != null ? chosen : newDirectory());
    }

    private static Path newDirectory() throws IOException {
        Path parent = Files.createDirectories(Path.of("target", "bench-runs"));
        String now =
                LocalDateTime.now(ZoneOffset.UTC)
                        .format(DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT));
        return parent.resolve(now);
    }

    /** Reads a backend's name. */
    static final class PeerConverter implements CommandLine.ITypeConverter<Peer> {
        @Override
        public Peer convert(String value) {
            return Peer.ofLabel(value);
        }
    }
}
