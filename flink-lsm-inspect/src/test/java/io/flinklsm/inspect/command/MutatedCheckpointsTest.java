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
package io.flinklsm.inspect.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.flinklsm.inspect.FlinkLsm;
import io.flinklsm.inspect.testing.AvroStates;
import io.flinklsm.inspect.testing.Run;
import io.flinklsm.inspect.testing.SampleCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

/**
 * Checkpoints in which a file was changed, by every command: each run ends, with an exit code that
 * says what happened and a sentence. A few dozen for each command; {@code
 * -Dflinklsm.mutations=1000} makes it as many as are wanted, {@code -Dflinklsm.mutations.of=sql}
 * runs one command alone.
 */
final class MutatedCheckpointsTest {

    private static final int MUTATIONS = Integer.getInteger("flinklsm.mutations", 24);
    private static final long SEED = Long.getLong("flinklsm.mutations.seed", 15);
    private static final String ONLY = System.getProperty("flinklsm.mutations.of", "");

    /** For what a run of a few milliseconds may take on a machine that does much else. */
    private static final Duration HANGS = Duration.ofMinutes(3);

    /**
     * What to run, in turn; BEFORE and CKPT are two checkpoints, SAVE is a canonical savepoint,
     * ROOT the directory of all, OUT a new file. {@code orders} and {@code payments} are records of
     * Avro, specific and generic ones.
     */
    private static final Map<String, List<String>> COMMANDS =
            Map.ofEntries(
                    Map.entry("ls", List.of("ls ROOT")),
                    Map.entry("show", List.of("show CKPT", "show SAVE")),
                    Map.entry("files", List.of("files CKPT")),
                    Map.entry("verify", List.of("verify CKPT")),
                    Map.entry("top", List.of("top --exact CKPT", "top SAVE")),
                    Map.entry("health", List.of("health --min-bytes 1 CKPT")),
                    Map.entry("diff", List.of("diff --explain BEFORE CKPT")),
                    Map.entry(
                            "get",
                            List.of(
                                    "get --state visits --key k4 CKPT",
                                    "get --state orders --key k4 CKPT")),
                    Map.entry(
                            "scan",
                            List.of(
                                    "scan --state tags CKPT",
                                    "scan --state orders CKPT",
                                    "scan --state payments CKPT",
                                    "scan --state payments SAVE")),
                    Map.entry(
                            "sql",
                            List.of(
                                    "sql CKPT select_*_from_tags,lsm_states,lsm_health",
                                    "sql CKPT select_*_from_orders,payments",
                                    "sql SAVE select_*_from_orders,payments")),
                    Map.entry(
                            "export",
                            List.of(
                                    "export CKPT --state count --format json",
                                    "export CKPT --state orders --format json",
                                    "export SAVE --state payments --format csv")),
                    Map.entry("gc", List.of("gc ROOT")),
                    Map.entry("compact", List.of("compact CKPT --into OUT")),
                    Map.entry("watch", List.of("watch --count 1 ROOT")),
                    Map.entry("report", List.of("report CKPT -o OUT")));

    @TempDir static Path root;
    @TempDir static Path outputs;

    private static SampleCheckpoint sample;
    private static Path checkpoint;
    private static Path savepoint;
    private static List<Path> files;
    private static int outputCount;

    @BeforeAll
    static void takeTwoCheckpoints() throws Exception {
        sample = new SampleCheckpoint(root);
        for (int round = 0; round < 2; round++) {
            sample.write(10, round);
            for (int key = 0; key < 10; key++) {
                int number = key * 10 + round;
                sample.with("k" + key, backend -> AvroStates.write(backend, number));
            }
            sample.take(round + 1);
        }
        checkpoint = sample.last();
        savepoint = sample.takeCanonicalSavepoint(3);
        try (Stream<Path> all = Files.walk(sample.jobDirectory())) {
            files =
                    all.filter(Files::isRegularFile)
                            .sorted(Comparator.comparingLong(MutatedCheckpointsTest::size))
                            .toList();
        }
        assertThat(files).hasSizeGreaterThan(6);
    }

