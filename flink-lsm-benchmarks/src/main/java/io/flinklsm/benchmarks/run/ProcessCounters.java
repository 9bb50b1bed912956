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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the system counts about this process; everything is 0 on a system without {@code /proc}.
 * Native code counts like Java code here, so that all backends are measured alike.
 */
public final class ProcessCounters {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path IO = Path.of("/proc/self/io");

    private ProcessCounters() {}

    /**
     * Bytes since the process began.
     *
     * @param writtenBytes handed to {@code write} calls: files, pipes and sockets
     * @param deviceBytes sent to a device or owed to it: a file that is deleted soon may cost none
     */
    public record Io(long writtenBytes, long deviceBytes) {}

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
