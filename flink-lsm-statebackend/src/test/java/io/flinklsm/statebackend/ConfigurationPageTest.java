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
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} says what {@link LsmBackendOptions} says. */
final class ConfigurationPageTest {

    private static final Path PAGE = Path.of("../docs/configuration.md");
    private static final String EQUIVALENTS_HEADER = "| `state.backend.rocksdb.` … | Use here |";
    private static final String HEADER = "| Key | Default | Allowed | Description |";

    @Test
    void thePageListsEveryOptionAsTheCodeHasIt() throws IOException {
        List<String> rows = rows(HEADER);

        assertThat(rows)
                .as("docs/configuration.md must hold exactly these rows:%n%s", table())
                .isEqualTo(LsmBackendOptions.all().stream().map(this::row).toList());
    }

    /** More than ten are too many to choose among. */
    @Test
    void thoseThatMatterFirstAreTenAtMost() throws IOException {
        List<String> first =
                Files.readAllLines(PAGE).stream()
                        .dropWhile(line -> !line.equals("### Those that matter first"))
                        .dropWhile(line -> !line.equals(HEADER))
                        .takeWhile(line -> line.startsWith("|"))
                        .skip(2)
                        .toList();

        assertThat(first).hasSizeBetween(1, 10);
    }

    @Test
    void thePageHasTheProfilesAsTheCodeHasThem() throws IOException {
        List<Profile> profiles =
                Arrays.stream(Profile.values()).filter(each -> each != Profile.DEFAULT).toList();
        List<String> expected =
                LsmBackendOptions.all().stream()
                        .map(ConfigOption::key)
                        .filter(key -> profiles.stream().anyMatch(each -> sets(each, key)))
                        .map(
                                key ->
                                        "| `"
                                                + key.substring("state.backend.lsm.".length())
                                                + "` |"
                                                + profiles.stream()
                                                        .map(each -> cell(each, key))
                                                        .collect(Collectors.joining()))
                        .toList();
        String header =
                "| Option |"
                        + profiles.stream()
                                .map(each -> " " + each.key() + " |")
                                .collect(Collectors.joining());

        assertThat(rows(header))
                .as(
                        "docs/configuration.md must hold exactly these rows:%n%s",
                        String.join("\n", expected))
                .isEqualTo(expected);
    }

    @Test
    void thePageNamesTheOptionsOfOneState() throws IOException {
        String named =
                StateOptions.suffixes().stream()
                        .map(each -> "`" + each + "`")
                        .collect(Collectors.joining(", "));

        assertThat(Files.readString(PAGE))
                .contains("Options that one state can have: " + named + ".");
    }

    private static boolean sets(Profile profile, String key) {
        return profile.defaults().containsKey(key);
    }

    private static String cell(Profile profile, String key) {
        return sets(profile, key) ? " " + profile.defaults().get(key) + " |" : " |";
    }

    @Test
    void everyOptionOfTheClassIsAmongAll() {
        List<Object> declared =
                Arrays.stream(LsmBackendOptions.class.getFields())
                        .filter(field -> Modifier.isStatic(field.getModifiers()))
                        .filter(field -> field.getType() == ConfigOption.class)
                        .map(ConfigurationPageTest::get)
                        .toList();

        assertThat(declared).isNotEmpty();
        assertThat(LsmBackendOptions.all())
                .containsExactlyInAnyOrderElementsOf(
                        declared.stream().map(option -> (ConfigOption<?>) option).toList())
                .allSatisfy(option -> assertThat(option.key()).startsWith("state.backend.lsm."));
    }

    @Test
    void thePageHasTheEquivalentsOfRocksDbsOptions() throws IOException {
        List<String> expected =
                RocksDbEquivalents.table().stream()
                        .map(
                                row ->
                                        "| `"
                                                + row.key()
                                                + (row.key().endsWith(".") ? "*" : "")
                                                + "` | "
                                                + row.instead()
                                                        .replaceAll(
                                                                "state\\.backend\\.lsm\\.[a-z0-9.-]+",
                                                                "`$0`")
                                                + " |")
                        .toList();

        assertThat(rows(EQUIVALENTS_HEADER))
                .as(
                        "docs/configuration.md must hold exactly these rows:%n%s",
                        String.join("\n", expected))
                .isEqualTo(expected);
    }

    @Test
    void theMessageOnThePageIsTheOneThatIsThrown() throws IOException {
        Configuration config = new Configuration();
        config.setString("state.backend.lsm.compaction.style", "tiered");

        assertThat(Files.readString(PAGE))
                .contains(
                        "    " + catchThrowable(() -> LsmBackendSettings.of(config)).getMessage());
    }

    /** Of all tables with this header. */
    private static List<String> rows(String header) throws IOException {
        List<String> rows = new ArrayList<>();
        boolean inTable = false;
        for (String line : Files.readAllLines(PAGE)) {
            if (line.equals(header)) {
                inTable = true;
            } else if (!line.startsWith("|")) {
                inTable = false;
            } else if (inTable && !line.startsWith("|---")) {
                rows.add(line);
            }
        }
        return rows;
    }

    private String table() {
        return LsmBackendOptions.all().stream().map(this::row).collect(Collectors.joining("\n"));
    }

    private String row(ConfigOption<?> option) {
        Object fallback = option.defaultValue();
        return "| `"
                + option.key()
                + "` | "
                + (fallback == null ? "(none)" : OptionBounds.told(fallback))
                + " | "
                + allowed(option)
                + " | "
                + description(option)
                + " |";
    }

    private static String allowed(ConfigOption<?> option) {
        return OptionBounds.all().stream()
                .filter(bounds -> bounds.option().equals(option))
                .map(OptionBounds::text)
                .collect(Collectors.joining());
    }

    private static String description(ConfigOption<?> option) {
        return new HtmlFormatter().format(option.description()).replace("|", "\\|");
    }

    private static Object get(Field field) {
        try {
            return field.get(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
