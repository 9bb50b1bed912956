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

    private static List<String> rows(String header) throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.equals(header))
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .toList();
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
