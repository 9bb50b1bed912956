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
package io.flinklsm.cluster.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a JVM has taken of its machine, as the system and {@code jcmd} tell it, after a collection
 * of its garbage. Linux only.
 *
 * @param residentAnonymousKb memory that is no file's
 * @param metaspaceKb of it, that of classes
 * @param heapKb what the live objects of the heap take
 * @param mappings of files into the address space, classes and libraries among them
 */
public record ProcessFigures(
        long residentAnonymousKb,
        long metaspaceKb,
        long heapKb,
        int threads,
        int descriptors,
        int mappings) {

    private static final Pattern METASPACE = Pattern.compile("Metaspace +used (\\d+)K");
    private static final Pattern HEAP = Pattern.compile("Total +\\d+ +(\\d+)");

    public static ProcessFigures of(long pid) throws IOException, InterruptedException {
        // Soft and weak references, and loaders that only these hold, go with the second one.
        jcmd(pid, "GC.run");
        jcmd(pid, "GC.run");
        jcmd(pid, "System.trim_native_heap");
        String heap = jcmd(pid, "GC.heap_info");
        Path proc = Path.of("/proc", String.valueOf(pid));
        String status = Files.readString(proc.resolve("status"));
        return new ProcessFigures(
                sum(Pattern.compile("RssAnon:\\s+(\\d+) kB"), status),
                sum(METASPACE, heap),
                sum(HEAP, jcmd(pid, "GC.class_histogram")) / 1024,
                (int) sum(Pattern.compile("Threads:\\s+(\\d+)"), status),
                count(proc.resolve("fd")),
                count(proc.resolve("map_files")));
    }

    /** The class histogram, which counts live objects only. */
    public static List<String> objects(long pid) throws IOException, InterruptedException {
        return jcmd(pid, "GC.class_histogram").lines().toList();
    }

    /** Names of the threads that run now. */
    public static List<String> threadNames(long pid) throws IOException, InterruptedException {
        List<String> names = new ArrayList<>();
        Matcher matcher = Pattern.compile("(?m)^\"([^\"]+)\" ").matcher(jcmd(pid, "Thread.print"));
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    static String jcmd(long pid, String... command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
        words.add(String.valueOf(pid));
        words.addAll(List.of(command));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException("[jcmd] has failed: command=" + words + ": " + output);
        }
        return output;
    }

    private static long sum(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        long sum = 0;
        int found = 0;
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
            found++;
        }
        if (found == 0) {
            throw new IllegalStateException("[" + pattern + "] is not in the text: " + text);
        }
        return sum;
    }

    private static int count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return (int) entries.count();
        }
    }
}
