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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/testing.md names the suites of Flink that run on this backend: those, and no others. */
final class SuitesPageTest {

    private static final Path PAGE = Path.of("../docs/testing.md");
    private static final Path SUITES = Path.of("src/test/java/io/flinklsm/statebackend/suites");
    private static final Path JOBS = Path.of("../flink-lsm-flink-tests/pom.xml");

    @Test
    void pageNamesTheSuitesThatRun() throws IOException {
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.list(SUITES)) {
            for (Path file : files.toList()) {
                sources.append(Files.readString(file));
            }
        }

        List<String> extended = found("extends (\\w+TestBase)\\b", sources.toString());
        assertThat(extended).isNotEmpty();
        assertThat(found("`(\\w+TestBase)`", Files.readString(PAGE)))
                .containsExactlyElementsOf(extended);
    }

    @Test
    void pageNamesTheIntegrationTestsThatRun() throws IOException {
        List<String> run = found("/(\\w+ITCase)\\b", Files.readString(JOBS));

        assertThat(run).isNotEmpty();
        assertThat(found("`(\\w+ITCase)`", Files.readString(PAGE))).containsExactlyElementsOf(run);
    }

    /** The first group of every match, each once, sorted. */
    private static List<String> found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .distinct()
                .sorted()
                .toList();
    }
}