    @AfterAll
    static void close() throws Exception {
        sample.close();
    }

    private static long size(Path file) {
        return file.toFile().length();
    }

    static Stream<String> commands() {
        return COMMANDS.keySet().stream()
                .filter(command -> ONLY.isEmpty() || ONLY.equals(command))
                .sorted();
    }

    @Test
    void everyCommandThatReadsIsTried() {
        List<String> all =
                Arrays.stream(FlinkLsm.class.getAnnotation(Command.class).subcommands())
                        .map(type -> type.getAnnotation(Command.class).name())
                        .filter(name -> !List.of("completion", "man", "fit").contains(name))
                        .toList();

        assertThat(COMMANDS.keySet()).containsExactlyInAnyOrderElementsOf(all);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachRunEndsWithASentence(String command) throws IOException {
        Random random = new Random(SEED ^ command.hashCode());
        List<String> lines = COMMANDS.get(command);
        for (int number = 0; number < MUTATIONS; number++) {
            String line = lines.get(number % lines.size());
            Path victim = files.get(random.nextInt(files.size()));
            byte[] original = Files.readAllBytes(victim);
            byte[] changed = mutate(original, random);
            Files.write(victim, changed);
            try {
                Run run = assertTimeoutPreemptively(HANGS, () -> Run.of(arguments(line)));
                String what =
                        String.format(
                                "mutation %d of %s in %s: exit code %d, %s",
                                number, line, victim, run.exitCode(), run.err());
                assertThat(run.exitCode()).as(what).isIn(0, 1, 3, 4);
                assertThat(run.err())
                        .as(what)
                        .doesNotContain("this is a bug", "more memory than there is", "\tat ");
                boolean isChecked =
                        command.equals("verify")
                                && victim.startsWith(checkpoint)
                                && !victim.endsWith("_metadata")
                                && !Arrays.equals(original, changed);
                if (isChecked) {
                    assertThat(run.exitCode()).as(what).isIn(1, 3, 4);
                }
            } finally {
                Files.write(victim, original);
            }
        }
    }

    private static String[] arguments(String line) {
        List<String> arguments = new ArrayList<>();
        for (String word : line.split(" ")) {
            arguments.add(
                    switch (word) {
                        case "ROOT" -> sample.jobDirectory().toString();
                        case "BEFORE" -> sample.jobDirectory().resolve("chk-1").toString();
                        case "CKPT" -> checkpoint.toString();
                        case "SAVE" -> savepoint.toString();
                        case "OUT" -> outputs.resolve("out-" + outputCount++).toString();
                        default -> word.replace('_', ' ').replace("lsm ", "lsm_");
                    });
        }
        return arguments.toArray(String[]::new);
    }

    /** One change, of a kind that files suffer or an attacker would try. */
    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        int length = bytes.length;
        if (length < Long.BYTES) {
            return new byte[] {1, 2, 3};
        }
        int at = random.nextInt(length - Long.BYTES + 1);
        switch (random.nextInt(8)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> Arrays.fill(bytes, at, Math.min(length, at + random.nextInt(512)), (byte) 0);
            case 4 -> ByteBuffer.wrap(bytes).putInt(at, Integer.MAX_VALUE);
            case 5 -> ByteBuffer.wrap(bytes).putLong(at, random.nextBoolean() ? -1 : 1L << 62);
            case 6 -> bytes = Arrays.copyOf(bytes, length + 1 + random.nextInt(512));
            default -> {
                // A part of the file that stands where another one belongs.
                int from = random.nextInt(length);
                int count = Math.min(random.nextInt(512), length - Math.max(at, from));
                System.arraycopy(original, from, bytes, at, Math.max(0, count));
            }
        }
        return bytes;
    }
}
