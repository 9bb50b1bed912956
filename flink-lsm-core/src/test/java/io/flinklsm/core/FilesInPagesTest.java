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
package io.flinklsm.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages that name source files name only such as exist. */
final class FilesInPagesTest {

    private static final int FILES_MAX = 6;

    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /** A class with the package that it stands in, as {@code write.StallRule}, or a class alone. */
    private static final Pattern CLASS = Pattern.compile("(?:[a-z0-9]+\\.)*[A-Z][A-Za-z0-9]+");

    /** What the page names of Java, of Flink, and of files without an ending. */
    private static final Set<String> NOT_OURS =
            Set.of(
                    "ConfigOption",
                    "Exception",
                    "IOException",
                    "IllegalArgumentException",
                    "IllegalStateException",
                    "NOTICE",
                    "Throwable",
                    "sun.misc.Unsafe");

    @Test
    void theFilesOfEachPathExistAndAreFew() throws IOException {
        Map<String, List<String>> lists = readingLists();

        assertThat(lists)
                .containsOnlyKeys(
                        "a put, until it waits",
                        "a get",
                        "a flush",
                        "a compaction",
                        "a checkpoint",
                        "a restore");
        List<String> sources = sources();
        lists.forEach(
                (path, files) -> {
                    assertThat(files).as(path).hasSizeBetween(1, FILES_MAX);
                    assertThat(files.stream().filter(file -> !isAmong(sources, file)))
                            .as("files for %s that do not exist", path)
                            .isEmpty();
                });
    }

    private static boolean isAmong(List<String> sources, String file) {
        return sources.stream().anyMatch(each -> each.endsWith("/" + file));
    }

    /** The table in docs/architecture.md: what a reader wants to follow, and the files for it. */
    private static Map<String, List<String>> readingLists() throws IOException {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        boolean inTable = false;
        for (String line : lines("../docs/architecture.md")) {
            if (line.startsWith("| To follow |")) {
                inTable = true;
            } else if (inTable && line.startsWith("| ")) {
                String[] cells = line.split("\\|");
                lists.put(cells[1].strip(), codes(cells[2]));
            } else if (!line.startsWith("|")) {
                inTable = false;
            }
        }
        return lists;
    }

    @Test
    void contributingNamesOnlyClassesThatExist() throws IOException {
        var classes = new TreeSet<String>();
        for (String source : sources()) {
            String path = source.replaceAll(".*/java/", "").replace(".java", "");
            for (String name = path.replace('/', '.'); ; ) {
                classes.add(name);
                int dot = name.indexOf('.');
                if (dot < 0) {
                    break;
                }
                name = name.substring(dot + 1);
            }
        }
        var named = new TreeSet<String>();
        for (String line : lines("../CONTRIBUTING.md")) {
            for (String code : codes(line)) {
                if (CLASS.matcher(code).matches() && !NOT_OURS.contains(code)) {
                    named.add(code);
                }
            }
        }

        assertThat(named).hasSizeGreaterThan(10);
        named.removeAll(classes);
        assertThat(named).as("classes that CONTRIBUTING.md names and that do not exist").isEmpty();
    }

    private static List<String> codes(String text) {
        List<String> codes = new ArrayList<>();
        for (Matcher code = CODE.matcher(text); code.find(); ) {
            codes.add(code.group(1));
        }
        return codes;
    }

    /** All classes of all modules, with slashes. */
    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path module : modules.filter(each -> isModule(each)).toList()) {
                for (String kind : List.of("main", "test")) {
                    Path root = module.resolve("src/" + kind + "/java");
                    if (Files.isDirectory(root)) {
                        try (Stream<Path> files = Files.walk(root)) {
                            files.filter(file -> file.toString().endsWith(".java"))
                                    .forEach(
                                            file ->
                                                    sources.add(
                                                            file.toString().replace('\\', '/')));
                        }
                    }
                }
            }
        }
        return sources;
    }

    private static boolean isModule(Path directory) {
        return directory.getFileName().toString().startsWith("flink-lsm-");
    }

    private static List<String> lines(String page) throws IOException {
        return Files.readAllLines(Path.of(page), StandardCharsets.UTF_8);
    }
}
