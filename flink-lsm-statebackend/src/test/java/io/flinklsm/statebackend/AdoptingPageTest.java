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
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.junit.jupiter.api.Test;

/** {@code docs/adopting.md} names what there is, and its sum is right. */
final class AdoptingPageTest {

    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/adopting.md");

    @Test
    void everyTestThatKeepsAClaimIsThere() throws IOException {
        Set<String> classes;
        try (Stream<Path> files = Files.walk(ROOT)) {
            classes =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .map(name -> name.substring(0, name.length() - ".java".length()))
                            .collect(Collectors.toSet());
        }
        Set<String> named = all("`([A-Z][A-Za-z0-9]+(?:Test|IT))`");

        assertThat(named).hasSizeGreaterThan(10);
        assertThat(classes).containsAll(named);
    }

    @Test
    void everyOptionIsOneOfOurs() throws IOException {
        List<String> ours = LsmBackendOptions.all().stream().map(option -> option.key()).toList();
        Set<String> named = all("(state\\.backend\\.lsm\\.[a-z0-9.-]*[a-z0-9])");

        assertThat(ours).containsAll(named);
        for (String part :
                List.of(
                        "placement",
                        "local-cache.size",
                        "background-threads",
                        "memory-mapped-files",
                        "memory.fixed-per-tm",
                        "timers.cache-size")) {
            assertThat(Files.readString(PAGE)).contains(part);
            assertThat(ours).contains("state.backend.lsm." + part);
        }
    }

    @Test
    void alarmsAreTheRulesThatShip() throws IOException {
        Matcher rows = Pattern.compile("(?m)^\\| `(Lsm[a-zA-Z]+)`").matcher(section("## Alarms"));
        List<String> named = rows.results().map(row -> row.group(1)).toList();
        Matcher rules =
                Pattern.compile("(?m)^ +- alert: (\\w+)$")
                        .matcher(Files.readString(ROOT.resolve("docs/ops/alerts.yml")));

        assertThat(named).hasSizeGreaterThan(5);
        assertThat(named)
                .containsExactlyElementsOf(rules.results().map(rule -> rule.group(1)).toList());
    }

    /** By the calculation that Flink's own scripts start a TaskManager with. */
    @Test
    void processOfTheExampleHasTheHeapThatThePageTells() throws IOException {
        Configuration configuration = new Configuration();
        Matcher options =
                Pattern.compile("`(taskmanager\\.memory\\.[a-z.]+): ([0-9]+m)`")
                        .matcher(section("### 100 GB over 8 slots"));
        while (options.find()) {
            configuration.setString(options.group(1), options.group(2));
        }

        TaskExecutorProcessSpec process =
                TaskExecutorProcessUtils.processSpecFromConfig(configuration);

        assertThat(configuration.keySet()).hasSize(2);
        assertThat(process.getJvmHeapMemorySize().getMebiBytes()).isBetween(1024, 1280);
    }

    /** The worked example, from its premises. */
    @Test
    void sumOfTheExampleIsRight() throws IOException {
        double stateBytes = 100e9;
        double entries = 500e6;
        int slots = 8;
        int slotsOfTaskManager = 2;
        double writtenPerSecond = 2e6;
        double intervalSeconds = 60;
        int compactionsOfSlot = LsmBackendOptions.BACKGROUND_THREADS.defaultValue();
        double slotState = stateBytes / slots;
        double filters = entries / slots * LsmBackendOptions.BLOOM_BITS_PER_KEY.defaultValue() / 8;
        double memory = filters + 64e6 + (slotState + entries / slots * 25) / 10;
        double disk = 1.1 * slotState + 2e9 * compactionsOfSlot;

        assertThat(example())
                .containsExactly(
                        figure("%.1f GB", slotState / 1e9),
                        figure("%,.0f MB", filters / 1e6),
                        figure("%,.0f MB", memory / 1e6),
                        figure("%,.0f MB", slotsOfTaskManager * memory / 1e6),
                        figure("%.1f GB", slotsOfTaskManager * disk / 1e9),
                        figure("%,.0f MB", slots * writtenPerSecond * intervalSeconds / 1e6),
                        figure("%.1f GB", slotsOfTaskManager * slotState / 1e9));
    }

    private static List<String> example() throws IOException {
        return section("### 100 GB over 8 slots")
                .lines()
                .filter(line -> line.startsWith("| "))
                .skip(1)
                .map(line -> line.split(" \\| ")[1].replace(" |", ""))
                .toList();
    }

    private static String figure(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static String section(String heading) throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(heading + "\n");
        assertThat(from).as(heading).isNotNegative();
        int to = page.indexOf("\n#", from + 1);
        return page.substring(from, to < 0 ? page.length() : to);
    }

    private static Set<String> all(String pattern) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(PAGE));
        Set<String> found = new TreeSet<>();
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }
}
