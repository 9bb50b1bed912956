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
package io.flinklsm.statebackend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/operations.md: every message of a failure ends with what to do. Reads the sources: what an
 * exception of a kind that a user can meet is made with has a semicolon and words behind it.
 */
final class MessagesTest {

    private static final List<Path> SOURCES =
            List.of(Path.of("../flink-lsm-core/src/main/java"), Path.of("src/main/java"));

    /** Other kinds are our own bugs, or end inside the engine. */
    private static final Pattern THROWN =
            Pattern.compile(
                    "new (?:\\w*IOException|EOFException|NoSuchFileException"
                            + "|FileAlreadyExistsException|CorruptionException"
                            + "|UnknownFormatException|StoreFailedException"
                            + "|StateMigrationException|FlinkRuntimeException"
                            + "|UnsupportedOperationException|IllegalConfigurationException)\\(");

    /** They only hand on what another one says. */
    private static final Pattern WITHOUT_WORDS = Pattern.compile("[^\"]*");

    /** What is thrown in it, it catches and completes itself. */
    private static final List<String> COMPLETE_THEIR_OWN =
            List.of("ManifestCodec.java", "Corruption.java");

    /** The rest of the message is that method's, which ends with what to do. */
    private static final Pattern BY_A_METHOD = Pattern.compile("\\s*message\\(.*", Pattern.DOTALL);

    @Test
    void everyMessageOfAFailureSaysWhatToDo() {
        List<String> found = new ArrayList<>();
        int[] read = {0};
        for (Path source : sources()) {
            String text = read(source);
            Matcher thrown = THROWN.matcher(text);
            while (thrown.find()) {
                // Strings that stand on several lines are one.
                String arguments = arguments(text, thrown.end()).replaceAll("\"\\s*\\+\\s*\"", "");
                if (WITHOUT_WORDS.matcher(arguments).matches()
                        || BY_A_METHOD.matcher(arguments).matches()
                        || COMPLETE_THEIR_OWN.contains(source.getFileName().toString())) {
                    continue;
                }
                read[0]++;
                if (!arguments.contains("; ")) {
                    found.add(source.getFileName() + ": " + arguments.replaceAll("\\s+", " "));
                }
            }
        }

        assertThat(read[0]).isGreaterThan(40);
        assertThat(found).isEmpty();
    }

    /** Up to the parenthesis that closes the one before {@code from}. */
    private static String arguments(String text, int from) {
        int depth = 1;
        boolean inWords = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' && text.charAt(i - 1) != '\\') {
                inWords = !inWords;
            } else if (!inWords && c == '(') {
                depth++;
            } else if (!inWords && c == ')' && --depth == 0) {
                return text.substring(from, i);
            }
        }
        throw new AssertionError("no end: " + text.substring(from, from + 50));
    }

    private static List<Path> sources() {
        List<Path> sources = new ArrayList<>();
        for (Path root : SOURCES) {
            try (Stream<Path> files = Files.walk(root)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
