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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the system counts about this process; everything is 0 on a system without {@code /proc}.
 * Native code counts like Java code here, so that all backends are measured alike.
 */
public final class ProcessCounters {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path IO = Path.of("/proc/self/io");
    private static final Path THREADS = Path.of("/proc/self/task");

    /** Of Linux, whatever the kernel's own tick is. */
    private static final long NANOS_PER_TICK = 10_000_000L;

    private ProcessCounters() {}

    /**
     * Bytes since the process began.
     *
     * @param writtenBytes handed to {@code write} calls: files, pipes and sockets
     * @param deviceBytes sent to a device or owed to it: a file that is deleted soon may cost none
     */
    public record Io(long writtenBytes, long deviceBytes) {
        public Io plus(Io other) {
            return new Io(writtenBytes + other.writtenBytes, deviceBytes + other.deviceBytes);
        }

        public Io minus(Io earlier) {
            return new Io(writtenBytes - earlier.writtenBytes, deviceBytes - earlier.deviceBytes);
        }
    }

    /**
     * Resident memory at one moment, in bytes.
     *
     * @param anonymous heap, stacks, and what native code allocates
     * @param file mapped files: the system may drop these pages whenever it likes
     * @param shared mapped shared memory
     */
    public record Resident(long anonymous, long file, long shared) {
        public long total() {
            return anonymous + file + shared;
        }
    }

    public static Io io() {
        String text = read(IO);
        return new Io(number(text, "wchar"), number(text, "write_bytes"));
    }

    /** The most memory this process ever had resident, in bytes. */
    public static long peakResidentBytes() {
        return number(read(STATUS), "VmHWM") * 1024;
    }

    public static Resident resident() {
        String text = read(STATUS);
        return new Resident(
                number(text, "RssAnon") * 1024,
                number(text, "RssFile") * 1024,
                number(text, "RssShmem") * 1024);
    }

    /**
     * CPU time of the just-in-time compiler's threads; no management bean tells of them. It may go
     * back: a thread that ends takes its count with it.
     */
    public static long compilerCpuNanos() {
        return nativeThreads().stream()
                .filter(thread -> thread.name().matches("C[12] Compiler.*"))
                .mapToLong(NativeThread::cpuNanos)
                .sum();
    }

    /**
     * A thread as the system knows it.
     *
     * @param id the system's own
     * @param name the first 15 letters of it
     * @param cpuNanos user and system time, in steps of ten milliseconds
     */
    public record NativeThread(long id, String name, long cpuNanos) {}

    /** All threads of this process, those of Java among them. */
    public static List<NativeThread> nativeThreads() {
        if (!Files.isDirectory(THREADS)) {
            return List.of();
        }
        List<NativeThread> all = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(THREADS)) {
            for (Path thread : directories) {
                @Nullable NativeThread read = readThread(thread);
                if (read != null) {
                    all.add(read);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("[process] the threads could not be listed", e);
        }
        return all;
    }

    /** Null for a thread that ends before or while it is read. */
    private static @Nullable NativeThread readThread(Path thread) {
        String line;
        try {
            line = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Ended before the file was opened: no such file. Ended before it was read: ESRCH.
            return null;
        }
        int endOfName = line.lastIndexOf(')');
        String name = line.substring(line.indexOf('(') + 1, endOfName);
        // Behind the name: state is field 3, user time 14, system time 15 (proc(5)).
        String[] fields = line.substring(endOfName + 2).split(" ", -1);
        return new NativeThread(
                Long.parseLong(thread.getFileName().toString()),
                name,
                (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_PER_TICK);
    }

    private static String read(Path file) {
        if (!Files.isReadable(file)) {
            return "";
        }
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static long number(String text, String name) {
        Matcher line = Pattern.compile("(?m)^" + name + ":\\s+(\\d+)").matcher(text);
        return line.find() ? Long.parseLong(line.group(1)) : 0;
    }
}
