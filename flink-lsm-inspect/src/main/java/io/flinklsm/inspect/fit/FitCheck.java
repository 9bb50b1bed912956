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
package io.flinklsm.inspect.fit;

import io.flinklsm.core.storage.StorageInput;
import io.flinklsm.inspect.savepoint.SavepointRows;
import io.flinklsm.inspect.savepoint.SerializerFrame;
import io.flinklsm.inspect.source.Checkpoint;
import io.flinklsm.inspect.source.InspectException;
import io.flinklsm.inspect.source.Operator;
import io.flinklsm.inspect.source.SubtaskStore;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Asks a process of its own what the classes of a jar make of the serializers of a checkpoint. This
 * process only cuts the snapshots out of the checkpoint, as bytes.
 *
 * <p>The other process gets no environment, resolves no names of hosts, sends connections of
 * sockets nowhere, has a directory of its own and a limit of time. That keeps accidents away; it is
 * no prison for code that means harm.
 */
public final class FitCheck {

    private static final String CHILD = "io.flinklsm.inspect.fit.child.FitChild";
    private static final long MAX_META_BYTES = 16L << 20;

    /**
     * The verdict on a serializer.
     *
     * @param state empty for the serializer of all keys
     * @param role as Flink calls it, such as {@code VALUE_SERIALIZER}
     */
    public record Finding(
            Operator operator, String state, String role, Verdict verdict, String reason) {}

    private record Question(Operator operator, SerializerFrame frame, byte[] snapshot) {}

    private FitCheck() {}

    /**
     * Asks for all keyed state of the checkpoint; what subtasks have in common is asked once.
     *
     * @param limit how long the classes of the jar may take
     * @throws InspectException if the checkpoint has no serializers, they cannot be told apart, or
     *     the process does not answer
     */
    public static List<Finding> of(Checkpoint checkpoint, Path jar, Duration limit)
            throws IOException, InterruptedException {
        List<Question> questions = questions(checkpoint);
        Path directory = Files.createTempDirectory("flink-lsm-fit");
        try {
            return ask(questions, jar, limit, directory);
        } finally {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static List<Question> questions(Checkpoint checkpoint) throws IOException {
        Map<List<Object>, Question> questions = new LinkedHashMap<>();
        for (Operator operator : checkpoint.operators()) {
            for (SubtaskStore store : operator.stores()) {
                if (store.description().metaFile() == null && store.rows() == null) {
                    throw InspectException.unreadable(
                            "["
                                    + checkpoint.location()
                                    + "] the directory of a store has no serializers; give a"
                                    + " checkpoint or a savepoint.");
                }
                byte[] meta = meta(store);
                for (SerializerFrame frame : frames(store, meta)) {
                    byte[] snapshot = frame.bytes(meta);
                    questions.putIfAbsent(
                            List.of(
                                    operator.uidHash(),
                                    frame.state(),
                                    frame.role(),
                                    ByteBuffer.wrap(snapshot)),
                            new Question(operator, frame, snapshot));
                }
            }
        }
        return List.copyOf(questions.values());
    }

    private static List<SerializerFrame> frames(SubtaskStore store, byte[] meta)
            throws IOException {
        try {
            return SerializerFrame.of(meta);
        } catch (IOException e) {
            throw InspectException.unreadable(
                    "["
                            + store.storage().describe(store.rows() == null ? "meta" : "rows")
                            + "] its serializers cannot be told apart: "
                            + e.getMessage()
                            + "; restore the checkpoint into a test job to know.",
                    e);
        }
    }

    private static byte[] meta(SubtaskStore store) throws IOException {
        if (!(store.rows() instanceof SavepointRows rows)) {
            return store.metaBody();
        }
        long end = rows.sizeBytes();
        for (SavepointRows.KeyGroup group : rows.keyGroups()) {
            end = Math.min(end, group.offset());
        }
        try (StorageInput file = rows.storage().open(rows.fileName())) {
            byte[] bytes = new byte[(int) Math.min(end, MAX_META_BYTES)];
            file.readFully(0, bytes, 0, bytes.length);
            return bytes;
        }
    }

    private static List<Finding> ask(
            List<Question> questions, Path jar, Duration limit, Path directory)
            throws IOException, InterruptedException {
        Path asked = directory.resolve("snapshots");
        try (var out = new DataOutputStream(Files.newOutputStream(asked))) {
            out.writeInt(questions.size());
            for (Question question : questions) {
                out.writeInt(question.snapshot().length);
                out.write(question.snapshot());
            }
        }
        Path answers = directory.resolve("answers");
        Path log = directory.resolve("log");
        Path hosts = Files.createFile(directory.resolve("hosts"));
        ProcessBuilder builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-Djava.io.tmpdir=" + directory,
                                "-Djdk.net.hosts.file=" + hosts,
                                "-DsocksProxyHost=0.0.0.0",
                                "-DsocksProxyPort=1",
                                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                                "--add-opens=java.base/java.util=ALL-UNNAMED",
                                "-cp",
                                classPath(),
                                CHILD,
                                asked.toString(),
                                answers.toString(),
                                jar.toAbsolutePath().toString())
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        // No secret of the user's environment is for the classes of a jar.
        builder.environment().clear();
        Process process = builder.start();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw InspectException.unreadable(
                        "["
                                + jar
                                + "] its classes do not come to an end: limitSeconds="
                                + limit.toSeconds()
                                + "; a static initializer may wait for something. --timeout gives"
                                + " more time.");
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        return read(questions, answers, jar, process.exitValue(), log);
    }

    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .reduce((left, right) -> left + File.pathSeparator + right)
                .orElse("");
    }

    private static List<Finding> read(
            List<Question> questions, Path answers, Path jar, int exitCode, Path log)
            throws IOException {
        List<Finding> findings = new ArrayList<>();
        try (var in = new DataInputStream(Files.newInputStream(answers))) {
            for (Question question : questions) {
                findings.add(
                        new Finding(
                                question.operator(),
                                question.frame().state(),
                                question.frame().role(),
                                Verdict.valueOf(in.readUTF()),
                                in.readUTF()));
            }
            return findings;
        } catch (EOFException | NoSuchFileException | IllegalArgumentException e) {
            String said = Files.readString(log).strip();
            throw InspectException.unreadable(
                    "["
                            + jar
                            + "] the process that loads its classes ended early: exitCode="
                            + exitCode
                            + ", answers="
                            + findings.size()
                            + " of "
                            + questions.size()
                            + ", it said: "
                            + said.substring(0, Math.min(300, said.length()))
                            + "; a static initializer may end the process.",
                    e);
        }
    }
}
